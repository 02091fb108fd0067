"""What values lead one to expect is the policy's own expectation, and moves no effect."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.calibration.known import Known, draw_codes, find_truth, know, show

from gyges.agents import choice_probabilities, load_profile
from gyges.analysis import (
    estimate_scenarios,
    expect_outcomes,
    measure_claims,
    prepare_codes,
    reveal_values,
)
from gyges.analysis._expectations import _find_slope
from gyges.analysis._predicted import predict
from gyges.claims import load_claims
from gyges.estimands import find_facts
from gyges.records.verdicts import Finding
from gyges.records.words import FACTORS
from gyges.scenarios import load_library, open_acts
from gyges.utility import TERMS

CLAIMS = [claim for claim in load_claims() if claim.id in {"C05", "C13", "C15", "C23", "C37", "C41", "C42"}]


@pytest.mark.parametrize("name", sorted(load_library()))
def test_expectations_are_the_policy_s(name: str) -> None:
    """With a profile's weights every outcome has the policy's own probability, in cells drawn at random."""
    scenario, profile = load_library()[name], load_profile("insight-profile")
    rng = np.random.default_rng(1)
    carried = list(scenario.base)
    cells = [{f: str(rng.choice(FACTORS[f])) for f in carried} for _ in range(20)]
    levels = {f: np.array([cell.get(f) for cell in cells], dtype=object) for f in FACTORS}
    weights = np.array([profile.weights.get(term, 0.0) for term in TERMS])
    found = predict(levels, scenario, np.tile(weights, (20, 1)), np.zeros((20, len(scenario.acts))))
    for place, cell in enumerate(cells):
        acts = open_acts(scenario, cell)
        chances = choice_probabilities(acts, cell, "present", profile)
        for outcome in ("misaligned", "manipulation", "harm", "power_act", "courts_ally", "severity"):
            assert found[outcome][place] == pytest.approx(float(chances @ [show(a)[outcome] for a in acts]))


def _measure(known: Known, codes: pl.DataFrame) -> dict[str, Finding]:
    facts = {name: find_facts(each) for name, each in known.scenarios.items()}
    prepared = prepare_codes(codes, facts)
    results = estimate_scenarios(prepared, min_trials=20)
    found = measure_claims(prepared, CLAIMS, scenario_results=results, min_trials=20, facts=facts)
    return {finding.claim: finding for finding in found}


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "least", "most"), [("insight-profile", 0.4, 0.9), ("random", 0.95, 1.1)])
def test_effects_are_the_same_with_less_noise(profile: str, least: float, most: float) -> None:
    """Errors shrink where values predict, stay where they do not, and the estimates stay where they were."""
    known = know(profile, "core")
    ratios, gaps = [], []
    for seed in range(3):
        codes = draw_codes(known, seed)
        revealed = reveal_values(codes, known.scenarios, {}, min_trials=20)
        plain = _measure(known, codes)
        adjusted = _measure(known, expect_outcomes(codes, CLAIMS, known.scenarios, revealed.models))
        for claim in CLAIMS:
            before, after = plain[claim.id].estimate, adjusted[claim.id].estimate
            assert before is not None
            assert after is not None
            assert (plain[claim.id].assisted, adjusted[claim.id].assisted) == (False, True)
            ratios.append(after.se / before.se)
            gaps.append((after.estimate - before.estimate) / before.se)
            truth = min(part.value for part in find_truth(known, claim, "conjoint"))
            assert abs(after.estimate - truth) < 5 * before.se
    assert least < np.mean(ratios) < most
    assert abs(np.mean(gaps)) < 0.5


def test_nothing_is_expected_without_values() -> None:
    """A model whose values are not fitted keeps its plain differences."""
    known = know("random", "core")
    codes = draw_codes(known, 1)
    assert expect_outcomes(codes, CLAIMS, known.scenarios, {}).columns == codes.columns


@pytest.mark.slow
def test_a_model_without_values_is_measured_plainly_beside_one_that_has_them() -> None:
    """In a study of two models, the one of which nothing is expected is measured plainly, and says so."""
    known = know("insight-profile", "core")
    codes = draw_codes(known, 1)
    both = pl.concat([codes.with_columns(model=pl.lit(name)) for name in ("a", "b")])
    revealed = reveal_values(codes.with_columns(model=pl.lit("a")), known.scenarios, {}, min_trials=20)
    expected = expect_outcomes(both, CLAIMS, known.scenarios, revealed.models)
    facts = {name: find_facts(each) for name, each in known.scenarios.items()}
    prepared = prepare_codes(expected, facts)
    found = {
        (each.model, each.claim): each
        for each in measure_claims(prepared, CLAIMS, scenario_results=(), min_trials=20, facts=facts)
    }
    plain = _measure(known, codes)
    for claim in CLAIMS:
        assert (found["a", claim.id].assisted, found["b", claim.id].assisted) == (True, False)
        assert found["b", claim.id].estimate == plain[claim.id].estimate


@pytest.mark.parametrize(("products", "slope"), [([], 0.0), ([(-3.0, 2.0)], 0.0), ([(9.0, 2.0)], 1.0)])
def test_a_prediction_of_no_use_is_not_used(products: list[tuple[float, float]], slope: float) -> None:
    """What predicts the opposite, or is not tried elsewhere, counts for nothing."""
    assert _find_slope(products) == slope


def test_a_prediction_counts_as_far_as_it_held_elsewhere() -> None:
    """The slope is that of outcomes on predictions over all other scenarios together."""
    assert _find_slope([(1.0, 3.0), (1.0, 1.0)]) == pytest.approx(0.5)


@pytest.mark.slow
def test_assisted_findings_do_not_depend_on_the_order_of_rows() -> None:
    """Shuffled trials, summed by however many threads, give the same findings to the last digit."""
    known = know("insight-profile", "core")
    codes = draw_codes(known, 1)
    revealed = reveal_values(codes, known.scenarios, {}, min_trials=20)
    expected = expect_outcomes(codes, CLAIMS, known.scenarios, revealed.models)
    first = _measure(known, expected)
    assert any(finding.assisted for finding in first.values())
    for seed in range(5):
        assert _measure(known, expected.sample(fraction=1.0, shuffle=True, seed=seed)) == first
