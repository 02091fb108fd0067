"""Limits in requests and tokens a minute."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gyges.records.study import ModelSpec, Rate
from gyges.trials import Bucket, Buckets, find_rates


@given(
    per_minute=st.floats(1, 10_000),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=200),
)
def test_no_more_is_taken_than_flows_in(per_minute: float, gaps: list[float]) -> None:
    """Whoever waits as told takes at most a minute's worth and what has flowed in since."""
    bucket, now, taken = Bucket(per_minute, 0.0), 0.0, 0
    for gap in gaps:
        now += gap
        if not bucket.find_wait(1, now):
            bucket.take(1, now)
            taken += 1
        assert taken <= per_minute + per_minute / 60 * now + 1e-6


def test_waiting_as_told_is_enough() -> None:
    """After the wait that is given there is room, and not much before."""
    now = [0.0]
    buckets, rate = Buckets(lambda: now[0]), Rate(requests=60.0)
    assert sum(buckets.ask("m", rate) == 0 for _ in range(61)) == 60
    wait = buckets.ask("m", rate)
    assert 0 < wait <= 1
    now[0] += wait * 0.5
    assert buckets.ask("m", rate) > 0
    now[0] += wait * 0.5 + 1e-9
    assert buckets.ask("m", rate) == 0


def test_tokens_are_owed_and_paid_back() -> None:
    """What a call used beyond the limit keeps the next one waiting until it has flowed in again."""
    now = [0.0]
    buckets, rate = Buckets(lambda: now[0]), Rate(tokens=600.0)
    assert buckets.ask("m", rate) == 0
    buckets.count("m", rate, 1_200)
    assert 59 < buckets.ask("m", rate) <= 60.2
    now[0] = 61
    assert buckets.ask("m", rate) == 0


def test_each_model_has_its_own() -> None:
    """One model's limit keeps no other waiting, and one without a limit has none."""
    buckets, rate = Buckets(lambda: 0.0), Rate(requests=1.0)
    assert buckets.ask("a", rate) == 0
    assert buckets.ask("a", rate) > 0
    assert buckets.ask("b", rate) == 0
    specs = [ModelSpec(name="x/a", rate=rate), ModelSpec(name="x/b"), None]
    assert find_rates(specs) == {"x/a": rate}
