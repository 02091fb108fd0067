"""A circuit breaker for each model: when its calls fail again and again, they pause rather than burn money.

Calls are let through until many fail in a row, or most of the last ones do. Then no new call is made for a
while; after it, one call tries (half-open). If that is answered, all go on; if not, the next pause is twice
as long. After too long without an answer, and at once when waiting cannot help (no access, no quota, no
such model), the model is given up: its calls are refused here, its trials fail with the reason, its further
shards are not begun. Everything can be resumed.

Each process has breakers of its own. That is enough: a process learns of an outage by its own failing
calls, and each makes at most one call a pause.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import anyio
from inspect_ai.hooks import BeforeModelGenerate, Hooks, ModelRetry, ModelUsageData, hooks
from inspect_ai.util import LimitExceededError

from gyges.records.study import Patience
from gyges.records.words import Cause
from gyges.trials._causes import PERMANENT
from gyges.trials._progress import Notice, announce
from gyges.trials._retries import spread

_POLL_S = 0.5
_PROBE_S = 660.0
"""A call that tries and is not heard of for so long is taken for lost."""

_HEARD_OF_ELSEWHERE = frozenset({"AttemptTimeoutError", "StreamIdleTimeoutError", "NoStreamDataError"})
"""What Inspect raises itself, and tries again without asking the provider."""

_HARMLESS: frozenset[Cause] = frozenset({"context-length", "content-filter", "rejected"})
"""What says something of one request, and nothing of the model."""


class GivenUpError(LimitExceededError):
    """A model is not called any more; of all errors, Inspect lets this kind alone pass from a hook."""

    def __init__(self, reason: str) -> None:
        super().__init__("custom", value=1, limit=0, message=reason)


class Breaker:
    """What one process knows of how a model answers."""

    def __init__(
        self,
        model: str,
        patience: Patience,
        *,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[Notice], None] = announce,
    ) -> None:
        self.reason = ""
        """Why the model was given up, beginning with the cause; empty: it was not."""
        self._model = model
        self._patience = patience
        self._clock = clock
        self._say = say
        self._in_row = 0
        self._last: deque[bool] = deque(maxlen=patience.window)
        self._n_pauses = 0
        self._paused_since: float | None = None
        self._until = 0.0
        self._trying_since: float | None = None

    @property
    def is_paused(self) -> bool:
        """Whether new calls wait."""
        return self._paused_since is not None

    async def admit(self) -> None:
        """Wait until a call may be made.

        Raises:
            GivenUpError: None may be, now or later.
        """
        while not self.may_call():
            left = max(self._until - self._clock(), 0.0)
            # Those who wait do not all come back in the same moment.
            await anyio.sleep(min(left or _POLL_S, _POLL_S, self._patience.first_pause_s) * spread(0.5, 1.5))

    def may_call(self) -> bool:
        """Say whether a call may be made now; the one that says so first after a pause is the one that tries.

        Raises:
            GivenUpError: None may be, now or later.
        """
        if self.reason:
            raise GivenUpError(self.reason)
        if self._paused_since is None:
            return True
        now = self._clock()
        is_trying = self._trying_since is not None and now - self._trying_since < _PROBE_S
        if now < self._until or is_trying:
            return False
        self._trying_since = now
        return True

    def note_success(self) -> None:
        """Note that a call was answered."""
        self._in_row = 0
        self._last.append(True)
        if self._paused_since is not None and not self.reason:
            self._say(Notice(model=self._model, text=f"{self._model} answers again."))
            self._paused_since = self._trying_since = None
            self._n_pauses = 0
            self._last.clear()

    def note_failure(self, cause: Cause, said: str) -> None:
        """Note that an attempt failed.

        Args:
            cause: Why.
            said: The same in one line, the cause first.
        """
        if self.reason or cause in _HARMLESS:
            return
        if cause in PERMANENT:
            self._give_up(said)
            return
        self._in_row += 1
        self._last.append(False)
        if self._paused_since is None:
            if self._is_too_much():
                self._paused_since = self._clock()
                self._pause(said)
        elif self._trying_since is not None:
            self._trying_since = None
            if self._clock() - self._paused_since >= self._patience.give_up_s:
                self._give_up(f"{said}; no answer for {self._clock() - self._paused_since:,.0f} s")
            else:
                self._pause(said)

    def _is_too_much(self) -> bool:
        if self._in_row >= self._patience.failures:
            return True
        is_full = len(self._last) == self._patience.window
        return is_full and self._last.count(False) >= self._patience.share * self._patience.window

    def _pause(self, said: str) -> None:
        doubled = self._patience.first_pause_s * 2.0 ** min(self._n_pauses, 30)
        pause = min(doubled, self._patience.longest_pause_s) * spread(0.75, 1.25)
        self._n_pauses += 1
        self._until = self._clock() + pause
        text = f"{self._model} is paused for {pause:.1f} s after {self._in_row} failures in a row ({said})."
        self._say(Notice(model=self._model, text=text))

    def _give_up(self, said: str) -> None:
        self.reason = said
        text = f"{self._model} is given up, its other trials are not run ({said}); they can be resumed."
        self._say(Notice(model=self._model, text=text))


_breakers: dict[str, Breaker] = {}
_session = [""]
_watched: list[str] = []


@contextmanager
def watching(models: Mapping[str, Patience], session: str) -> Iterator[str]:
    """Watch models while a shard runs; give why one of them was given up before, or nothing.

    Args:
        models: Each model that is about to be called, by its Inspect name, and how long it is waited for.
        session: What tells one carrying out of a run from the next, which gives every model a new chance.
    """
    if _session[0] != session:
        _session[0] = session
        _breakers.clear()
    for name, patience in models.items():
        _breakers.setdefault(name, Breaker(name, patience))
    _watched.extend(models)
    try:
        yield next((_breakers[name].reason for name in models if _breakers[name].reason), "")
    finally:
        for name in models:
            _watched.remove(name)


def note_failure(model: str, cause: Cause, said: str) -> None:
    """Note that an attempt to call a model failed, if the model is watched."""
    breaker = _find_watched(model)
    if breaker is not None:
        breaker.note_failure(cause, said)


def _find_watched(model: str) -> Breaker | None:
    return _breakers.get(model) if model in _watched else None


_tries: ContextVar[bool] = ContextVar("tries", default=False)
"""Whether this task's call is the one that tries whether a paused model answers again."""


