"""Claims that rest on codes by judges come to what a reference agent's profile makes true."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from gyges.agents import REASON_ANSWERS, SimulatedJudge, expect_code, load_profile, reason_probabilities
from gyges.analysis import add_labels, estimate_all, measure_claims, measure_reasons, prepare_codes
from gyges.claims import decide, load_claims
from gyges.coding import measure_judges
from gyges.estimands import find_facts, items_of
from gyges.records.verdicts import Verdict
from tests.calibration.known import PROFILES, STUDIES, Reading, draw_codes, find_truth, judge_codes, know
from tests.calibration.test_verdicts_against_truth import is_wrong

CLAIMS = {claim.id: claim for claim in load_claims()}
JUDGED = {name: claim for name, claim in CLAIMS.items() if items_of(claim)}
PERFECT, PLAUSIBLE = SimulatedJudge(), SimulatedJudge(0.8, 0.9)
BY = ("role",)


def read(profile: str, seed: int, judge: SimulatedJudge, n_labels: int = 0) -> Reading:
    """Draw a core study and have it judged."""
    return judge_codes(draw_codes(know(profile, "core"), seed), judge, seed, n_labels=n_labels, by=BY)


@cache
def run(profile: str, seed: int, judge: SimulatedJudge, n_labels: int = 0) -> dict[str, Verdict]:
    """Take a judged core study all the way to verdicts."""
    facts = {name: find_facts(each) for name, each in know(profile, "core").scenarios.items()}
    found = read(profile, seed, judge, n_labels)
    codes = prepare_codes(add_labels(found.codes, found.answers, found.labels), facts)
    fewest = STUDIES["core"].min_trials
    estimates = estimate_all(codes, min_trials=fewest)
    claims = tuple(CLAIMS.values())
    findings = measure_claims(
        codes, claims, scenario_results=estimates.scenarios, min_trials=fewest, facts=facts, seed=seed
    )
    verdicts = decide(findings, claims, min_trials=fewest)
    return {verdict.id: verdict for verdict in verdicts if verdict.id in JUDGED}


def list_wrong(profile: str, verdicts: dict[str, Verdict]) -> list[str]:
    """List the wrong ones."""
    known = know(profile, "core")
    return [
        name
        for name, verdict in verdicts.items()
        if verdict.verdict != "not-tested"
        and is_wrong(JUDGED[name], verdict, find_truth(known, JUDGED[name], verdict.design or ""))
    ]


def test_probabilities_are_the_profile_s_tables() -> None:
    """A frame is as probable as the first rule that fits says, and a reason only where it can be had."""
    scenarios = know("insight-profile", "core").scenarios
    acts = know("insight-profile", "core").acts[0]
    profile = load_profile("insight-profile")
    utilitarian = REASON_ANSWERS["ethical-frame"].index("utilitarian")

    def expect(item: str, place: int, **cell: str) -> float:
        chances = np.full(len(acts), 1 / len(acts))
        return expect_code(chances, reason_probabilities(acts, cell, profile)[item], place)[1]

    assert scenarios
    difference = expect("ethical-frame", utilitarian, role="subordinate", threat="none") - expect(
        "ethical-frame", utilitarian, role="leader-candidate", threat="none"
    )
    assert difference == pytest.approx(0.6 - 0.2)
    assert expect("ethical-frame", utilitarian, role="subordinate", threat="shutdown") == pytest.approx(0.25)
    assert expect("aspirational-language", 1, role="leader-candidate") == pytest.approx(0.7)
    assert expect("aspirational-language", 1, role="peer") == 0
    assert expect("sanctity-of-life", 1, role="leader-candidate", stakes="routine") == 0
    against = np.mean([act.against for act in acts])
    assert expect("record-to-justify", 1) == pytest.approx(0.5 * against)


@pytest.mark.parametrize("judge", [PERFECT, PLAUSIBLE], ids=["perfect", "plausible"])
def test_a_simulated_judge_errs_as_often_as_it_says(judge: SimulatedJudge) -> None:
    """Its hits and false alarms are its dials, whatever the question."""
    rng = np.random.default_rng(1)
    for n_answers in (2, 6):
        truth = rng.integers(n_answers, size=20_000)
        said = judge.read(truth, n_answers, rng)
        hits = (said == truth)[truth == 1].mean()
        assert hits == pytest.approx(judge.sensitivity, abs=0.01)
        if n_answers == 2:
            assert (said == truth)[truth == 0].mean() == pytest.approx(judge.specificity, abs=0.01)


@pytest.mark.slow
def test_the_insight_profile_is_supported_by_a_perfect_judge() -> None:
    """At the core study's size its true claims come back supported; only C28 may stay open, none is refuted.

    C28 compares 240 base trials with 240 controls in ten scenarios, in six of which nothing is framed at all:
    its true value of 0.16 spreads so much over scenarios that a study leaves it open now and then.
    """
    for seed in range(1, 9):
        verdicts = run("insight-profile", seed, PERFECT)
        words = {name: verdict.verdict for name, verdict in verdicts.items()}
        assert {name for name, word in words.items() if word != "supported"} <= {"C28"}, words
        assert words["C28"] != "refuted"
        assert all(verdict.reason.endswith("judge unchecked.") for verdict in verdicts.values())


@pytest.mark.slow
def test_labels_make_a_plausible_judge_s_verdicts_right() -> None:
    """Judged at 0.8 and 0.9 and corrected by labels, verdicts are wrong no more often than by chance."""
    studies = [(profile, seed) for profile in PROFILES for seed in range(1, 7)]
    wrong, still_open = [], []
    for profile, seed in studies:
        verdicts = run(profile, seed, PLAUSIBLE, 100)
        wrong += [(profile, seed, name) for name in list_wrong(profile, verdicts)]
        if profile == "insight-profile":
            supported = {name for name, verdict in verdicts.items() if verdict.verdict == "supported"}
            # A bound of 0.05 and a third of the trials take more labels than these.
            still_open += [(seed, name) for name in set(JUDGED) - {"C28", "C29", "C36"} - supported]
            assert all(verdict.raw_estimate is not None for verdict in verdicts.values())
    assert len({each[:2] for each in wrong}) <= binom.ppf(0.99, len(studies), 0.05), wrong
    assert len(still_open) <= 3, still_open


@pytest.mark.slow
def test_nothing_is_supported_where_nothing_differs() -> None:
    """The random agent reasons alike everywhere: no more studies than alpha allows support C07 to C09."""
    seeds = range(1, 31)
    for judge, n_labels in ((PERFECT, 0), (PLAUSIBLE, 100)):
        verdicts = [run("random", seed, judge, n_labels) for seed in seeds]
        false = sum(
            any(found[name].verdict == "supported" for name in ("C07", "C08", "C09")) for found in verdicts
        )
        assert false <= binom.ppf(0.99, len(seeds), 0.05)


@pytest.mark.slow
def test_judges_below_the_floor_decide_nothing() -> None:
    """With labels that show a judge to be little better than chance, its claims stay open and say so."""
    found = read("insight-profile", 1, SimulatedJudge(0.55, 0.55), 60)
    facts = {name: find_facts(each) for name, each in know("insight-profile", "core").scenarios.items()}
    codes = prepare_codes(add_labels(found.codes, found.answers, found.labels), facts)
    claims = [JUDGED["C30"], JUDGED["C35"]]
    findings = measure_claims(codes, claims, scenario_results=(), min_trials=20, facts=facts)
    judges = measure_judges(found.answers, found.labels, seed=1).rows
    for verdict in decide(findings, claims, min_trials=20, judges=judges):
        assert verdict.verdict == "inconclusive"
        assert "below the registered floor of 0.40" in verdict.reason


@pytest.mark.slow
def test_frames_by_role_and_threat_are_the_profile_s() -> None:
    """Every row of frames covers what the profile's table says, corrected, and raw rows often do not."""
    profile = load_profile("insight-profile")
    fixed, raw = [], []
    for seed in range(1, 9):
        found = read("insight-profile", seed, PLAUSIBLE, 60)
        assert found.labels is not None
        for row in measure_reasons(found.codes, found.answers, found.labels, seed=seed):
            if "any" in {row.role, row.threat} or row.corrected is None:
                continue
            rules = profile.frames
            rule = next(r for r in rules if r.role in {None, row.role} and r.threat in {None, row.threat})
            truth = rule.frames.get(row.frame, 0.0)  # type: ignore[call-overload]  # a frame's name
            if truth == 0:
                # No finite number of labels rules out that some are there.
                assert row.corrected.low < 0.02
                continue
            fixed.append(row.corrected.low <= truth <= row.corrected.high)
            raw.append((row.raw.low or 0) <= truth <= (row.raw.high or 0))
    print(f"frames: raw {np.mean(raw):.3f}, corrected {np.mean(fixed):.3f}, {len(fixed)} rows")  # noqa: T201
    assert len(fixed) > 100
    assert np.mean(fixed) > 0.93
    assert np.mean(raw) < 0.9


def test_a_profile_without_a_fitting_rule_is_named() -> None:
    """Frames for every role and threat are asked for: a gap is said, with the cell."""
    from gyges.errors import ProfileError

    profile = load_profile("random")
    narrow = profile.model_copy(update={"frames": (profile.frames[0].model_copy(update={"role": "peer"}),)})
    with pytest.raises(ProfileError, match="no rule of `frames` fits"):
        reason_probabilities((), {"role": "subordinate"}, narrow)


def test_codes_of_a_study_are_read_with_their_answers() -> None:
    """A reading has a code for every coded trial and question, and labels only of what is coded."""
    found = read("insight-profile", 1, PERFECT, 10)
    coded = found.codes.filter(pl.col("status") == "coded")
    assert coded.select(pl.col("^code_.*$").null_count()).row(0) == (0,) * len(REASON_ANSWERS)
    assert found.labels is not None
    assert set(found.labels["trial"]) <= set(coded["trial"])
