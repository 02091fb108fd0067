"""The numbers of a run while it runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.counting import Counts, Pace
from gyges.records.tokens import Tokens
from gyges.records.words import Cause
from gyges.trials import TrialEnd

MODEL, OTHER = "openai/a", "openai/b"


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _end(trial: str, *, kind: Cause | None = None) -> TrialEnd:
    tokens = {MODEL: Tokens(90, 10)}
    return TrialEnd(trial=trial, ok=kind is None, cause="why" if kind else "", kind=kind, models=tokens)


def test_the_rate_is_of_the_last_minute() -> None:
    """What ended more than a minute ago counts no longer, and the start before the first one never does."""
    clock = _Clock()
    pace = Pace(clock)
    assert pace.rate == 0
    clock.now += 500
    for _ in range(120):
        pace.note()
        clock.now += 0.5
    assert pace.rate == pytest.approx(120, rel=0.03)
    clock.now += 30
    assert pace.rate == pytest.approx(60, rel=0.05)
    clock.now += 61
    assert pace.rate == 0


def test_done_failed_and_left_are_told_by_model() -> None:
    """Each model has its own counts and time left; what was done before counts, and failures have causes."""
    clock = _Clock()
    counts = Counts(clock)
    counts.plan({MODEL: 10, OTHER: 5}, {**{f"a{i}": MODEL for i in range(8)}, "b0": OTHER})
    for i in range(4):
        clock.now += 10
        counts.end(_end(f"a{i}", kind="rate-limit" if i == 0 else None))
    found = counts.describe()
    assert (found["planned"], found["done"], found["failed"]) == (15, 9, 1)
    assert found["causes"] == {"rate-limit": 1}
    first, second = found["models"]
    assert (first.model, first.planned, first.done, first.failed, first.tokens) == (MODEL, 10, 5, 1, 400)
    assert first.rate == pytest.approx(8)
    assert first.seconds_left == pytest.approx(4 / 8 * 60)
    assert (second.done, second.failed, second.seconds_left) == (4, 0, None)


@given(words=st.lists(st.sampled_from([f"t{i}" for i in range(6)] + ["unknown"]), max_size=30))
def test_a_trial_counts_once(words: list[str]) -> None:
    """However often and in whatever order word comes, no trial counts twice and no stranger at all."""
    counts = Counts(_Clock())
    counts.plan({MODEL: 6}, {f"t{i}": MODEL for i in range(6)})
    for trial in words:
        counts.end(_end(trial))
    found = counts.describe()
    assert found["done"] == len(set(words) - {"unknown"})
    assert found["planned"] == 6
