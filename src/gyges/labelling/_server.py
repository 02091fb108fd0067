"""The page served on this machine alone, until it is stopped."""

from __future__ import annotations

import secrets
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn

from gyges.errors import InputError
from gyges.labelling._app import make_app
from gyges.labelling._sitting import Sitting

_HOST = "127.0.0.1"


def serve(sitting: Sitting, *, port: int, labeller: str, say: Callable[[str], None]) -> None:
    """Serve a sitting until Ctrl-C or SIGTERM.

    Args:
        sitting: What is asked, and what has been said.
        port: Port on this machine; 0: any that is free.
        labeller: Who is labelling; empty: the page asks.
        say: Is told the page's address once it answers.

    Raises:
        InputError: The port is taken.
    """
    listener = _listen(port)
    port = listener.getsockname()[1]
    token, csrf = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    hosts = (f"{_HOST}:{port}", f"localhost:{port}")
    app = make_app(sitting, token=token, csrf=csrf, hosts=hosts, labeller=labeller)
    # The log would hold the secret address, so there is none.
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=2
    )
    with listener:
        _Server(config, lambda: say(f"http://{_HOST}:{port}/{token}/")).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError as problem:
        listener.close()
        raise InputError(
            f"--port {port}: cannot be used ({problem.strerror or problem}); name another, or none."
        ) from None
    return listener


class _Server(uvicorn.Server):
    """A server for which being stopped is how it ends, and that says when it answers."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._on_start()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """End the serving on a signal, and nothing else: what is left to do is done after it."""
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
