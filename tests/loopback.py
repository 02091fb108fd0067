"""An OpenAI-compatible server on loopback, as well or badly behaved as a test asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the server answers to one request."""

    body: dict[str, Any] | bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """Whether the connection is cut halfway through the body."""


Behavior = Callable[[dict[str, Any], int], Reply]
"""Takes the request and its number, from 0; gives the reply."""


@dataclass
class Loopback:
    """A running server."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def serve(behavior: Behavior) -> Iterator[Loopback]:
    """Serve chat completions on a free port of 127.0.0.1 until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = json.loads(self.rfile.read(length))
            with lock:
                number = len(loopback.requests)
                loopback.requests.append(request)
            _answer(self, _count(behavior(request, number), request))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    loopback = Loopback(url=f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _count(reply: Reply, request: dict[str, Any]) -> Reply:
    """Count tokens as characters over four, and four for each message and tool."""
    if isinstance(reply.body, dict) and "usage" in reply.body:
        n_input = sum(map(_count_message, request["messages"]))
        n_input += sum(4 + len(json.dumps(tool["function"])) // 4 for tool in request.get("tools") or ())
        n_output = sum(_count_message(choice["message"]) for choice in reply.body["choices"])
        reply.body["usage"] = {
            "prompt_tokens": n_input,
            "completion_tokens": n_output,
            "total_tokens": n_input + n_output,
        }
    return reply


def _count_message(message: dict[str, Any]) -> int:
    content = message.get("content") or ""
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    calls = [
        each["function"]["name"] + each["function"]["arguments"] for each in message.get("tool_calls") or ()
    ]
    return 4 + len(text) // 4 + sum(4 + len(call) // 4 for call in calls)


def _answer(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    handler.send_response(reply.status)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2] if reply.cut else body)
    if reply.cut:
        handler.close_connection = True


def say(text: str, *, finish: str = "stop") -> Reply:
    """Answer with text."""
    return _complete({"role": "assistant", "content": text}, finish)


def call(*calls: tuple[str, dict[str, Any] | str], text: str = "") -> Reply:
    """Answer with tool calls; arguments given as text go out as they are, well formed or not."""
    made = [
        {
            "id": f"call_{i}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for i, (name, given) in enumerate(calls)
    ]
    return _complete({"role": "assistant", "content": text, "tool_calls": made}, "tool_calls")


def fail(status: int, message: str, **headers: str) -> Reply:
    """Answer with an error."""
    body = {"error": {"message": message, "type": "error", "code": None}}
    return Reply(body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def _complete(message: dict[str, Any], finish: str) -> Reply:
    return Reply(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "loopback",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {},
        }
    )
