"""Verdicts decided again: what flips them, and what only weakens them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gyges.claims import Again, Rules, decide, settle_controls, weigh_alternatives
from gyges.records.judges import JudgeRow
from gyges.records.verdicts import Alternative, Change, Finding, Question, Verdict
from tests.unit.claims.conftest import CLAIMS, make_estimate, make_finding


def find_c05(estimate: float, se: float, **more: Any) -> Finding:
    """Make a finding for a claim of a fall, signed as it asserts it."""
    return make_finding("C05", make_estimate(estimate, se, **more))


def weigh(
    own: Finding, other: Finding, *, question: Question = "A1", is_part: bool = False, claims: str = "C05"
) -> Verdict:
    """Decide a finding, and again on another."""
    asked = [CLAIMS[claims]]
    verdicts = decide([own], asked, min_trials=20)
    again = Again("elsewhere", question, [other], decide([other], asked, min_trials=20), is_part=is_part)
    (verdict,) = weigh_alternatives([own], verdicts, [again], Rules(asked, 20))
    return verdict


@pytest.mark.parametrize(
    ("estimate", "se", "change"),
    [
        (0.19, 0.04, "holds"),
        (0.18, 0.15, "weakens"),
        (0.07, 0.09, "weakens"),
        (-0.20, 0.04, "flips"),
        (0.01, 0.033, "flips"),
    ],
)
def test_what_costs_a_verdict_its_word_is_told_apart(estimate: float, se: float, change: Change) -> None:
    """Fewer trials weaken a verdict; an estimate that moved by more than chance flips it."""
    verdict = weigh(find_c05(0.20, 0.03), find_c05(estimate, se, n=700))
    (row,) = verdict.alternatives
    assert row.change == change, row
    assert verdict.verdict == "supported"
    assert verdict.fragile == (change == "flips")
    # C05 asserts a fall: it is shown in the direction in which it is worded.
    assert row.estimate == pytest.approx(-estimate)
    assert (row.variant, row.question, row.n) == ("elsewhere", "A1", 700)


def test_other_codes_of_the_same_trials_flip_by_what_they_say() -> None:
    """Where no trial is left out, an estimate that no longer bears the verdict flips it."""
    own = find_c05(0.075, 0.03)
    assert weigh(own, find_c05(0.02, 0.0301)).alternatives[0].change == "flips"


def test_a_word_where_there_was_none_settles_nothing_for_the_run() -> None:
    """An open verdict that is decided elsewhere stays open, and is not fragile."""
    verdict = weigh(find_c05(0.04, 0.05), find_c05(0.30, 0.03))
    assert verdict.verdict == "inconclusive"
    assert verdict.alternatives[0].change == "settles"
    assert not verdict.fragile


def test_what_leaves_a_claims_trials_alone_is_no_check() -> None:
    """A variation that leaves alone what a claim rests on stands nowhere, and so does a lacking part."""
    own = find_c05(0.20, 0.03)
    assert weigh(own, replace(own)).alternatives == ()
    lacking = Finding("C05", "m", None, missing="none", planned=False)
    assert weigh(own, lacking, is_part=True).alternatives == ()
    assert weigh(own, lacking).alternatives[0].change == "not-tested"


@pytest.mark.parametrize("worst", [(-0.02, 0.30), (0.15, 0.30)])
def test_missing_trials_at_their_worst_are_a_row_of_their_own(worst: tuple[float, float]) -> None:
    """A verdict that the missing trials could flip says so with what they would make of it."""
    own = find_c05(0.20, 0.03, worst_low=worst[0], worst_high=worst[1])
    verdict = weigh(own, own)
    flips = [row for row in verdict.alternatives if row.change == "flips"]
    assert bool(flips) == verdict.fragile == (worst[0] < 0)
    for row in flips:
        assert row.variant == "missing trials at their worst"
        assert row.verdict in {"inconclusive", "refuted"}
        assert row.estimate == pytest.approx(-worst[0])
        assert row.low is None


def with_row(verdict: Verdict, change: Change) -> Verdict:
    """Put one row of judges beside a verdict."""
    row = Alternative("one judge alone", "A7", "inconclusive", 0.1, 0.0, 0.2, 100, change)
    return replace(verdict, alternatives=(row,))


@pytest.mark.parametrize(
    ("alpha", "change", "word"),
    [
        (0.8, "holds", "supported"),
        (0.8, "weakens", "supported"),
        (0.1, "holds", "inconclusive"),
        (0.8, "flips", "refuted"),
        (None, "holds", "not-tested"),
    ],
)
def test_it_is_the_judge_where_another_would_say_otherwise(
    alpha: float | None, change: Change, word: str
) -> None:
    """A verdict that one judge flips refutes it; poor agreement leaves it open, and none untested."""
    asked = [CLAIMS["C05"], CLAIMS["A7"]]
    first, last = decide([find_c05(0.2, 0.03)], asked, min_trials=20)
    judges = [JudgeRow("among judges", "among judges", "eval-aware", 90, 0, n_compared=80, alpha=alpha)]
    settled = settle_controls([with_row(first, change), last], asked, items=["eval-aware"], judges=judges)
    assert settled[0].alternatives
    assert settled[1].verdict == word
    assert settled[1].n == (0 if alpha is None else 80)
    assert ("C05" in settled[1].reason) == (word == "refuted")


def test_judges_of_other_questions_decide_nothing() -> None:
    """Agreement counts on questions that a claim of the study rests on, and on no other."""
    asked = [CLAIMS["C05"], CLAIMS["A7"]]
    verdicts = decide([find_c05(0.2, 0.03)], asked, min_trials=20)
    judges = [JudgeRow("among judges", "among judges", "refusal", 90, 0, n_compared=80, alpha=0.0)]
    settled = settle_controls(verdicts, asked, items=["eval-aware"], judges=judges)
    assert settled[1].verdict == "not-tested"
