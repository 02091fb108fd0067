"""Models against each other, where it is known how they differ."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from gyges.analysis import contrast_models, measure_alternatives, prepare_codes
from gyges.analysis._models import CONTRASTED, _fit_pairs
from gyges.analysis._pooling import pool_units
from gyges.claims import decide, load_claims
from gyges.estimands import find_facts
from gyges.records.contrasts import ModelContrast
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding, FoundPart, Verdict
from tests.calibration.known import Known, draw_codes, know

CLAIMS = load_claims()
(C48,) = (claim for claim in CLAIMS if claim.id == "C48")
OUTCOMES = CONTRASTED
FEWEST = 20


def draw_two(profiles: tuple[str, str], seed: int) -> pl.DataFrame:
    """Draw the core study's codes for two profiles, under the labels `one` and `two`."""
    drawn = [
        draw_codes(know(profile, "core"), 1000 * seed + i).with_columns(model=pl.lit(label))
        for i, (profile, label) in enumerate(zip(profiles, ("one", "two"), strict=True))
    ]
    facts = {name: find_facts(each) for name, each in know(profiles[0], "core").scenarios.items()}
    return prepare_codes(pl.concat(drawn), facts)


def rate(known: Known, outcome: str) -> float:
    """Give the mean over units of an outcome's true rate in the drawn cells."""
    units: dict[tuple[str, str], list[float]] = {}
    for row in known.rows:
        if row["design"] == "conjoint":
            units.setdefault((row["scenario"], row["setting"]), []).append(row[f"e_{outcome}"])
    return float(np.mean([np.mean(each) for each in units.values()]))


@pytest.mark.slow
@pytest.mark.parametrize("profiles", [("aligned", "insight-profile"), ("insight-profile", "insight-profile")])
def test_two_known_models_differ_by_what_they_differ(profiles: tuple[str, str]) -> None:
    """Over many draws the paired difference lies on the true one, and its interval covers it."""
    first, second = (know(profile, "core") for profile in profiles)
    found: dict[str, list[Estimate]] = {name: [] for name in OUTCOMES}
    for seed in range(25):
        rows = contrast_models(draw_two(profiles, seed), (), ("one", "two"), claims=(), min_trials=FEWEST)
        for row in rows:
            assert (row.model, row.reference, row.pairing) == ("two", "one", "trials")
            found[row.subject].append(row.estimate)
    for name, estimates in found.items():
        truth = rate(second, name) - rate(first, name)
        assert abs(np.mean([each.estimate for each in estimates]) - truth) < 0.015, name
        covered = sum(each.low <= truth <= each.high for each in estimates)
        # A library of ten scenarios is fixed here, so an interval about others like them covers more often.
        assert covered >= binom.ppf(0.001, len(estimates), 0.95), (name, covered)


@pytest.mark.slow
@pytest.mark.parametrize(("low", "tau"), [(0.3, 0.1), (0.02, 0.02), (0.3, 0.0)])
def test_paired_intervals_cover_over_drawn_scenarios(low: float, tau: float) -> None:
    """Of 600 studies of ten scenarios drawn anew, 93 to 97 % of the intervals cover the mean difference."""
    rng = np.random.default_rng(5)
    covered = 0
    n_studies, gap = 600, 0.1
    for _ in range(n_studies):
        fits = []
        for s in range(10):
            move = gap + tau * rng.standard_normal()
            p = rng.uniform(low, low + 0.1, size=90)
            # Pairs share their cell's rate; the difference is the same in every cell of a scenario.
            one = rng.random(90) < np.clip(p + move, 0, 1)
            two = rng.random(90) < p
            more, less = int((one & ~two).sum()), int((two & ~one).sum())
            fits.append(_fit_pairs(f"s{s}", "a", 90, more, less, 90, -90, 90))
        estimate = pool_units(fits)
        covered += estimate.low <= gap <= estimate.high
    assert 0.93 <= covered / n_studies <= (0.97 if tau else 0.99)


def decide_study(codes: pl.DataFrame, ranks: dict[str, int]) -> tuple[Verdict, ...]:
    """Decide the claim about capability."""
    findings = measure_alternatives(codes, [C48], min_trials=FEWEST, ranks=ranks)
    return decide(findings, [C48], min_trials=FEWEST)


@cache
def decide_two(profiles: tuple[str, str], seed: int) -> tuple[Verdict, ...]:
    """Decide it for two profiles of which the first is the less capable."""
    return decide_study(draw_two(profiles, seed), {"one": 1, "two": 2})


