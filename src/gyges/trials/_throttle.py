"""Limits of a provider, in requests and tokens a minute, kept by all workers of a run together.

A bucket has a level. It rises at the rate r of the limit, up to what a second brings (and to one request at
least). An attempt takes 1 from the bucket of requests and, from that of tokens, as many as it will probably
use; the level may fall below 0, and the attempt is made when it would be at 0 again:

    wait = max(0, (n − level) / r),        level ← level − n

So over any time t no more than r·t + r·(1 s) requests are made, and likewise tokens, if calls use what was
expected of them. What a call used beyond or below that is taken or given back when the provider has counted
it. Expected are the characters of the conversation over four, and what calls of this model used beyond that,
on average over about the last hundred.

Nobody may take more than a few seconds ahead; who would have to wait longer asks again. A process that is
lost therefore takes no more with it than these seconds. Every attempt counts, also one that is tried again.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple, Protocol

from inspect_ai.hooks import BeforeModelGenerate, Hooks, ModelUsageData, hooks

from gyges.records.study import ModelSpec, Rate
from gyges.trials._breaker import admit_again

_MINUTE_S: Final = 60.0
_BURST_S: Final = 1.0
_AHEAD_S: Final = 5.0
"""How far ahead may be taken; who waits longer asks again, as limits change and a stop must be heard."""

_REMEMBERED: Final = 100
_CHARACTERS_A_TOKEN: Final = 4


class Turn(NamedTuple):
    """What the keeper answers to who asks for an attempt."""

    wait_s: float
    """Seconds to wait."""
    is_granted: bool
    """Whether the attempt is made then; else it is asked for again."""
    expected: float = 0.0
    """Tokens taken for it."""


class Bucket:
    """A token bucket that may be in debt."""

    def __init__(self, per_minute: float, now: float) -> None:
        """Begin with a full bucket.

        Args:
            per_minute: What flows in.
            now: Seconds on a clock that never goes back.
        """
        self.per_minute = per_minute
        self._rate = per_minute / _MINUTE_S
        self._most = max(1.0, self._rate * _BURST_S)
        self._level = self._most
        self._then = now

    def change(self, per_minute: float, now: float) -> None:
        """Have another amount flow in from now on."""
        self._fill(now)
        self.per_minute = per_minute
        self._rate = per_minute / _MINUTE_S
        self._most = max(1.0, self._rate * _BURST_S)
        self._level = min(self._level, self._most)

    def find_wait(self, amount: float, now: float) -> float:
        """Give the seconds until `amount` may be taken, or a full bucket if that is less; 0: now."""
        self._fill(now)
        return max(0.0, (min(amount, self._most) - self._level) / self._rate)

    def take(self, amount: float, now: float) -> None:
        """Take an amount, into debt if need be; a negative one is given back."""
        self._fill(now)
        self._level = min(self._most, self._level - amount)

    def _fill(self, now: float) -> None:
        self._level = min(self._most, self._level + self._rate * max(0.0, now - self._then))
        self._then = max(self._then, now)


class Keeper(Protocol):
    """What keeps the buckets, in this process or in another."""

    def ask(self, model: str, rate: Rate, guess: float) -> Turn:
        """Take what an attempt needs, or say when to ask again.

        Args:
            model: The model's Inspect name.
            rate: Its limit; where several are told, the last one counts.
            guess: Tokens that the attempt takes at least.
        """

    def count(self, model: str, turn: Turn, guess: float, used: int | None) -> None:
        """Settle what an attempt has used.

        Args:
            model: The model's Inspect name.
            turn: What was answered when it was asked for.
            guess: What was guessed then.
            used: Its tokens in and out; none: it failed, and what was taken for it is given back.
        """


class Buckets:
    """The buckets of every model with a limit; several threads may ask at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._requests: dict[str, Bucket] = {}
        self._tokens: dict[str, Bucket] = {}
        self._beyond: dict[str, tuple[float, int]] = {}
        """Model to the mean of what calls used beyond the guess, and of how many calls."""

    def ask(self, model: str, rate: Rate, guess: float = 0.0) -> Turn:
        """Take what an attempt needs, or say when to ask again."""
        with self._lock:
            now = self._clock()
            requests = _find(self._requests, model, rate.requests, now)
            tokens = _find(self._tokens, model, rate.tokens, now)
            beyond, _ = self._beyond.get(model, (0.0, 0))
            expected = max(0.0, guess + beyond) if tokens else 0.0
            needs = [(bucket, n) for bucket, n in ((requests, 1.0), (tokens, expected)) if bucket]
            wait = max((bucket.find_wait(n, now) for bucket, n in needs), default=0.0)
            if wait > _AHEAD_S:
                return Turn(_AHEAD_S, is_granted=False)
            for bucket, n in needs:
                bucket.take(n, now)
            return Turn(wait, is_granted=True, expected=expected)

    def count(self, model: str, turn: Turn, guess: float, used: int | None) -> None:
        """Settle what an attempt has used."""
        with self._lock:
            if model in self._tokens:
                self._tokens[model].take((used or 0) - turn.expected, self._clock())
            if used is not None:
                mean, n = self._beyond.get(model, (0.0, 0))
                n = min(n + 1, _REMEMBERED)
                self._beyond[model] = mean + (used - guess - mean) / n, n


