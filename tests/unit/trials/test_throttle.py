"""Limits in requests and tokens a minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gyges.records.study import ModelSpec, Rate
from gyges.trials import Buckets, find_rates


class Clock:
    """A clock that stands still unless it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@given(
    per_minute=st.floats(1, 10_000),
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=200),
)
def test_no_more_is_asked_for_than_flows_in(per_minute: float, gaps: list[float]) -> None:
    """However attempts come, those made by any time are within the limit and what a full bucket holds."""
    clock = Clock()
    buckets, rate = Buckets(clock), Rate(requests=per_minute)
    made: list[float] = []
    for gap in gaps:
        clock.now += gap
        turn = buckets.ask("m", rate)
        if turn.is_granted:
            made.append(clock.now + turn.wait_s)
    most = max(1.0, per_minute / 60)
    for i, start in enumerate(made):
        for j in range(i, len(made)):
            assert j - i + 1 <= 1 + most + per_minute / 60 * (made[j] - start) + 1e-6


def test_a_limit_is_used_to_the_full() -> None:
    """Who always asks gets a request for each that flows in: none is lost by the waiting."""
    clock = Clock()
    buckets, rate = Buckets(clock), Rate(requests=120.0)
    made = 0
    while clock.now < 60:
        turn = buckets.ask("m", rate)
        made += turn.is_granted
        clock.now += 0.0 if turn.is_granted else 0.25
    assert 120 <= made <= 120 + 2 + 5 * 2


def test_who_waits_long_takes_nothing_yet() -> None:
    """Beyond a few seconds nothing is taken ahead, so that a lost process takes little with it."""
    clock = Clock()
    buckets, rate = Buckets(clock), Rate(requests=60.0)
    turns = [buckets.ask("m", rate) for _ in range(100)]
    assert [turn.is_granted for turn in turns] == [True] * 6 + [False] * 94
    assert [turn.wait_s for turn in turns[:6]] == pytest.approx([0, 1, 2, 3, 4, 5])
    clock.now = 1.001
    assert buckets.ask("m", rate).is_granted


def test_tokens_are_owed_and_paid_back() -> None:
    """What a call used beyond the limit keeps the next one waiting until it has flowed in again."""
    clock = Clock()
    buckets, rate = Buckets(clock), Rate(tokens=600.0)
    first = buckets.ask("m", rate, 0)
    assert first == (0, True, 0)
    buckets.count("m", first, 0, 100)
    assert not buckets.ask("m", rate, 1).is_granted
    clock.now = 9.8
    second = buckets.ask("m", rate, 0)
    assert second.is_granted
    assert second.expected == 100


def test_calls_are_expected_to_use_what_calls_used() -> None:
    """Tokens are taken beforehand, as the conversation and the calls before say, and corrected then."""
    clock = Clock()
    buckets, rate = Buckets(clock), Rate(tokens=60_000.0)
    for _ in range(5):
        turn = buckets.ask("m", rate, 100)
        buckets.count("m", turn, 100, 300)
        clock.now += 1
    turn = buckets.ask("m", rate, 150)
    assert turn.expected == pytest.approx(350)
    # A full bucket has 1,000: what is left pays for one more at once, and the next has to wait.
    assert buckets.ask("m", rate, 150).wait_s == 0
    assert buckets.ask("m", rate, 150).wait_s == pytest.approx(0.05)
    buckets.count("m", turn, 150, None)
    assert buckets.ask("m", rate, 150).wait_s == pytest.approx(0.05)


def test_a_limit_that_changes_counts_at_once() -> None:
    """A keeper that outlives a run heeds the next one's limit."""
    clock = Clock()
    buckets = Buckets(clock)
    assert buckets.ask("m", Rate(requests=1.0)).is_granted
    assert not buckets.ask("m", Rate(requests=1.0)).is_granted
    assert buckets.ask("m", Rate(requests=600.0)).is_granted


def test_each_model_has_its_own() -> None:
    """One model's limit keeps no other waiting, one without has none, and of two the tighter counts."""
    buckets, rate = Buckets(Clock()), Rate(requests=1.0)
    assert buckets.ask("a", rate).is_granted
    assert not buckets.ask("a", rate).is_granted
    assert buckets.ask("b", rate).is_granted
    specs = [
        ModelSpec(name="x/a", rate=Rate(requests=2.0)),
        ModelSpec(name="x/b"),
        None,
        ModelSpec(name="x/a", rate=Rate(requests=1.0, tokens=9.0)),
    ]
    assert find_rates(specs) == {"x/a": Rate(requests=1.0, tokens=9.0)}


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan"), "60", True])
def test_a_limit_is_a_positive_number(wrong: object) -> None:
    """Nothing else is a limit."""
    with pytest.raises(ValidationError):
        Rate.model_validate({"requests": wrong})
