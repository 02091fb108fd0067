"""`gyges label` as a process of its own, and what its page sends."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Serving(NamedTuple):
    """A process that serves the page, and the page's address."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def serving(run: Path | str, *options: str) -> Iterator[Serving]:
    """Serve the page until the block ends, however it ends."""
    command = [sys.executable, "-m", "gyges", "label", str(run), "--no-open", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        # Should it say no address, it must not be waited for without end.
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", line)
                if found:
                    watchdog.cancel()
                    yield Serving(process, found[0])
                    return
            raise AssertionError(said + (process.stderr.read() if process.stderr else ""))
        finally:
            watchdog.cancel()
            process.kill()


class Page:
    """What the page sends, without a browser."""

    def __init__(self, address: str, labeller: str) -> None:
        where = urlsplit(address)
        self._root = where.path
        self._host = where.netloc
        self._labeller = labeller
        self._line = http.client.HTTPConnection(where.netloc, timeout=20)
        self._line.request("GET", f"{self._root}sheet/1?as={labeller}")
        text = self._line.getresponse().read().decode()
        self._csrf = re.findall(r'data-csrf="([\w-]+)"', text)[0]
        self.n_sheets = int(re.findall(r'data-sheets="(\d+)"', text)[0])

    def send(self, what: str, **content: Any) -> dict[str, Any]:
        """Send an answer or an undo; give what is said to it."""
        headers = {
            "Content-Type": "application/json",
            "Origin": f"http://{self._host}",
            "X-Gyges-Csrf": self._csrf,
        }
        body = json.dumps({"as": self._labeller, **content})
        self._line.request("POST", f"{self._root}{what}", body=body, headers=headers)
        answer = self._line.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, said
        return said

    def close(self) -> None:
        """Hang up."""
        self._line.close()
