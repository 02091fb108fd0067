"""Executors: where shards run. A process pool on this machine here; other machines by the same interface.

Ctrl-C reaches every process of a terminal. Here it is for the one that somebody started alone: the others
are begun deaf to it, and are told by SIGTERM to end, in silence.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.managers import SyncManager
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Protocol

from gyges.trials._progress import Heard, Report
from gyges.trials._shards import Shard, ShardEnd
from gyges.trials._throttle import Buckets, Keeper, find_rates, throttling

Work = Callable[[Shard, Report], ShardEnd]
"""Runs one shard, reporting each trial that ends; a function of some module, so that it can be sent."""

Word = Heard | ShardEnd
_POLL_S = 0.2


class Executor(Protocol):
    """Something that runs shards somewhere."""

    @property
    def n_workers(self) -> int:
        """Give how many shards run at once."""

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards, giving word of each trial and each shard that ends, in the order they do.

        It may be called again when it came to its end: a budget lets a run begin in portions.
        """

    def cancel(self) -> None:
        """Start no more shards and end those that run; their finished trials stay in their logs."""


class ThisProcess:
    """Runs shards here, one after the other: for tests, notebooks and debuggers.

    Word of trials comes shard by shard, so a budget stops it between shards only.
    """

    n_workers = 1

    def __init__(self) -> None:
        self._stopped = False
        self._buckets = Buckets()

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards; word of their trials comes when each shard ends."""
        for shard in shards:
            if self._stopped:
                return
            words: list[Heard] = []
            with throttling(self._buckets, find_rates((shard.model, shard.stakeholder))):
                end = work(shard, words.append)
            yield from words
            yield end

    def cancel(self) -> None:
        """Start no more shards."""
        self._stopped = True


class _Manager(SyncManager):
    """What the processes of a pool share."""


_Manager.register("Buckets", Buckets, exposed=("ask", "count"))


class LocalProcesses:
    """A pool of processes on this machine, each with one Inspect eval at a time."""

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._pool: ProcessPoolExecutor | None = None
        self._manager: _Manager | None = None
        self._keeper: Keeper | None = None

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards over the pool; a process that dies ends its shard alone, with the reason.

        The processes stay for the next call, until `cancel`.
        """
        if self._manager is None:
            self._manager = _Manager(ctx=multiprocessing.get_context("spawn"))
            with beginning_deaf():
                self._manager.start(leave_with_parent)
            self._keeper = self._manager.Buckets()  # type: ignore[attr-defined]  # registered above
        try:
            yield from self._run(iter(shards), work, self._manager.Queue())
        except BaseException:
            self.cancel()
            raise

    def _run(self, shards: Iterator[Shard], work: Work, words: queue.Queue[Heard]) -> Iterator[Word]:
        # Shards are cut when their turn comes: all at once, those of a large plan fill memory.
        waiting = next(shards, None)
        running: dict[Future[ShardEnd], Shard] = {}
        while waiting or running:
            while waiting and len(running) < self.n_workers:
                running[self._submit(work, waiting, words)] = waiting
                waiting = next(shards, None)
            # Waiting for words rather than shards lets a budget stop a run within milliseconds.
            yield from _hear(words)
            for future in [each for each in running if each.done()]:
                yield from _drain(words)
                yield self._end_of(future, running.pop(future))

    def _submit(self, work: Work, shard: Shard, words: queue.Queue[Heard]) -> Future[ShardEnd]:
        with beginning_deaf():
            try:
                return self._open_pool().submit(_work_quietly, work, shard, words, self._keeper)
            except BrokenProcessPool:
                # It broke while nobody looked; this shard has not begun, so it goes to a new one.
                self._pool = None
                return self._open_pool().submit(_work_quietly, work, shard, words, self._keeper)

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
                self.n_workers, mp_context=context, initializer=leave_with_parent
            )
        return self._pool

    def cancel(self) -> None:
        """Stop the pool; running evals are interrupted, and Inspect closes their logs."""
        manager, self._manager = self._manager, None
        try:
            self._end_pool()
        finally:
            if manager is not None:
                manager.shutdown()

    def _end_pool(self) -> None:
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            if process.is_alive():
                process.terminate()
        for process in processes:
            process.join(timeout=10)
            if process.is_alive():
                process.kill()


def leave_with_parent() -> None:
    """End this process when the one that began it is gone, however it went; else it would wait forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def beginning_deaf() -> Iterator[None]:
    """Begin processes that Ctrl-C does not reach: what a thread blocks, the processes it begins block too.

    A stop that comes meanwhile waits until they are begun: one half begun would complain of its parent.
    """
    with _putting_off(signal.SIGINT), _putting_off(signal.SIGTERM):
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        # Were it begun on the way, it would unblock what is blocked here.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _putting_off(number: signal.Signals) -> Iterator[None]:
    """Have a signal heard at the end; only the main thread hears any."""
    before = signal.getsignal(number)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(number, lambda *_: came.append(number))
    try:
        yield
    finally:
        signal.signal(number, before)
        if came:
            signal.raise_signal(number)


def _work_quietly(work: Work, shard: Shard, words: queue.Queue[Heard], keeper: Keeper | None) -> ShardEnd:
    # Inspect closes its log at Ctrl-C only where Python's own handler is in place.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end_in_silence)
    try:
        with throttling(keeper, find_rates((shard.model, shard.stakeholder))):
            return work(shard, words.put)
    except KeyboardInterrupt:
        # Nobody waits for what an interrupted shard would say; its log is closed.
        os._exit(1)
    # Whatever ends a shard must not end the run: its trials count as not run, and can be resumed.
    except Exception as problem:  # noqa: BLE001
        return ShardEnd(shard=shard.id, log="", error=str(problem) or type(problem).__name__)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_in_silence(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does, once, and say nothing from here on."""
    signal.signal(number, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    # In a running event loop this is the loop's own handler, which lets Inspect finish its log.
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)


def _hear(words: queue.Queue[Heard]) -> Iterator[Heard]:
    try:
        yield words.get(timeout=_POLL_S)
    except (queue.Empty, EOFError, OSError):
        return
    yield from _drain(words)


def _drain(words: queue.Queue[Heard]) -> Iterator[Heard]:
    while True:
        try:
            yield words.get_nowait()
        except (queue.Empty, EOFError, OSError):
            return
