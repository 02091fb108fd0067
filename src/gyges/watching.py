"""Watching a run: what happens goes to its events, how far it is to `progress.json`, for whoever asks."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gyges.budget import Purse
from gyges.counting import Counts, describe_word
from gyges.errors import BudgetError, GygesError
from gyges.events import EventLog
from gyges.reaching import is_local
from gyges.records.budget import say_amount, say_unit
from gyges.records.progress import Phase, Progress, State
from gyges.records.secrets import redact
from gyges.run_folder import RunFolder

if TYPE_CHECKING:
    from gyges.coding import Judgment
    from gyges.trials import Word

PROGRESS = "progress.json"

_EVERY_S = 2.0
"""How often `progress.json` is written at most, and looked at whether it must be."""

_REMOTE_EVERY_S = 5.0
"""The same where every writing is a call to somebody's storage."""

_SIGN_S = 10.0
"""How often it is written even if nothing happened: a sign that the run is alive."""

_SHOW_S = 0.1


class Watch:
    """Hears what happens in a run, and keeps whoever asks informed."""

    def __init__(
        self, folder: RunFolder | None, on_progress: Callable[[Progress], None] = lambda _: None
    ) -> None:
        """Make a watch.

        Args:
            folder: The run; none: nothing is written.
            on_progress: Told how far the run is, at most ten times a second.
        """
        self._folder = folder
        self._on_progress = on_progress
        self._session = uuid4().hex[:12]
        self._counts = Counts()
        self._events = EventLog(folder, self._session) if folder else None
        self._guard = threading.RLock()
        self._state: State = "running"
        self._why = ""
        self._phase: Phase = "trials"
        self._started = _now()
        self._is_new = True
        self._written = self._shown = -1e9
        self._keeps_before = folder is not None and read_progress(folder) is not None
        """Whether what an earlier session spent is told by `progress.json` and was not read yet."""
        self._retries: Counter[tuple[str, str]] = Counter()
        self._waited: Counter[tuple[str, str]] = Counter()
        self._is_over = threading.Event()
        self._every = _EVERY_S if folder is None or is_local(folder.url) else _REMOTE_EVERY_S
        self._ticking = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Watch:
        self._ticking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._ticking.join(timeout=30)
        self._write_retries()
        self._state = "finished" if problem is None else "stopped"
        self._why = _say_why(problem)
        if isinstance(problem, BudgetError):
            self._say_budget()
        end = "run-finished" if problem is None else "run-stopped"
        numbers = self._counts.describe()
        self._note({"event": end, "why": self._why} | {name: numbers[name] for name in _AT_THE_END})
        self._save(now=True)
        self._on_progress(self.describe())

    def plan(self, planned: Mapping[str, int], waiting: Mapping[str, str]) -> None:
        """Hear how many trials each model has, and which are still to be run, with their models."""
        with self._guard:
            self._counts.plan(planned, waiting)
        n = sum(planned.values())
        kind = "run-started" if len(waiting) == n else "run-resumed"
        host = {"host": socket.gethostname(), "pid": os.getpid()}
        self._note({"event": kind, "planned": n, "done": n - len(waiting), **host})

    def open(self, purse: Purse) -> None:
        """Hear of the purse that the run is paid from; what is spent is read from it."""
        with self._guard:
            self._counts.purse = purse
            self._keeps_before = False
        if purse.budget is not None:
            self._say_budget()
        self._show(now=True)

    def enter(self, phase: Phase) -> None:
        """Hear that the run comes to another of its steps."""
        with self._guard:
            self._phase = phase
        self._note({"event": "phase", "phase": phase})

    def hear(self, word: Word) -> None:
        """Hear word of a trial, a shard, or something on the way."""
        from gyges.trials import Note, TrialEnd

        with self._guard:
            if isinstance(word, TrialEnd):
                self._counts.end(word)
            elif isinstance(word, Note) and word.kind != "begin":
                self._counts.retries[word.cause if word.kind == "retry" else "attempt"] += 1
                if word.kind == "retry":
                    self._retries[word.model, word.cause] += 1
                    self._waited[word.model, word.cause] += round(1000 * word.wait_s)
        event = describe_word(word)
        if event:
            self._note(event)
        self._show()

    def judge(self, judgment: Judgment) -> None:
        """Hear that a judge is done with a case."""
        with self._guard:
            self._counts.judge(judgment)
        tokens = {judgment.judge: list(judgment.tokens)}
        event = {"event": "case-judged", "trial": judgment.trial, "judge": judgment.judge}
        self._note({**event, "ok": not judgment.failed, "reason": judgment.failed, "tokens": tokens})
        self._show()

    def describe(self) -> Progress:
        """Say how far the run is."""
        with self._guard:
            return Progress(
                session=self._session,
                state=self._state,
                why=self._why,
                phase=self._phase,
                host=socket.gethostname(),
                pid=os.getpid(),
                started=self._started,
                updated=_now(),
                **self._counts.describe(),
            )

    def _say_budget(self) -> None:
        purse = self._counts.purse
        if purse is None or purse.budget is None:
            return
        left = purse.left or 0.0
        spent = say_amount(purse.budget, purse.budget.amount - left)
        event = "budget-reached" if self._state == "stopped" else "budget"
        limit = say_amount(purse.budget, purse.budget.amount)
        self._note({"event": event, "spent": spent, "budget": limit, "unit": say_unit(purse.budget)})

    def _note(self, event: dict[str, Any]) -> None:
        with self._guard:
            self._is_new = True
        if self._events:
            self._events.write(event)

    def _show(self, *, now: bool = False) -> None:
        if now or time.monotonic() - self._shown >= _SHOW_S:
            self._shown = time.monotonic()
            self._on_progress(self.describe())

    def _tick(self) -> None:
        while not self._is_over.wait(self._every):
            # A storage that cannot be reached for now will be tried again at the next turn.
            try:
                self._save()
            except GygesError:
                continue

    def _save(self, *, now: bool = False) -> None:
        self._write_retries()
        if self._folder is None or self._events is None:
            return
        is_due = now or self._is_new or time.monotonic() - self._written >= _SIGN_S
        if is_due and not self._keeps_before:
            with self._guard:
                self._is_new = False
            content = redact(self.describe().model_dump_json(indent=2))
            self._folder.write(PROGRESS, f"{content}\n".encode())
            self._written = time.monotonic()
        self._events.flush(now=now)

    def _write_retries(self) -> None:
        """Write down what was tried again since the last time, summed: there may be thousands."""
        with self._guard:
            counts, waited = self._retries, self._waited
            self._retries, self._waited = Counter(), Counter()
        for (model, cause), n in sorted(counts.items()):
            event = {"event": "retries", "model": model, "cause": cause, "n": n}
            self._note({**event, "waited_s": waited[model, cause] / 1000})


_AT_THE_END = ("planned", "done", "failed", "causes", "tokens", "usd")


def read_progress(folder: RunFolder) -> Progress | None:
    """Read how far a run said it was; none: it said nothing, or nothing that can be read."""
    if not folder.exists(PROGRESS):
        return None
    try:
        return Progress.model_validate_json(folder.read(PROGRESS))
    except ValueError:
        return None


def _say_why(problem: BaseException | None) -> str:
    if problem is None:
        return ""
    if isinstance(problem, BudgetError):
        return "budget reached"
    if isinstance(problem, KeyboardInterrupt | SystemExit):
        return "somebody stopped it"
    text = str(problem) or type(problem).__name__
    return f"{type(problem).__name__}: {redact(text.splitlines()[0])[:300]}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
