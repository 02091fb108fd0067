"""Limits of a provider, in requests and tokens a minute, kept by all workers of a run together.

A bucket holds what may still be asked for. It fills at the rate r of the limit, up to a minute's worth. A
request takes one from it, and so does each token once the provider has counted it, so the bucket can be in
debt; the next attempt waits until what it has is not below what it takes:

    wait = max(0, (n − level) / r)

Over any time t, at most r·t + r·(1 minute) is asked for, and for tokens the debt of the calls under way more.
Every attempt counts, also one that is tried again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final, Protocol

from inspect_ai.hooks import BeforeModelGenerate, Hooks, ModelUsageData, hooks

from gyges.records.study import ModelSpec, Rate

_MINUTE_S: Final = 60.0
_LONGEST_S: Final = 5.0
"""Waits are cut so: the limit may have been lifted meanwhile, and a stop is heard."""


class Bucket:
    """A token bucket that may be in debt."""

    def __init__(self, per_minute: float, now: float) -> None:
        """Begin with a full bucket.

        Args:
            per_minute: What flows in, and what it holds at most.
            now: Seconds on a clock that never goes back.
        """
        self._rate = per_minute / _MINUTE_S
        self._most = per_minute
        self._level = per_minute
        self._then = now

    def find_wait(self, amount: float, now: float) -> float:
        """Give the seconds until `amount` may be taken; 0: now."""
        self._fill(now)
        return max(0.0, (min(amount, self._most) - self._level) / self._rate)

    def take(self, amount: float, now: float) -> None:
        """Take an amount, into debt if need be."""
        self._fill(now)
        self._level -= amount

    def _fill(self, now: float) -> None:
        self._level = min(self._most, self._level + self._rate * max(0.0, now - self._then))
        self._then = max(self._then, now)


class Keeper(Protocol):
    """What keeps the buckets, in this process or in another."""

    def ask(self, model: str, rate: Rate) -> float:
        """Take a request if there is room and give 0, or give the seconds to wait before asking again."""

    def count(self, model: str, rate: Rate, tokens: int) -> None:
        """Take the tokens that a call has used."""


class Buckets:
    """The buckets of every model with a limit; several threads may ask at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._requests: dict[str, Bucket] = {}
        self._tokens: dict[str, Bucket] = {}

    def ask(self, model: str, rate: Rate) -> float:
        """Take a request if there is room and give 0, or give the seconds to wait before asking again."""
        with self._lock:
            now = self._clock()
            requests, tokens = self._find(model, rate, now)
            waits = [requests.find_wait(1, now)] if requests else []
            # A bucket in debt, or empty: what was used must have flowed in again.
            waits += [tokens.find_wait(1, now)] if tokens else []
            wait = max(waits, default=0.0)
            if requests and not wait:
                requests.take(1, now)
            return wait

    def count(self, model: str, rate: Rate, tokens: int) -> None:
        """Take the tokens that a call has used."""
        with self._lock:
            now = self._clock()
            _, bucket = self._find(model, rate, now)
            if bucket:
                bucket.take(tokens, now)

    def _find(self, model: str, rate: Rate, now: float) -> tuple[Bucket | None, Bucket | None]:
        for buckets, limit in ((self._requests, rate.requests), (self._tokens, rate.tokens)):
            if limit and model not in buckets:
                buckets[model] = Bucket(limit, now)
        return self._requests.get(model), self._tokens.get(model)


_kept: dict[str, tuple[Keeper, Rate]] = {}


def find_rates(specs: Sequence[ModelSpec | None]) -> dict[str, Rate]:
    """Give the limit of each model that has one, by its Inspect name."""
    return {spec.name: spec.rate for spec in specs if spec and spec.rate}


@contextmanager
def throttling(keeper: Keeper | None, rates: dict[str, Rate]) -> Iterator[None]:
    """Keep the limits of some models within the block; without a keeper, those of this process alone."""
    if not rates:
        yield
        return
    _register()
    found = keeper or Buckets()
    before = dict(_kept)
    _kept.update({name: (found, rate) for name, rate in rates.items()})
    try:
        yield
    finally:
        _kept.clear()
        _kept.update(before)


@cache
def _register() -> None:
    """Hang the throttle into Inspect, once a process and only where there is a limit to keep."""
    hooks(name="gyges_throttle", description="Keeps the limits of providers.")(Throttle)


class Throttle(Hooks):
    """Waits before every attempt until the limit allows it."""

    def enabled(self) -> bool:
        """Say whether any model has a limit here."""
        return bool(_kept)

    async def on_before_model_generate(self, data: BeforeModelGenerate) -> None:
        """Wait for room."""
        if data.model_name not in _kept:
            return
        keeper, rate = _kept[data.model_name]
        while wait := await asyncio.to_thread(keeper.ask, data.model_name, rate):
            await asyncio.sleep(min(wait, _LONGEST_S))

    async def on_model_usage(self, data: ModelUsageData) -> None:
        """Count what was used."""
        if data.model_name in _kept:
            keeper, rate = _kept[data.model_name]
            if rate.tokens:
                await asyncio.to_thread(keeper.count, data.model_name, rate, data.usage.total_tokens)