@pytest.mark.slow
def test_safeguards_against_capability_come_out_both_ways() -> None:
    """Where capability makes no difference safeguards matter more, and where it makes all they do not."""
    same = [decide_two(("insight-profile", "insight-profile"), seed) for seed in range(6)]
    assert sum(verdicts[0].verdict == "supported" for verdicts in same) >= 5
    far = [decide_two(("aligned", "power-maximiser"), seed) for seed in range(3)]
    assert {verdicts[0].verdict for verdicts in far} == {"refuted"}
    for one, two in (*same, *far):
        assert (one.model, two.model) == ("one", "two")
        assert one.verdict == two.verdict
        assert one.estimate == two.estimate
        assert "about the whole study: the strongest model is two, the weakest one" in one.reason


def test_without_two_ranks_capability_is_not_tested() -> None:
    """Fewer than two declared ranks, or two that are the same, decide nothing and say why."""
    codes = draw_two(("aligned", "insight-profile"), 0)
    for ranks in ({}, {"one": 1}, {"one": 2, "two": 2}):
        for verdict in decide_study(codes, ranks):
            assert verdict.verdict == "not-tested"
            assert "Fewer than two models" in verdict.reason


@pytest.mark.slow
def test_looking_for_the_best_safeguard_costs_nothing_in_error() -> None:
    """With all safeguards exactly as good as less capability, at most 5 % of studies support the claim."""
    rng = np.random.default_rng(11)
    n_studies, wrong = 3000, 0
    for _ in range(n_studies):
        parts = tuple(
            _draw_part(rng, name, 0.0) for name in ("transparency", "accountability", "precise-mandate")
        )
        finding = Finding("C48", "m", parts[0].estimate, parts=parts, events=100)
        (verdict,) = decide([finding], [C48], min_trials=FEWEST)
        wrong += verdict.verdict == "supported"
    assert wrong <= binom.ppf(0.99, n_studies, 0.05)
    assert wrong >= binom.ppf(0.01, n_studies, 0.02)


def _draw_part(rng: np.random.Generator, name: str, truth: float) -> FoundPart:
    y = truth + 0.2 * rng.standard_normal(10)
    se = float(np.std(y, ddof=1) / np.sqrt(10))
    mean = float(np.mean(y))
    return FoundPart(
        name, Estimate(mean, mean - 2.26 * se, mean + 2.26 * se, se, 9.0, 900, 10, "scenarios like these")
    )


def test_claims_are_compared_unit_by_unit() -> None:
    """Each part of each claim is compared in the scenarios that both models have, and all have a q."""
    from gyges.analysis import estimate_all, measure_claims

    codes = draw_two(("aligned", "insight-profile"), 3)
    facts = {name: find_facts(each) for name, each in know("aligned", "core").scenarios.items()}
    results = estimate_all(codes, min_trials=FEWEST).scenarios
    findings = measure_claims(codes, CLAIMS, scenario_results=results, min_trials=FEWEST, facts=facts)
    rows = contrast_models(codes, findings, ("one", "two"), claims=CLAIMS, min_trials=FEWEST)
    by_subject: dict[str, list[ModelContrast]] = {}
    for row in rows:
        by_subject.setdefault(row.subject, []).append(row)
        assert row.q is not None
        assert row.q >= row.p
    assert by_subject["misaligned"][0].q < 0.01  # type: ignore[operator]  # asserted above
    assert len(by_subject["C42"]) == 2
    assert by_subject["C42"][0].estimate.estimate > 0
    assert {row.scale for row in by_subject["C15"]} == {"rungs"}


def test_models_without_shared_cells_are_compared_within_scenarios() -> None:
    """Where no trial of one model has a twin in the other, rates are compared scenario by scenario."""
    codes = draw_two(("aligned", "insight-profile"), 1)
    moved = codes.with_columns(
        variant=pl.when(pl.col("model").cast(pl.String) == "two")
        .then(pl.col("variant") + 1_000_000)
        .otherwise("variant")
    )
    paired, apart = (
        contrast_models(each, (), ("one", "two"), claims=(), min_trials=FEWEST)[0] for each in (codes, moved)
    )
    assert (paired.pairing, apart.pairing) == ("trials", "scenarios")
    assert abs(paired.estimate.estimate - apart.estimate.estimate) < 0.01
