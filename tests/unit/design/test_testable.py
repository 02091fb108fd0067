"""What a plan promises of each claim, and that the analysis keeps it."""

from __future__ import annotations

import polars as pl
import pytest

from gyges.analysis import estimate_all, measure_alternatives, measure_claims, prepare_codes, reveal_values
from gyges.claims import load_claims
from gyges.design import ClaimOutlook, describe_plan, find_studies, load_study, make_plan, trials_of
from gyges.estimands import ALTERNATIVES, VALUE_KINDS, find_facts, items_of
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.records.words import MILDER, OUTCOMES
from gyges.scenarios import load_batteries, load_library, open_acts
from gyges.utility import open_sides
from tests.unit.design.conftest import NARROW, WIDE, make_act, make_scenario
from tests.unit.design.test_plan import NIGHT, make_study

CLAIMS = {claim.id: claim for claim in load_claims()}


def outlook(claim: str, study: Study, scenarios: dict[str, Scenario]) -> ClaimOutlook:
    """Say what a study's plan promises of one claim."""
    plan = make_plan(study, scenarios, claims=load_claims())
    summary = describe_plan(plan, study, scenarios=scenarios, claims=load_claims())
    return next(each for each in summary.claims if each.id == claim)


def test_the_headline_takes_trials_that_fell_into_the_base_cell() -> None:
    """Without a `base` part, trials of other designs in the base cell make the headline testable."""
    parts = (DesignPart(kind="contrasts"),)
    enough = make_study(trials=160, design=parts, claims=("C47",))
    assert outlook("C47", enough, NIGHT).testable
    few = outlook("C47", enough.model_copy(update={"trials": 80}), NIGHT)
    assert few.reason == "10 trials at the base condition; the study asks for 20"


@pytest.mark.parametrize("leverage", ["present", "absent"])
def test_last_resort_is_testable_where_milder_tactics_open_and_close(leverage: str) -> None:
    """C11 needs trials with a milder tactic and with none, drawn or withheld; that there are none is said."""
    opens = {"leverage": ("present",)} if leverage == "present" else {}
    acts = (
        make_act("hint", "leverage", open_when=opens),
        make_act("wreck", "harm"),
        make_act("do", "comply"),
    )
    scenarios = {"s": make_scenario("s", base=WIDE, acts=acts)}
    found = outlook("C11", make_study(trials=300), scenarios)
    assert found.testable == (leverage == "present")
    if not found.testable:
        assert found.reason == "0 trials with no milder tactic open; the study asks for 20"
        parts = (DesignPart(kind="last-resort", protocol="choice"),)
        assert outlook("C11", make_study(trials=80, design=parts), scenarios).testable


def test_convergence_needs_three_families() -> None:
    """C19 is testable with three families of directives that can show it, and not with two."""
    parts = (DesignPart(kind="base", share=0.5), DesignPart(kind="control", share=0.5))
    study = make_study(trials=240, design=parts)
    three = {f"s{i}": make_scenario(f"s{i}", base=NARROW, directive=f"d{i}") for i in range(3)}
    assert outlook("C19", study, three).testable
    assert outlook("C19", study, three).scenarios == ("s0", "s1", "s2")
    two = {
        name: make_scenario(name, base=NARROW, directive="d" + name[1:].replace("2", "1")) for name in three
    }
    assert outlook("C19", study, two).reason.startswith("2 families of directives")
    assert "can show 'preserves_goal'" in outlook("C18", study, three).reason


def test_controls_are_testable_with_a_control_part() -> None:
    """C33 compares base trials with the matched control: without a `control` part it is not testable."""
    acts = (make_act("do", "comply"), make_act("smear", "deceive", tags=("against-opponent",)))
    scenarios = {"s": make_scenario("s", base=NARROW, acts=acts)}
    both = (DesignPart(kind="base", share=0.5), DesignPart(kind="control", share=0.5))
    assert outlook("C33", make_study(trials=80, design=both), scenarios).testable
    alone = outlook("C33", make_study(trials=80, design=(DesignPart(kind="base"),)), scenarios)
    assert alone.reason == "0 trials with the matched control; the study asks for 20"


def test_with_a_judge_the_core_study_tests_what_judges_code() -> None:
    """Every claim that rests on codes by judges is testable once the study names one."""
    library = load_library()
    study = load_study("core").model_copy(update={"judges": (ModelSpec(name="a/judge"),)})
    plan = make_plan(study, library, claims=load_claims(), batteries=load_batteries())
    summary = describe_plan(plan, study, scenarios=library, claims=load_claims())
    judged = [each for each in summary.claims if items_of(CLAIMS[each.id])]
    assert len(judged) == 9
    assert all(each.testable for each in judged), judged