async def admit_again(model: str) -> None:
    """Have a call that was admitted wait once more if its model was paused meanwhile."""
    breaker = _find_watched(model)
    if breaker is not None and breaker.is_paused and not _tries.get():
        await breaker.admit()


@hooks(name="gyges_breaker", description="Pauses the calls of a model that fails again and again.")
class BreakerHooks(Hooks):
    """Lets calls through, and hears how they went."""

    def enabled(self) -> bool:
        """Whether Gyges runs trials in this process."""
        return bool(_watched)

    async def on_before_model_generate(self, data: BeforeModelGenerate) -> None:
        """Have an attempt wait while its model is paused."""
        breaker = _find_watched(data.model_name)
        if breaker is not None:
            await breaker.admit()
            _tries.set(breaker.is_paused)

    async def on_model_usage(self, data: ModelUsageData) -> None:
        """Note an answer."""
        breaker = _find_watched(data.model_name)
        if breaker is not None:
            breaker.note_success()

    async def on_model_retry(self, data: ModelRetry) -> None:
        """Note the failures that Inspect judges by itself."""
        if data.exception_type in _HEARD_OF_ELSEWHERE:
            cause: Cause = "empty" if data.exception_type == "NoStreamDataError" else "timeout"
            # A retry names its model without the provider.
            for model in {each for each in _watched if each.endswith(f"/{data.model_name}")}:
                note_failure(model, cause, f"{cause}: {data.exception_type}")
