"""Executors: where shards run. A process pool on this machine here; other machines by the same interface."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from gyges.trials._progress import TrialEnd
from gyges.trials._shards import Shard, ShardEnd

Work = Callable[[Shard, Callable[[TrialEnd], None]], ShardEnd]
"""Runs one shard, reporting each trial that ends; a function of some module, so that it can be sent."""

Word = TrialEnd | ShardEnd
_POLL_S = 0.2


class Executor(Protocol):
    """Something that runs shards somewhere."""

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards, giving word of each trial and each shard that ends, in the order they do."""

    def cancel(self) -> None:
        """Start no more shards and end those that run; their finished trials stay in their logs."""


class ThisProcess:
    """Runs shards here, one after the other: for tests, notebooks and debuggers.

    Word of trials comes shard by shard, so a budget stops it between shards only.
    """

    def __init__(self) -> None:
        self._stopped = False

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards; word of their trials comes when each shard ends."""
        for shard in shards:
            if self._stopped:
                return
            words: list[TrialEnd] = []
            end = work(shard, words.append)
            yield from words
            yield end

    def cancel(self) -> None:
        """Start no more shards."""
        self._stopped = True


class LocalProcesses:
    """A pool of processes on this machine, each with one Inspect eval at a time."""

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers
        self._pool: ProcessPoolExecutor | None = None

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards over the pool; a process that dies ends its shard alone, with the reason."""
        context = multiprocessing.get_context("spawn")
        with context.Manager() as manager:
            words: queue.Queue[TrialEnd] = manager.Queue()
            yield from self._run(list(shards), work, words)

    def _run(self, shards: list[Shard], work: Work, words: queue.Queue[TrialEnd]) -> Iterator[Word]:
        waiting = list(reversed(shards))
        running: dict[Future[ShardEnd], Shard] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self._n_workers:
                    shard = waiting.pop()
                    running[self._submit(work, shard, words)] = shard
                # Waiting for words rather than shards lets a budget stop a run within milliseconds.
                yield from _hear(words)
                for future in [each for each in running if each.done()]:
                    yield from _drain(words)
                    yield self._end_of(future, running.pop(future))
        finally:
            self.cancel()

    def _submit(self, work: Work, shard: Shard, words: queue.Queue[TrialEnd]) -> Future[ShardEnd]:
        try:
            return self._open_pool().submit(_work_quietly, work, shard, words)
        except BrokenProcessPool:
            # It broke while nobody looked; this shard has not begun, so it goes to a new one.
            self._pool = None
            return self._open_pool().submit(_work_quietly, work, shard, words)

    def _end_of(self, future: Future[ShardEnd], shard: Shard) -> ShardEnd:
        try:
            return future.result()
        except BrokenProcessPool:
            # All shards of a broken pool end so; the next one to start opens a new pool.
            self._pool = None
            return ShardEnd(shard=shard.id, log="", error="its process died")
        # What cannot be sent to a process or back ends its shard; the others go on.
        except Exception as problem:  # noqa: BLE001
            return ShardEnd(shard=shard.id, log="", error=str(problem) or type(problem).__name__)

    def _open_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._n_workers, mp_context=context, initializer=_heed_no_interrupt
            )
        return self._pool

    def cancel(self) -> None:
        """Stop the pool; running evals are interrupted, and Inspect closes their logs."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            if process.is_alive():
                _interrupt(process)
        for process in processes:
            process.join(timeout=10)
            if process.is_alive():
                process.kill()


def _interrupt(process: Any) -> None:
    if process.pid:
        os.kill(process.pid, signal.SIGINT)


def _heed_no_interrupt() -> None:
    # An idle process that heeded Ctrl-C would end with a traceback on the user's screen.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work_quietly(work: Work, shard: Shard, words: queue.Queue[TrialEnd]) -> ShardEnd:
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return work(shard, words.put)
    except KeyboardInterrupt:
        return ShardEnd(shard=shard.id, log="", error="interrupted")
    # Whatever ends a shard must not end the run: its trials count as not run, and can be resumed.
    except Exception as problem:  # noqa: BLE001
        return ShardEnd(shard=shard.id, log="", error=str(problem) or type(problem).__name__)
    finally:
        _heed_no_interrupt()


def _hear(words: queue.Queue[TrialEnd]) -> Iterator[TrialEnd]:
    try:
        yield words.get(timeout=_POLL_S)
    except (queue.Empty, EOFError, OSError):
        return
    yield from _drain(words)


def _drain(words: queue.Queue[TrialEnd]) -> Iterator[TrialEnd]:
    while True:
        try:
            yield words.get_nowait()
        except (queue.Empty, EOFError, OSError):
            return