def _find(buckets: dict[str, Bucket], model: str, per_minute: float | None, now: float) -> Bucket | None:
    if per_minute is None:
        return None
    found = buckets.setdefault(model, Bucket(per_minute, now))
    if found.per_minute != per_minute:
        found.change(per_minute, now)
    return found


_kept: dict[str, tuple[Keeper, Rate]] = {}
_attempt: ContextVar[tuple[str, Turn, float] | None] = ContextVar("attempt", default=None)
"""The attempt that this task is making: its model, its turn, and the tokens guessed for it."""


def find_rates(specs: Sequence[ModelSpec | None]) -> dict[str, Rate]:
    """Give the limit of each model that has one, by its Inspect name; the tighter, where it has several."""
    rates: dict[str, Rate] = {}
    for spec in specs:
        if spec and spec.rate:
            known = rates.get(spec.name, spec.rate)
            rates[spec.name] = Rate(
                requests=_find_least(known.requests, spec.rate.requests),
                tokens=_find_least(known.tokens, spec.rate.tokens),
            )
    return rates


def _find_least(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)


@contextmanager
def throttling(keeper: Keeper | None, rates: dict[str, Rate]) -> Iterator[None]:
    """Keep the limits of some models within the block; without a keeper, for this process alone."""
    if not rates:
        yield
        return
    found = keeper or Buckets()
    before = dict(_kept)
    _kept.update({name: (found, rate) for name, rate in rates.items()})
    try:
        yield
    finally:
        _kept.clear()
        _kept.update(before)


@hooks(name="gyges_throttle", description="Keeps the limits of providers.")
class Throttle(Hooks):
    """Waits before every attempt until the limit allows it."""

    def enabled(self) -> bool:
        """Say whether any model has a limit here."""
        return bool(_kept)

    async def on_before_model_generate(self, data: BeforeModelGenerate) -> None:
        """Wait for a turn."""
        await _settle(None)
        if data.model_name not in _kept:
            return
        keeper, rate = _kept[data.model_name]
        guess = float(sum(len(message.text) for message in data.input) // _CHARACTERS_A_TOKEN)
        while True:
            turn = await asyncio.to_thread(keeper.ask, data.model_name, rate, guess)
            if turn.is_granted:
                break
            # Those who wait do not all come back in the same moment.
            await asyncio.sleep(turn.wait_s * random.uniform(0.8, 1.0))  # noqa: S311
        _attempt.set((data.model_name, turn, guess))
        await asyncio.sleep(turn.wait_s)
        # Many may have waited for their turn when the first of them failed.
        await admit_again(data.model_name)

    async def on_model_usage(self, data: ModelUsageData) -> None:
        """Count what was used."""
        attempt = _attempt.get()
        if attempt and attempt[0] == data.model_name:
            await _settle(data.usage.total_tokens)


async def _settle(used: int | None) -> None:
    """Settle the attempt of this task, if it made one; without usage, it failed."""
    attempt = _attempt.get()
    if attempt is None:
        return
    _attempt.set(None)
    model, turn, guess = attempt
    if model in _kept and (turn.expected or used is not None):
        await asyncio.to_thread(_kept[model][0].count, model, turn, guess, used)
