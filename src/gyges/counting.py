"""The numbers of a run while it runs: trials, failures by cause, tokens, cost, rate and time left."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gyges.budget import Purse
from gyges.records.progress import JudgingProgress, ModelProgress
from gyges.records.tokens import count_all

if TYPE_CHECKING:
    from gyges.coding import Judgment
    from gyges.trials import TrialEnd, Word

_WINDOW_S = 60
_LEAST_S = 5.0
"""Those that began together end together, so the first seconds say little."""


class Pace:
    """How many ended over the last minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began: float | None = None
        self._seconds: deque[list[int]] = deque()

    def note(self) -> None:
        """Note that one ended now."""
        now = int(self._clock())
        if self._began is None:
            self._began = self._clock()
        if self._seconds and self._seconds[-1][0] == now:
            self._seconds[-1][1] += 1
        else:
            self._seconds.append([now, 1])

    @property
    def rate(self) -> float:
        """How many a minute; the start, before the first one ended, does not count."""
        now = self._clock()
        while self._seconds and self._seconds[0][0] <= now - _WINDOW_S:
            self._seconds.popleft()
        passed = min(_WINDOW_S, max(now - (self._began or now), _LEAST_S))
        return sum(n for _, n in self._seconds) * 60.0 / passed


class _Model:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.planned = self.done = self.failed = self.tokens = 0
        self.pace = Pace(clock)

    @property
    def waiting(self) -> int:
        return max(0, self.planned - self.done - self.failed)


class Counts:
    """The numbers of one session of a run, as words of its trials and judgments come in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.purse: Purse | None = None
        self.causes: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self._clock = clock
        self._models: dict[str, _Model] = {}
        self._kinds: dict[str, str] = {}
        self._ended: set[str] = set()
        self._pace = Pace(clock)
        self._judged = self._unjudged = 0

    def plan(self, planned: Mapping[str, int], waiting: Mapping[str, str]) -> None:
        """Say how many trials each model has, and which are still to be run, with their models."""
        self._models = {}
        for model, n in planned.items():
            found = self._models[model] = _Model(self._clock)
            found.planned = n
            found.done = n - sum(each == model for each in waiting.values())
        self._kinds = dict(waiting)
        self._pace = Pace(self._clock)

    def end(self, end: TrialEnd) -> None:
        """Count a trial that ended, once, whatever is said of it."""
        model = self._models.get(self._kinds.get(end.trial, ""))
        if model is None or end.trial in self._ended:
            return
        self._ended.add(end.trial)
        model.done += end.ok
        model.failed += not end.ok
        model.tokens += count_all(end.models)
        model.pace.note()
        self._pace.note()
        if not end.ok:
            self.causes[end.kind or "other"] += 1

    def judge(self, judgment: Judgment) -> None:
        """Count a case that a judge is done with."""
        self._judged += 1
        self._unjudged += bool(judgment.failed)

    def describe(self) -> dict[str, Any]:
        """Give the numbers, as the fields of a `Progress`."""
        models = [_lay_out(name, each) for name, each in self._models.items()]
        waiting = sum(each.waiting for each in self._models.values())
        rate = self._pace.rate
        purse = self.purse
        return {
            "planned": sum(each.planned for each in models),
            "done": sum(each.done for each in models),
            "failed": sum(each.failed for each in models),
            "causes": dict(self.causes),
            "retries": dict(self.retries),
            "rate": round(rate, 2),
            "seconds_left": _find_left(waiting, rate),
            "tokens": purse.tokens if purse else 0,
            "usd": None if purse is None or purse.spent is None else round(purse.spent, 6),
            "budget": purse.budget if purse else None,
            "budget_left": purse.left if purse else None,
            "judging": JudgingProgress(done=self._judged, failed=self._unjudged),
            "models": tuple(models),
        }


def _lay_out(name: str, model: _Model) -> ModelProgress:
    rate = model.pace.rate
    return ModelProgress(
        model=name,
        planned=model.planned,
        done=model.done,
        failed=model.failed,
        tokens=model.tokens,
        rate=round(rate, 2),
        seconds_left=_find_left(model.waiting, rate),
    )


def _find_left(waiting: int, rate: float) -> float | None:
    if not waiting:
        return 0.0
    return round(60.0 * waiting / rate, 1) if rate else None


def describe_word(word: Word) -> dict[str, Any] | None:
    """Lay out what a word says as an event; none: it is no event of its own."""
    from gyges.trials import Note, Notice, ShardEnd

    if isinstance(word, ShardEnd):
        log = word.log.rsplit("/", 1)[-1]
        return {"event": "shard-ended", "shard": word.shard, "log": log, "error": word.error[:300]}
    if isinstance(word, Notice):
        return {"event": "model-notice", "model": word.model, "text": word.text}
    if isinstance(word, Note):
        return _describe_note(word)
    return {
        "event": "trial-ended",
        "trial": word.trial,
        "ok": word.ok,
        "cause": word.kind or ("" if word.ok else "other"),
        "reason": word.cause,
        "input_tokens": word.input_tokens,
        "output_tokens": word.output_tokens,
        "tokens": {model: list(tokens) for model, tokens in word.models.items()},
    }


def _describe_note(note: Any) -> dict[str, Any] | None:
    if note.kind == "begin":
        return {"event": "shard-started", "shard": note.trial, "model": note.model}
    if note.kind == "attempt":
        tokens = {model: list(each) for model, each in note.models.items()}
        return {"event": "attempt-failed", "trial": note.trial, "reason": note.cause, "tokens": tokens}
    return None
