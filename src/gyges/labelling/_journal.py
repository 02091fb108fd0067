"""Labels as they are given, in a file that only grows: a label counts once it is on the disk.

A kill leaves at most half a line at the end, of a label that was never acknowledged; it is passed over, and
cut off before the next line is written. Several processes may write at once.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from gyges.errors import RunError
from gyges.records.codebook import Label

# A run folder may come from somebody else: a link in it must not have another file written to.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class Journal:
    """The file of a run's labels."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = 0
        self._n_lines = 0
        self._lock = threading.Lock()

    def append(self, labels: Iterable[Label]) -> None:
        """Write labels, one a line; all of them are on the disk when this returns.

        Raises:
            RunError: They cannot be written; then none of them counts.
        """
        lines = "".join(f"{label.model_dump_json()}\n" for label in labels).encode()
        try:
            with self._lock, self._open_alone() as file:
                self._write(file, lines)
        except OSError as problem:
            raise RunError(f"{self.path}: cannot be written ({problem.strerror or problem}).") from None

    @contextmanager
    def _open_alone(self) -> Iterator[int]:
        is_new = not self.path.exists()
        file = os.open(self.path, _FLAGS, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_new:
                _sync_folder(self.path.parent)
            yield file
        finally:
            # Closing gives the lock back.
            os.close(file)

    def _write(self, file: int, lines: bytes) -> None:
        end = _find_end(file)
        if end != os.fstat(file).st_size:
            os.ftruncate(file, end)
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, end)
            raise

    def read_new(self) -> list[Label]:
        """Read the labels written since this was last called, by whomever.

        Raises:
            RunError: A line of the file is no label.
        """
        with self._lock:
            try:
                with self.path.open("rb") as file:
                    file.seek(self._read_to)
                    content = file.read()
            except FileNotFoundError:
                return []
            except OSError as problem:
                raise RunError(f"{self.path}: cannot be read ({problem.strerror or problem}).") from None
            whole = content[: content.rfind(b"\n") + 1]
            labels = [
                self._parse(line, self._n_lines + i)
                for i, line in enumerate(whole.split(b"\n")[:-1], start=1)
            ]
            self._read_to += len(whole)
            self._n_lines += len(labels)
            return labels

    def _parse(self, line: bytes, number: int) -> Label:
        try:
            return Label.model_validate_json(line)
        except ValidationError:
            raise RunError(f"{self.path}:{number}: is no label; take the line out, or mend it.") from None


def read_labels(path: Path) -> list[Label]:
    """Read all labels of a file in the order they were given; without the file there are none.

    Raises:
        RunError: The file cannot be read, or a line is no label.
    """
    return Journal(path).read_new()


def _find_end(file: int) -> int:
    """Find where the last whole line ends."""
    size = os.fstat(file).st_size
    step = 4096
    at = size
    while at > 0:
        start = max(0, at - step)
        found = os.pread(file, at - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        at = start
    return 0


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
