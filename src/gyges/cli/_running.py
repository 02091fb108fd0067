"""Carrying a run out with a display of how far it is."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer

from gyges.budget import Purse
from gyges.cli._output import say, say_error, say_results
from gyges.cli._stopping import INTERRUPTS
from gyges.errors import BudgetError

if TYPE_CHECKING:
    from gyges.prepare import Prepared
    from gyges.records.study import Study
    from gyges.run_folder import RunFolder
    from gyges.study import Run
    from gyges.trials import ShardEnd, TrialEnd

_LINE_EVERY_S = 10.0


class Display:
    """A progress bar on a terminal, a line now and then elsewhere."""

    def __init__(self, n_trials: int, study: Study) -> None:
        self._n_trials = n_trials
        self._purse = Purse(study, None)
        self.causes: Counter[str] = Counter()
        """Why whole shards failed."""
        self._done = 0
        self._failed = 0
        self._tokens = 0
        self._started = time.monotonic()
        self._last = self._started
        self._bar: Any = None
        self._is_over = False

    def __enter__(self) -> Display:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("{task.completed} of {task.total} trials"),
                BarColumn(),
                TextColumn("{task.fields[failed]} failed, {task.fields[cost]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("", total=self._n_trials, failed=0, cost=self._say_cost())
            self._bar.start()
        else:
            self._print()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Take the bar off the terminal, or say a last time how far it came."""
        is_first, self._is_over = not self._is_over, True
        if self._bar:
            self._bar.stop()
        elif self._done and is_first:
            self._print()

    def show(self, end: TrialEnd) -> None:
        """Count a trial that ended."""
        self._done += 1
        self._failed += not end.ok
        self._tokens += end.input_tokens + end.output_tokens
        self._purse.spend(end)
        if self._bar:
            self._bar.update(self._task, completed=self._done, failed=self._failed, cost=self._say_cost())
        elif time.monotonic() - self._last > _LINE_EVERY_S:
            self._print()

    def note(self, end: ShardEnd) -> None:
        """Note why a shard failed, if it did."""
        if end.error:
            self.causes[end.error.splitlines()[0][:200]] += 1

    def _say_cost(self) -> str:
        spent = self._purse.spent
        return f"{self._tokens:,} tokens, {'cost not known' if spent is None else f'${spent:.2f}'}"

    def _print(self) -> None:
        self._last = time.monotonic()
        rate = self._done / max(self._last - self._started, 1e-9)
        left = f", {(self._n_trials - self._done) / rate:.0f} s left" if self._done else ""
        say_error(f"{self._done} of {self._n_trials} trials, {self._failed} failed, {self._say_cost()}{left}")


@contextmanager
def registering(url: str) -> Iterator[None]:
    """Let what begins a run folder come to its end; from then on a stop says how to carry on."""
    with INTERRUPTS.hold():
        yield
        INTERRUPTS.word = f"stopped; carry on with: gyges resume {url.rstrip('/')}"


def prepare_rest(folder: RunFolder) -> Prepared:
    """Resolve what is missing of a run, as it was registered."""
    from gyges.prepare import Prepared
    from gyges.run_folder import read_batteries, read_lock, read_scenarios
    from gyges.running import find_rest

    lock = read_lock(folder)
    return Prepared(
        lock.study, read_scenarios(folder, lock), lock.claims, find_rest(folder), read_batteries(folder, lock)
    )


def finish_run(url: str, *, workers: int, budget: float | None, certificate: int | None = None) -> None:
    """Carry a run on to its end, print what came of it and exit with the code that says so."""
    from gyges.run_folder import open_run, read_lock
    from gyges.running import RunOptions, find_rest
    from gyges.study import carry_on

    INTERRUPTS.word = f"stopped; carry on with: gyges resume {url}"
    folder = open_run(url)
    with Display(find_rest(folder).table.height, read_lock(folder).study) as display:
        INTERRUPTS.before = display.leave
        options = RunOptions(
            workers=workers,
            budget=budget,
            on_trial=display.show,
            on_shard=display.note,
            certificate=certificate,
        )
        try:
            run = carry_on(folder, options)
        except BudgetError:
            say(f"report: {folder.at('report.html')}")
            raise
    INTERRUPTS.before = lambda: None
    say_results(run.results, run.folder.at("report.html"))
    _list_failures(run, display.causes)


def _list_failures(run: Run, causes_of_shards: Counter[str]) -> None:
    failed = run.codes.filter(status="failed")
    if failed.is_empty():
        return
    causes = Counter(failed["reason"].to_list())
    say_error(f"{failed.height} trials failed; carry on with: gyges resume {run.url}")
    for cause, n in causes.most_common(5):
        say_error(f"  {n} × {cause}")
    for cause, n in causes_of_shards.most_common(5):
        say_error(f"  {n} shards ended early: {cause}")
    raise typer.Exit(1)


def default_workers() -> int:
    """Use every core this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
