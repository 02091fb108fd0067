"""The breaker, by a clock of its own."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from gyges.records.study import Patience
from gyges.trials import Notice
from gyges.trials._breaker import Breaker, BreakerHooks, GivenUpError, admit_again, note_failure, watching

PATIENCE = Patience(
    failures=3, window=10, share=0.5, first_pause_s=10.0, longest_pause_s=40.0, give_up_s=200.0
)


class _Watched:
    """A breaker, its clock, and what it said."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.breaker = Breaker("m", PATIENCE, clock=lambda: self.now, say=self._hear)

    def _hear(self, notice: Notice) -> None:
        self.said.append(notice.text)

    def fail(self, n: int = 1) -> None:
        """Have calls fail."""
        for _ in range(n):
            self.breaker.note_failure("server", "server: 500")

    def wait_for_a_try(self) -> float:
        """Wait until a call may be made; give the seconds."""
        began = self.now
        while not self.breaker.may_call():
            self.now += 0.1
        return self.now - began


def test_few_failures_change_nothing() -> None:
    """Failures with answers between them never pause a model that mostly answers."""
    it = _Watched()
    for _ in range(50):
        it.fail(2)
        for _ in range(3):
            it.breaker.note_success()
    assert it.breaker.may_call()
    assert it.said == []


def test_failures_in_a_row_pause_and_one_call_tries() -> None:
    """After the pause one call is let through and the others wait for how it goes."""
    it = _Watched()
    it.fail(3)
    assert not it.breaker.may_call()
    assert 7.4 <= it.wait_for_a_try() <= 12.6
    assert not it.breaker.may_call()
    it.breaker.note_success()
    assert it.breaker.may_call()
    assert it.breaker.may_call()
    assert len(it.said) == 2


def test_a_share_of_failures_pauses_too() -> None:
    """Every second call failing never makes a row, and is too much all the same."""
    it = _Watched()
    for _ in range(5):
        it.breaker.note_success()
        it.fail()
    assert it.breaker.is_paused


def test_pauses_grow_to_their_longest_and_end_in_giving_up() -> None:
    """Each try that fails doubles the pause, up to the longest; after long enough the model is given up."""
    it = _Watched()
    it.fail(3)
    pauses = []
    while not it.breaker.reason:
        pauses.append(it.wait_for_a_try())
        it.fail()
    with pytest.raises(GivenUpError, match="no answer for"):
        it.breaker.may_call()
    assert 14.9 <= pauses[1] <= 25.1
    assert max(pauses) <= 50.1
    assert 200 <= it.now <= 260
    assert it.breaker.reason.startswith("server: 500")


def test_calls_from_before_the_pause_lengthen_nothing() -> None:
    """Calls that were under way when it began and fail during it do not count as tries."""
    it = _Watched()
    it.fail(3)
    it.fail(100)
    assert it.wait_for_a_try() <= 12.6
    assert len(it.said) == 1


def test_a_try_that_is_lost_is_followed_by_another() -> None:
    """A call that never comes back does not hold the others for ever."""
    it = _Watched()
    it.fail(3)
    it.wait_for_a_try()
    assert it.wait_for_a_try() <= 700


@pytest.mark.parametrize("cause", ["auth", "quota", "model-gone"])
def test_what_cannot_be_waited_out_is_given_up_at_once(cause: str) -> None:
    """One answer that no waiting mends is enough."""
    it = _Watched()
    it.breaker.note_failure(cause, f"{cause}: gone")  # type: ignore[arg-type]  # drawn from a list of words
    with pytest.raises(GivenUpError, match=f"{cause}: gone"):
        it.breaker.may_call()


@pytest.mark.parametrize("cause", ["context-length", "content-filter", "rejected"])
def test_what_is_about_one_request_says_nothing_of_the_model(cause: str) -> None:
    """However many requests are refused for what stands in them, the model is not paused."""
    it = _Watched()
    for _ in range(100):
        it.breaker.note_failure(cause, f"{cause}: no")  # type: ignore[arg-type]  # drawn from a list of words
    assert it.breaker.may_call()


def test_who_waited_for_a_turn_meanwhile_waits_for_the_pause_too() -> None:
    """A call admitted before its model was paused, and made after it, asks again; the one that tries, not."""
    patience = PATIENCE.model_copy(update={"first_pause_s": 0.3, "longest_pause_s": 0.3})
    data: Any = SimpleNamespace(model_name="m")

    def fail() -> None:
        for _ in range(patience.failures):
            note_failure("m", "server", "server: 500")

    async def wait_again() -> float:
        began = time.monotonic()
        await admit_again("m")
        return time.monotonic() - began

    async def call_before_the_pause() -> float:
        await BreakerHooks().on_before_model_generate(data)
        fail()
        return await wait_again()

    async def try_after_it() -> float:
        fail()
        await BreakerHooks().on_before_model_generate(data)
        return await wait_again()

    with watching({"m": patience}, "a session of its own"):
        assert asyncio.run(call_before_the_pause()) >= 0.2
    with watching({"m": patience}, "another session"):
        assert asyncio.run(try_after_it()) < 0.1
