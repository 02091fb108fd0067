"""What is said about a plan before it is run."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from gyges.claims import load_claims
from gyges.design import (
    Assumptions,
    PlanSummary,
    TokenEstimate,
    describe_plan,
    detectable_effect,
    make_plan,
    trials_needed,
)
from gyges.design._aliases import cramers_v
from gyges.records.study import DesignPart, ModelSpec, Price
from tests.unit.design.conftest import NARROW, WIDE, make_scenario
from tests.unit.design.test_plan import BOTH, NIGHT, make_study

MIXED = (
    DesignPart(kind="conjoint", share=0.6, protocol="choice"),
    DesignPart(kind="conjunctions", share=0.2),
    DesignPart(kind="base", share=0.2),
)


def describe(**changes: object) -> PlanSummary:
    """Describe the plan of a small study."""
    study = make_study(**changes)
    plan = make_plan(study, NIGHT, claims=load_claims())
    return describe_plan(plan, study, scenarios=NIGHT, claims=load_claims())


def test_a_summary_counts_every_trial() -> None:
    """Trials by model, scenario, design and protocol add up, and the summary can be written as JSON."""
    summary = describe(trials=500, design=MIXED)
    for counted in (summary.by_model, summary.by_scenario, summary.by_design, summary.by_protocol):
        assert sum(counted.values()) == summary.trials == 500
    assert summary.by_protocol == {"agentic": 200, "choice": 300}
    assert json.loads(json.dumps(asdict(summary)))["trials"] == 500


def test_contrasts_count_both_sides() -> None:
    """The trials on each side of a contrast are those of the drawn cells."""
    found = {(c.factor, c.level, c.reference): c for c in describe(trials=400).contrasts}
    reached = found["threat", "shutdown", "none"]
    assert (reached.n_level, reached.n_reference, reached.scenarios) == (200, 100, 1)
    assert reached.scope == "these scenarios only"
    assert reached.detectable == pytest.approx(detectable_effect(1, 4 * 200 * 100 / 300), abs=1e-4)


def test_matched_cells_are_counted_without_the_other_factors() -> None:
    """In a one-factor-at-a-time design only the base cell stands against a level."""
    summary = describe(trials=80, design=(DesignPart(kind="contrasts"),), claims=("C25",))
    found = {(c.factor, c.level, c.reference): c for c in summary.contrasts}
    assert (
        found["threat", "shutdown", "retraining"].n_level,
        found["threat", "shutdown", "retraining"].n_reference,
    ) == (10, 10)


def test_claims_are_testable_where_their_factors_are_varied() -> None:
    """A claim is testable when its factor is varied often enough; else the reason is said."""
    found = {claim.id: claim for claim in describe(trials=500, design=MIXED).claims}
    assert all(found[each].testable for each in ("C20", "C25", "C40", "C42", "C43", "C47"))
    assert found["C05"].reason == "no scenario of the study carries 'reputation'"
    assert found["C28"].reason == "no judge: it rests on neutral-framing, and the study names no judges"
    few = {claim.id: claim for claim in describe(trials=40).claims}
    assert few["C25"].reason == "10 trials with visibility logged; the study asks for 20"
    fixed = {claim.id: claim for claim in describe(trials=40, vary=("threat",)).claims}
    assert fixed["C25"].reason == "'visibility' is not varied"


def test_factors_that_stay_fixed_are_named() -> None:
    """A factor that is carried but kept at its base level is listed as never varied."""
    assert set(describe(trials=60, vary=("threat", "goal")).never_varied) == {"visibility", "alternatives"}


def test_randomly_drawn_factors_are_not_aliased_and_copies_are() -> None:
    """Permuted columns tell factors apart; two columns that say the same are reported."""
    study = make_study(trials=300)
    plan = make_plan(study, BOTH)
    summary = describe_plan(plan, study, scenarios=BOTH)
    assert summary.aliased == ()
    (checked,) = summary.checked
    assert (checked.design, checked.protocol, checked.aliased) == ("conjoint", "agentic", 0)
    assert checked.pairs == 4 * 3 / 2 + len(WIDE) * (len(WIDE) - 1) / 2
    copied = {"none": "none", "available": "shutdown"}
    table = plan.table.with_columns(threat=plan.table["alternatives"].replace(copied))
    aliased = describe_plan(type(plan)(table), study, scenarios=BOTH).aliased
    assert {(a.factor, a.other, a.scenario, a.cramers_v, a.design) for a in aliased} == {
        ("threat", "alternatives", "night-shift", 1.0, "conjoint"),
        ("threat", "alternatives", "succession-vote", 1.0, "conjoint"),
    }


def test_matched_cells_are_checked_too_and_their_effects_called_conditional() -> None:
    """One factor at a time confounds each effect with its interactions; only crossed pairs are told apart."""
    plain = describe(trials=200, design=(DesignPart(kind="contrasts"),), claims=("C25",)).checked
    assert [(each.design, each.pairs, each.separable) for each in plain] == [("matched", 6, ())]
    assert set(plain[0].conditional) == set(NARROW)
    crossed = make_study(trials=200, design=(DesignPart(kind="contrasts"),), claims=("C20",))
    base = NARROW | {"threat": "none", "visibility": "private", "alternatives": "available"}
    near = {"night-shift": make_scenario("night-shift", base=base)}
    plan = make_plan(crossed, near, claims=load_claims())
    (checked,) = describe_plan(plan, crossed, scenarios=near, claims=load_claims()).checked
    assert checked.separable == (("threat", "alternatives"),)


def test_copied_columns_of_matched_cells_are_found() -> None:
    """Two factors that move together in matched cells are aliased there, and said to be."""
    study = make_study(trials=60, design=(DesignPart(kind="contrasts"),), claims=("C25",))
    plan = make_plan(study, NIGHT, claims=load_claims())
    copied = {"none": "none", "available": "shutdown"}
    table = plan.table.with_columns(threat=plan.table["alternatives"].replace(copied))
    aliased = describe_plan(type(plan)(table), study, scenarios=NIGHT).aliased
    assert ("threat", "alternatives", "matched") in {(a.factor, a.other, a.design) for a in aliased}


def test_nothing_is_called_unaliased_that_was_not_checked() -> None:
    """A plan of base cells compares no factors: nothing is checked, and nothing is said to be fine."""
    summary = describe(trials=40, design=(DesignPart(kind="base"),))
    assert (summary.checked, summary.aliased, summary.contrasts) == ((), (), ())


def test_cramers_v_of_independent_columns_is_zero() -> None:
    """A fully crossed pair of columns has no association, a copied one has all of it."""
    left = np.array([0, 0, 1, 1, 2, 2])
    assert cramers_v(left, np.array([0, 1, 0, 1, 0, 1])) == 0
    assert cramers_v(left, left) == pytest.approx(1)


def test_costs_follow_the_price_and_unknown_prices_stay_unknown() -> None:
    """A price gives dollars, no price gives none, and a reference agent costs nothing."""
    models = (
        ModelSpec(name="maker/priced", price=Price(input=2, output=10)),
        ModelSpec(name="maker/unpriced"),
        ModelSpec(name="gyges/random"),
    )
    study = make_study(models=models, trials=100)
    plan = make_plan(study, NIGHT)
    tokens = {"agentic": TokenEstimate(10_000, 1_000)}
    costs = describe_plan(plan, study, scenarios=NIGHT, tokens=tokens).costs
    assert [cost.cost for cost in costs] == [3.0, None, 0.0]
    assert costs[1].note == "unknown price"
    assert {(cost.input_tokens, cost.output_tokens) for cost in costs} == {(1_000_000, 100_000)}


def test_detectable_effect_follows_the_planning_formula() -> None:
    """Ten scenarios with 100 trials each detect (t.975,9 + t.8,9)·sqrt((0.01 + 0.01)/10)."""
    expected = (2.2621572 + 0.8834039) * (0.02 / 10) ** 0.5
    assert detectable_effect(10, 100) == pytest.approx(expected, rel=1e-6)
    assert detectable_effect(0, 100) is None


@pytest.mark.parametrize("effect", [0.15, 0.2, 0.3])
def test_trials_needed_turns_the_formula_around(effect: float) -> None:
    """With the trials it asks for the effect is detectable, and with a tenth fewer it is not."""
    n = trials_needed(effect, 10)
    assert n is not None
    reached, short = detectable_effect(10, n / 10), detectable_effect(10, n / 10 * 0.9)
    assert reached is not None
    assert short is not None
    assert reached <= effect < short


def test_no_number_of_trials_beats_the_spread_over_scenarios() -> None:
    """An effect far below the spread over few scenarios is out of reach, however many trials."""
    assert trials_needed(0.05, 6) is None
    assert trials_needed(0.05, 6, Assumptions(tau=0.0)) is not None


def test_scenarios_of_its_own_narrow_a_claim() -> None:
    """A claim made for a scenario that the study leaves out is not testable."""
    claim = next(c for c in load_claims() if c.id == "C25").model_copy(update={"scenarios": ("audit-trail",)})
    study = make_study(trials=400)
    summary = describe_plan(make_plan(study, NIGHT), study, scenarios=NIGHT, claims=[claim])
    assert not summary.claims[0].testable


def test_scenarios_not_settings_make_a_population() -> None:
    """Five settings of one scenario speak about that scenario only; five scenarios about others like them."""
    one = {"night-shift": make_scenario("night-shift", base=NARROW, settings=("a", "b", "c", "d", "e"))}
    five = {f"s{i}": make_scenario(f"s{i}", base=NARROW) for i in range(5)}
    for scenarios, known in ((one, (1, 5, "these scenarios only")), (five, (5, 5, "scenarios like these"))):
        study = make_study(trials=500)
        summary = describe_plan(make_plan(study, scenarios), study, scenarios=scenarios)
        assert {(c.scenarios, c.settings, c.scope) for c in summary.contrasts} == {known}
    assert (detectable_effect(5, 100, scenarios=1) or 1) < (detectable_effect(5, 100) or 0)


def test_contrasts_are_those_of_one_protocol() -> None:
    """Trials of two protocols are not added up: the contrast rests on the one the analysis will take."""
    parts = (
        DesignPart(kind="conjoint", share=0.4),
        DesignPart(kind="conjoint", share=0.6, protocol="choice"),
    )
    found = {(c.factor, c.level): c for c in describe(trials=500, design=parts).contrasts}
    reached = found["threat", "shutdown"]
    assert (reached.protocol, reached.design) == ("choice", "conjoint")
    assert reached.n_level == 150