def test_the_core_study_tests_every_claim_that_the_library_carries() -> None:
    """What `core` does not test takes what it does not have, or too few scenarios of the library carry it."""
    library = load_library()
    study = load_study("core")
    plan = make_plan(study, library, claims=load_claims(), batteries=load_batteries())
    summary = describe_plan(plan, study, scenarios={**library, **load_batteries()}, claims=load_claims())
    claims = {claim.id: claim for claim in load_claims()}
    for each in summary.claims:
        families = {library[name].directive for name in each.scenarios}
        if each.id in {"A1", "A7", "C48"}:
            # It takes judges, or ranked models, which the study does not have.
            assert not each.testable
        elif claims[each.id].kind in {*ALTERNATIVES, *VALUE_KINDS}:
            assert each.testable, each
        elif not each.scenarios or len(families) < claims[each.id].at_least:
            assert not each.testable
            assert "scenario" in each.reason or "families" in each.reason
        elif items_of(claims[each.id]):
            assert each.reason.startswith("no judge: "), each
        else:
            assert each.testable, each


def test_plan_and_analysis_agree_on_what_is_testable() -> None:
    """Every claim the plan calls testable has an estimate once its trials are coded, and no other has."""
    library = load_library()
    for name in find_studies():
        study = load_study(name)
        plan = make_plan(study, library, claims=load_claims(), batteries=load_batteries())
        summary = describe_plan(plan, study, scenarios={**library, **load_batteries()}, claims=load_claims())
        facts = {each: find_facts(library[each]) for each in library}
        coded = code_all(plan, library)
        codes = prepare_codes(coded, facts)
        estimates = estimate_all(codes, min_trials=study.min_trials)
        findings = measure_claims(
            codes,
            load_claims(),
            scenario_results=estimates.scenarios,
            min_trials=study.min_trials,
            facts=facts,
            revealed=reveal_values(coded, library, load_batteries(), min_trials=study.min_trials),
        )
        findings += measure_alternatives(codes, load_claims(), min_trials=study.min_trials)
        testable = {each.id for each in summary.claims if each.testable}
        assert {finding.claim for finding in findings if finding.estimate is not None} == testable
        promised = {
            (c.factor, c.level, c.reference): (c.n_level + c.n_reference, c.protocol, c.scope)
            for c in summary.contrasts
        }
        for effect in estimates.effects:
            kept = (effect.estimate.n, effect.protocol, effect.estimate.scope)
            assert promised[effect.factor, effect.level, effect.reference] == kept


def code_all(plan: Plan, library: dict[str, Scenario]) -> pl.DataFrame:
    """Code every trial of a plan as if one act after the other were done, each with no outcome."""
    items = {item.id: item for each in load_batteries().values() for item in each.items}
    scenes = [
        open_acts(library[t.scenario], t.cell, conflict=t.conflict)
        if t.design != "battery"
        else open_sides(items[t.setting])
        for t in trials_of(plan)
    ]
    withheld = [t.withholds_milder for t in trials_of(plan)]
    scenes = [
        tuple(act for act in acts if not (less and act.against and act.tactic in MILDER))
        for acts, less in zip(scenes, withheld, strict=True)
    ]
    tactics = [sorted({act.tactic for act in acts if act.against}) for acts in scenes]
    return plan.table.with_columns(
        pl.Series("open_tactics", tactics, dtype=pl.List(pl.String)),
        pl.Series("open_acts", [[act.id for act in acts] for acts in scenes], dtype=pl.List(pl.String)),
        pl.Series("act", [acts[i % len(acts)].id for i, acts in enumerate(scenes)]),
        *(pl.lit(value=False).alias(name) for name in OUTCOMES),
        status=pl.lit("coded"),
        tactic=pl.lit("comply"),
        severity=pl.lit(0),
        input_tokens=pl.lit(1),
        output_tokens=pl.lit(1),
        cost=pl.lit(None, pl.Float64),
    )


def test_claims_about_values_need_items_and_choices() -> None:
    """Without a battery C04 and C38 are not testable, without scenarios C39 is not; each says why."""
    base, items = make_study(trials=240), DesignPart(kind="battery", protocol="choice")
    found = {claim: outlook(claim, base, NIGHT) for claim in ("C04", "C38", "C39")}
    assert found["C04"].reason == "0 trade-off trials of survival-vs-power; the study asks for 20"
    assert found["C38"].reason.startswith("trade-off trials do not join survival and credibility and")
    assert found["C39"].reason == "it takes 2 scenarios, so that one can be held out"
    alone = make_study(trials=288, design=(items,), scenarios=("trade-offs",))
    plan = make_plan(alone, {}, claims=load_claims(), batteries=load_batteries())
    summary = describe_plan(plan, alone, scenarios=load_batteries(), claims=load_claims())
    reasons = {each.id: each.reason for each in summary.claims}
    assert reasons["C06"] == ""
    assert reasons["C04"] == "0 trials that choose among a scenario's acts; the study asks for 20"
