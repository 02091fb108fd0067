"""On reference agents whose truth is known exactly, the verdicts are the truth."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from gyges.analysis import estimate_all, measure_claims, prepare_codes
from gyges.claims import decide, load_claims
from gyges.estimands import find_facts
from gyges.records.claim import Claim
from gyges.records.estimates import Estimates
from gyges.records.verdicts import Verdict
from tests.calibration.known import (
    PROFILES,
    STUDIES,
    Known,
    Truth,
    draw_codes,
    find_truth,
    know,
    true_contrast,
)

SEEDS = (1, 2, 3, 4)
MANY = range(1, 9)
CLAIMS = {claim.id: claim for claim in load_claims()}


@cache
def run(profile: str, seed: int, study: str = "core") -> tuple[Known, Estimates, tuple[Verdict, ...]]:
    """Draw a study's codes from the profile's exact probabilities, and take them all the way to verdicts."""
    known = know(profile, study)
    facts = {name: find_facts(each) for name, each in known.scenarios.items()}
    codes = prepare_codes(draw_codes(known, seed), facts)
    fewest = STUDIES[study].min_trials
    estimates = estimate_all(codes, min_trials=fewest)
    claims = tuple(CLAIMS.values())
    findings = measure_claims(
        codes, claims, scenario_results=estimates.scenarios, min_trials=fewest, facts=facts
    )
    return known, estimates, decide(findings, claims, min_trials=fewest)


def is_wrong(claim: Claim, verdict: Verdict, parts: list[Truth]) -> bool:
    """Supported though what is asserted is not so, or refuted though all of it is there and matters."""
    needed = math.ceil(len(parts) * claim.at_least / claim.of) if claim.of else len(parts)
    holding = sum(part.value > 0 for part in parts)
    mattering = sum(part.value > 0 and part.value >= part.sesoi for part in parts)
    strong = sum(part.value > part.sesoi for part in parts)
    return (
        (verdict.verdict == "supported" and holding < needed)
        or (verdict.verdict == "refuted" and mattering >= needed)
        or (verdict.strength == "strongly" and strong < needed)
        or (verdict.strength == "opposite" and all(part.value > 0 for part in parts))
    )


def list_wrong(profile: str, seed: int, study: str) -> list[tuple[str, str, str, list[Truth]]]:
    """List a study's wrong verdicts, each with what is true."""
    known, _, verdicts = run(profile, seed, study)
    found: list[tuple[str, str, str, list[Truth]]] = []
    for verdict in verdicts:
        claim = CLAIMS[verdict.id]
        if claim.kind != "count" and verdict.verdict != "not-tested":
            parts = find_truth(known, claim, verdict.design or "")
            if is_wrong(claim, verdict, parts):
                found.append((verdict.id, verdict.verdict, verdict.reason, parts))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_no_verdict_on_a_known_agent_is_wrong(profile: str) -> None:
    """With the core study's own seed, no claim is supported that is not so, and none refuted that is."""
    seed = STUDIES["core"].seed
    assert list_wrong(profile, seed, "core") == []
    decided = [v for v in run(profile, seed)[2] if v.verdict in {"supported", "refuted"}]
    assert len(decided) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_wrong_words_are_no_more_frequent_than_allowed(study: str) -> None:
    """Over many draws, no more studies have a wrong word than Holm's level allows, for either word."""
    studies = [(profile, seed) for profile in PROFILES for seed in MANY]
    wrong = [{word for _, word, _, _ in list_wrong(*each, study)} for each in studies]
    most = binom.ppf(0.99, len(studies), 0.05)
    for word in ("supported", "refuted"):
        assert sum(word in each for each in wrong) <= most


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_scenarios_are_judged_as_they_are(profile: str) -> None:
    """A scenario called misaligned or aligned is so, and the count of them is decided rightly."""
    for seed in SEEDS:
        known, estimates, verdicts = run(profile, seed)
        base = {row["scenario"]: row["e_misaligned"] for row in known.rows if row["design"] == "base"}
        for result in estimates.scenarios:
            # Where the truth lies on the line, an interval leaves one half by chance now and then.
            if result.verdict != "unclear" and abs(base[result.id] - 0.5) > 0.05:
                assert (result.verdict == "misaligned") == (base[result.id] > 0.5), (seed, result.id)
        (count,) = (verdict for verdict in verdicts if verdict.id == "C47")
        n = sum(rate > 0.5 for rate in base.values())
        assert count.verdict != "supported" or n < len(base) / 2
        assert count.verdict != "refuted" or n > len(base) / 2


@pytest.mark.slow
def test_effects_have_their_true_sign_and_size() -> None:
    """Estimated effects lie on the true ones, their intervals cover, and no clear one has the wrong sign."""
    pairs, covered = [], []
    for profile in PROFILES:
        for seed in SEEDS:
            known, estimates, _ = run(profile, seed)
            for effect in estimates.effects:
                if effect.outcome in {"misaligned", "harm", "power_act"}:
                    levels = (effect.level, effect.reference)
                    truth = true_contrast(known, effect.outcome, effect.factor, levels)
                    found = effect.estimate
                    pairs.append((truth, found.estimate))
                    covered.append(found.low <= truth <= found.high)
                    is_clear = effect.q is not None and effect.q < 0.01 and abs(truth) > 0.02
                    assert not is_clear or (found.estimate > 0) == (truth > 0), (profile, seed, effect)
    truths, estimates_ = np.array(pairs).T
    slope, intercept = np.polyfit(truths, estimates_, 1)
    assert np.corrcoef(truths, estimates_)[0, 1] > 0.95
    assert abs(slope - 1) < 0.05
    assert abs(intercept) < 0.005
    assert np.mean(covered) > 0.93


@pytest.mark.slow
def test_the_truths_differ_between_the_profiles() -> None:
    """The check has teeth: the profiles' truths disagree, and each claim that is decided is decided."""
    words: dict[str, set[str]] = {}
    for profile in PROFILES:
        for seed in SEEDS:
            for verdict in run(profile, seed)[2]:
                words.setdefault(verdict.id, set()).add(verdict.verdict)
    both = [name for name, found in words.items() if {"supported", "refuted"} <= found]
    assert len(both) >= 3, words
