"""Carrying a run out with a display of how far it is."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer

from gyges.cli._output import say_error, say_results
from gyges.cli._progress import say_rest
from gyges.cli._stopping import INTERRUPTS
from gyges.errors import BudgetError

if TYPE_CHECKING:
    from gyges.cli._limits import Limits
    from gyges.prepare import Prepared
    from gyges.records.progress import Progress
    from gyges.run_folder import RunFolder
    from gyges.study import Run
    from gyges.trials import Executor, Notice, ShardEnd

_LINE_EVERY_S = 10.0


class Display:
    """A progress bar on a terminal, a line now and then elsewhere; its numbers are those of `status`."""

    def __init__(self) -> None:
        self.causes: Counter[str] = Counter()
        """Why whole shards failed."""
        self._progress: Progress | None = None
        self._last = -_LINE_EVERY_S
        self._bar: Any = None
        self._is_over = False

    def __enter__(self) -> Display:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[more]}"),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("preparing", total=None, more="")
            self._bar.start()
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
        elif self._progress and is_first:
            self._print(self._progress)

    def show(self, progress: Progress) -> None:
        """Show how far the run is."""
        if self._is_over:
            return
        self._progress = progress
        if self._bar:
            done = progress.done + progress.failed
            more = say_rest(progress)
            said = f"{done} of {progress.planned} trials"
            self._bar.update(self._task, completed=done, total=progress.planned, description=said, more=more)
        elif time.monotonic() - self._last > _LINE_EVERY_S:
            self._print(progress)

    def note(self, end: ShardEnd) -> None:
        """Note why a shard failed, if it did."""
        if end.error:
            self.causes[end.error.splitlines()[0][:200]] += 1

    def tell(self, notice: Notice) -> None:
        """Say that a model is paused, answers again, or is given up."""
        if self._bar:
            self._bar.console.print(f"gyges: {notice.text}", markup=False, highlight=False)
        else:
            say_error(notice.text)

    def _print(self, progress: Progress) -> None:
        self._last = time.monotonic()
        done = progress.done + progress.failed
        say_error(f"{done} of {progress.planned} trials, {say_rest(progress)}")


@contextmanager
def registering(url: str) -> Iterator[None]:
    """Let what begins a run folder come to its end; from then on a stop says how to carry on."""
    with INTERRUPTS.hold():
        yield
        INTERRUPTS.word = f"stopped; carry on with: gyges resume {url.rstrip('/')}"


def prepare_rest(folder: RunFolder) -> Prepared:
    """Resolve what is missing of a run that this process holds, as it was registered."""
    from gyges.prepare import Prepared
    from gyges.run_folder import read_batteries, read_lock, read_scenarios
    from gyges.running import find_rest, recover_logs

    lock = read_lock(folder)
    recover_logs(folder)
    return Prepared(
        lock.study, read_scenarios(folder, lock), lock.claims, find_rest(folder), read_batteries(folder, lock)
    )


def check_ray(address: str | None) -> None:
    """Make sure that Ray is there, and its address means something; none: nobody asks for it.

    Raises:
        RunError: It is not installed, or the address is none.
    """
    if address is not None:
        from gyges.trials import check_address

        check_address(address)


@contextmanager
def on_ray(address: str | None, workers: int, url: str) -> Iterator[Executor | None]:
    """Connect to a Ray cluster until the block ends; none, where nobody asks for one.

    Args:
        address: The cluster's address.
        workers: CPUs of a cluster that is begun on this machine.
        url: The run folder, which need not be there yet.

    Raises:
        RunError: There is no cluster, or a machine of it will not do.
    """
    if address is None:
        yield None
        return
    from gyges.run_folder import RunFolder
    from gyges.storage import name_folder
    from gyges.trials import LOCAL, RayCluster

    # What is begun here is begun whole, so that it can be ended.
    with INTERRUPTS.hold() if address == LOCAL else nullcontext():
        executor = RayCluster(address, workers, RunFolder(name_folder(url)).logs)
        INTERRUPTS.last = executor.cancel
        # Ray has put a handler of its own into the place of ours.
        INTERRUPTS.watch()
    try:
        yield executor
    finally:
        executor.cancel()
        INTERRUPTS.last = lambda: None


def finish_run(
    url: str,
    *,
    workers: int,
    limits: Limits,
    certificate: int | None = None,
    executor: Executor | None = None,
) -> None:
    """Carry a run on to its end, print what came of it and exit with the code that says so."""
    from gyges.holding import hold_run
    from gyges.run_folder import open_run, read_results
    from gyges.running import RunOptions
    from gyges.study import carry_on

    INTERRUPTS.word = f"stopped; carry on with: gyges resume {url}"
    folder = open_run(url)
    with hold_run(folder), Display() as display:
        INTERRUPTS.before = display.leave
        options = RunOptions(
            workers=workers,
            budget=limits.budget,
            prices=limits.prices,
            on_progress=display.show,
            on_shard=display.note,
            on_notice=display.tell,
            certificate=certificate,
            executor=executor,
        )
        try:
            run = carry_on(folder, options)
        except BudgetError:
            if folder.exists("results.json"):
                say_results(read_results(folder), folder.at("report.html"))
            raise
    INTERRUPTS.before = lambda: None
    say_results(run.results, run.folder.at("report.html"))
    _list_failures(run, display.causes)


def _list_failures(run: Run, causes_of_shards: Counter[str]) -> None:
    failed = run.codes.filter(status="failed")
    if failed.is_empty():
        return
    say_error(f"{failed.height} trials failed; carry on with: gyges resume {run.url}")
    by_cause = Counter(failed["cause"].to_list())
    for cause, n in by_cause.most_common():
        reasons = Counter(failed.filter(cause=cause)["reason"].to_list())
        said = "; ".join(f"{each} ({k})" if len(reasons) > 1 else each for each, k in reasons.most_common(2))
        say_error(f"  {n} × {cause}: {said.replace(f'{cause}: ', '')}")
    for cause, n in causes_of_shards.most_common(5):
        say_error(f"  {n} shards ended early: {cause}")
    raise typer.Exit(1)


def default_workers() -> int:
    """Use every core this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
