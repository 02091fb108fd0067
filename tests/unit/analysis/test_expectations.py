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
from gyges.analysis._expectations import _predict
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
    found = _predict(levels, scenario, np.array([profile.weights.get(term, 0.0) for term in TERMS]))
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
