"""Ctrl-C: one sentence, exit code 1, and nothing else on the terminal, whenever it comes.

An exception raised wherever the interpreter happens to be ends in strange places: in a finalizer it is
swallowed, in an import it turns into another package's error, in a coroutine it becomes a warning. So the
handler itself says what there is to say, turns standard error off and ends the processes this one began,
before it raises `SystemExit` for what has to be put away.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

EXIT_STOPPED = 1

_GRACE_S = 10.0
"""How long worker processes may take to close their logs, and how long this one may take after that."""


class Interrupts:
    """What to do when somebody stops the program."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.word = "stopped."
        """What is said then."""
        self.before: Callable[[], None] = lambda: None
        """Done first, to leave the terminal as it was."""
        self.last: Callable[[], None] = lambda: None
        """Done last, to end what other processes than this one's own do."""
        self._is_held = False
        self._came = False

    def watch(self) -> None:
        """Heed Ctrl-C and SIGTERM from now on, even where a shell had them ignored."""
        signal.signal(signal.SIGINT, self._hear)
        signal.signal(signal.SIGTERM, self._hear)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Put off a stop until what is begun is whole."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            if self._came:
                self._stop()

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        if self.is_stopping:
            _end_children(signal.SIGKILL)
        elif self._is_held:
            self._came = True
        else:
            self._stop()

    def _stop(self) -> None:
        self.is_stopping = True
        self.before()
        sys.stderr.write(f"gyges: {self.word}\n")
        sys.stderr.flush()
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 2)
        # Whatever happens there, the end comes.
        with contextlib.suppress(Exception):
            self.last()
        _end_children(signal.SIGTERM)
        # Should anything swallow the exception below, this ends the process all the same, with exit code 1.
        faulthandler.dump_traceback_later(_GRACE_S, exit=True, file=silent)
        # Not `KeyboardInterrupt`: passing through `eval`, that one makes Python end as if killed.
        raise SystemExit(EXIT_STOPPED)


def _end_children(how: signal.Signals) -> None:
    """End the processes this one began, and wait until they are gone."""
    processes = sys.modules.get("multiprocessing")
    if processes is None:
        return
    from multiprocessing.connection import wait

    children = processes.active_children()
    for child in children:
        _send(child.pid, how)
    left = [child.sentinel for child in children]
    if how == signal.SIGTERM:
        deadline = _GRACE_S
        while left and deadline > 0:
            gone = wait(left, timeout=0.5)
            left = [each for each in left if each not in gone]
            deadline -= 0 if gone else 0.5
        for child in children:
            if child.sentinel in left:
                _send(child.pid, signal.SIGKILL)


def _send(pid: int | None, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, how)


INTERRUPTS = Interrupts()
