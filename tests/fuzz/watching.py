"""What a reader may do with a spoiled file: succeed or say one sentence, in time and in little memory."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from gyges.errors import GygesError

MOST_S, MOST_MB = 2.0, 500.0
_HANGS_S = 60.0
_LONGEST = 2_000


class BrokenError(AssertionError):
    """The reader did what it must not."""


class Outcome(NamedTuple):
    """What came of a file."""

    accepted: bool
    said: str
    """The sentence; empty: it was accepted."""
    seconds: float
    """Of this process's own work: other work of the machine does not count."""
    mb: float
    """How far its memory rose."""


def watch(read: Callable[[], object], *, most_s: float = MOST_S) -> Outcome:
    """Read a file under watch, for some seconds at most.

    Raises:
        BrokenError: It raised anything but a sentence, or took too long or too much.
    """
    before = _reset_peak()
    began = time.process_time()
    said = ""
    try:
        with _deadline():
            read()
    except GygesError as problem:
        said = str(problem)
        _check_sentence(said)
    except Exception as problem:
        raise BrokenError(f"{type(problem).__name__}: {str(problem)[:300]}") from problem
    seconds, mb = time.process_time() - began, _find_peak() - before
    if seconds > most_s:
        raise BrokenError(f"took {seconds:.1f} s")
    if mb > MOST_MB:
        raise BrokenError(f"took {mb:.0f} MB")
    return Outcome(not said, said, seconds, mb)


def _check_sentence(said: str) -> None:
    if len(said.splitlines()) != 1 or len(said) > _LONGEST:
        raise BrokenError(f"said not one sentence but: {said[:300]!r} ({len(said)} characters)")
    if not said.endswith((".", "?", ".)")) or "Traceback" in said:
        raise BrokenError(f"said no sentence: {said[:300]!r}")
    if any(ord(each) < 32 or ord(each) == 127 for each in said):
        raise BrokenError(f"said what a terminal obeys: {said[:300]!r}")


@contextmanager
def _deadline() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"went on for {_HANGS_S:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _HANGS_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _reset_peak() -> float:
    """Have the kernel count the peak anew; give what is held now, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _read_status("VmRSS")


def _find_peak() -> float:
    return _read_status("VmHWM")


def _read_status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1000
    raise OSError(f"the kernel does not say {field}")
