"""An S3 server on loopback, and a proxy before it that is as unreliable or slow as a test asks."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
"""What the server takes for credentials."""

_SERVE = "import sys; from moto.server import main; main(['-H', '127.0.0.1', '-p', sys.argv[1]])"
_BUSY = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@contextmanager
def serve_s3() -> Iterator[str]:
    """Serve the S3 protocol, with an empty bucket `bucket`, until the block ends; gives its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVE, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | KEYS,
    )
    try:
        deadline = time.monotonic() + 120
        while not _make_bucket(port):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _make_bucket(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("PUT", "/bucket")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@dataclass
class Fault:
    """What becomes of one request."""

    wait_s: float = 0.0
    is_busy: bool = False
    """Whether it is answered with 503 and not done."""
    is_cut: bool = False
    """Whether the connection is cut before it is done."""
    is_cut_after: bool = False
    """Whether it is done, and the connection cut in the middle of the answer."""


@dataclass
class Proxy:
    """A running proxy."""

    url: str
    requests: list[str] = field(default_factory=list)
    """Method and path of each request, in the order they came."""
    n_faults: int = 0


def every_tenth(number: int, _: str) -> Fault:
    """Fail every tenth request: busy, cut before it is done, and cut after, in turn."""
    turn = number // 10 % 3
    if number % 10 != 9:
        return Fault()
    return (Fault(is_busy=True), Fault(is_cut=True), Fault(is_cut_after=True))[turn]


@contextmanager
def unreliable(  # noqa: C901 - a handler's methods share what the server was begun with
    upstream: str, choose: Callable[[int, str], Fault]
) -> Iterator[Proxy]:
    """Pass requests on to a server, except as `choose` says by each one's number and its method and path."""
    lock = threading.Lock()
    address = urlsplit(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = _read_body(self)
            with lock:
                number = len(proxy.requests)
                proxy.requests.append(f"{self.command} {self.path}")
                fault = choose(number, proxy.requests[-1])
                proxy.n_faults += fault != Fault(wait_s=fault.wait_s)
            time.sleep(fault.wait_s)
            if fault.is_cut:
                self._hang_up()
            elif fault.is_busy:
                self._answer(503, {"Content-Type": "application/xml"}, _BUSY)
            else:
                self._fetch(body, fault)

        def _fetch(self, body: bytes, fault: Fault) -> None:
            connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
                connection.request(
                    self.command, self.path, body, headers | {"Content-Length": str(len(body))}
                )
                response = connection.getresponse()
                text = response.read()
                said = {name: value for name, value in response.getheaders() if name.lower() not in _OWN}
                length = int(response.headers.get("content-length") or len(text))
            finally:
                connection.close()
            if self.command == "HEAD":
                said["Content-Length"] = str(length)
            if fault.is_cut_after and not text:
                self._hang_up()
            else:
                self._answer(response.status, said, text, is_cut=fault.is_cut_after)

        def _answer(
            self, status: int, headers: Mapping[str, str], text: bytes, *, is_cut: bool = False
        ) -> None:
            with suppress(OSError):
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers and status not in {204, 304}:
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text[: len(text) // 2] if is_cut else text)
                self.wfile.flush()
            if is_cut:
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep quiet."""

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - the base class's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = Proxy(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_OWN = {"content-length", "transfer-encoding", "connection", "expect", "keep-alive", "date", "server"}
"""Headers that belong to one connection alone."""


def _read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("expect", "").lower() == "100-continue":
        handler.send_response_only(100)
        handler.end_headers()
    if "chunked" not in handler.headers.get("transfer-encoding", ""):
        return handler.rfile.read(int(handler.headers.get("content-length") or 0))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
