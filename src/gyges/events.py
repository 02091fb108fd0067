"""The structured log of a run: one JSON object a line, in the order in which things happened.

On this machine lines are appended to `events.jsonl`. Nothing can be appended to in object storage, so there a
session has files of its own, `events/SESSION-0001.jsonl` and so on, each begun anew when the last is large.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gyges.reaching import is_local
from gyges.records.secrets import redact_all
from gyges.run_folder import RunFolder
from gyges.storage import append_line

_EVERY_S = 5.0
"""How often a file in object storage is written again at most."""

_LARGE = 1_000_000
"""Bytes after which a file in object storage is left as it is, and another begun."""


class EventLog:
    """Where a session of a run writes down what happens; several threads may."""

    def __init__(self, folder: RunFolder, session: str) -> None:
        self._folder = folder
        self._session = session
        self._guard = threading.Lock()
        self._is_local = is_local(folder.url)
        self._lines: list[bytes] = []
        self._size = 0
        self._part = 1
        self._is_new = False
        self._written = 0.0

    def write(self, event: dict[str, Any]) -> None:
        """Write an event down, without any secret that is known or looks like one."""
        content = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "session": self._session}
        clean = redact_all({name: value for name, value in event.items() if value not in ("", None)})
        line = json.dumps(content | clean, ensure_ascii=False, default=str).encode() + b"\n"
        with self._guard:
            if self._is_local:
                append_line(Path(self._folder.at("events.jsonl")), line)
            else:
                self._lines.append(line)
                self._size += len(line)
                self._is_new = True

    def flush(self, *, now: bool = False) -> None:
        """Put what is new into object storage; every few seconds at most, unless it must be now."""
        with self._guard:
            if not self._is_new or (not now and time.monotonic() - self._written < _EVERY_S):
                return
            name = f"events/{self._session}-{self._part:04}.jsonl"
            self._folder.write(name, b"".join(self._lines))
            self._written = time.monotonic()
            self._is_new = False
            if self._size > _LARGE:
                self._part += 1
                self._lines, self._size = [], 0
