"""An OpenAI-compatible server on loopback, as well or badly behaved as a test asks."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """Whether the connection is cut halfway through the body, or through the stream."""
    drop: bool = False
    """Whether it is cut before a word of an answer."""
    delay_s: float = 0.0
    """Seconds before the answer begins."""
    stall_s: float = 0.0
    """Seconds that a stream says nothing, halfway through."""


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
            reply = _count(behavior(request, number), request)
            with suppress(ConnectionError):
                _answer(self, reply, streams=bool(request.get("stream")))

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


def _answer(handler: BaseHTTPRequestHandler, reply: Reply, *, streams: bool) -> None:
    time.sleep(reply.delay_s)
    if reply.drop:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
        return
    if streams and reply.status == 200 and isinstance(reply.body, dict):
        _stream(handler, reply, _cut_into_chunks(reply.body))
        return
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


def _stream(handler: BaseHTTPRequestHandler, reply: Reply, chunks: list[dict[str, Any]]) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    half = len(chunks) // 2
    for i, chunk in enumerate(chunks):
        if i == half:
            time.sleep(reply.stall_s)
            if reply.cut:
                handler.close_connection = True
                return
        _send_chunk(handler, f"data: {json.dumps(chunk)}\n\n")
    if chunks:
        _send_chunk(handler, "data: [DONE]\n\n")
    handler.wfile.write(b"0\r\n\r\n")


def _send_chunk(handler: BaseHTTPRequestHandler, text: str) -> None:
    handler.wfile.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())
    handler.wfile.flush()


def _cut_into_chunks(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Give an answer as the chunks of a stream, a word at a time; one without choices is an empty stream."""
    head: dict[str, Any] = {key: body[key] for key in ("id", "created", "model") if key in body}
    head["object"] = "chat.completion.chunk"
    deltas: list[tuple[dict[str, Any], str | None]] = []
    for choice in body.get("choices") or ():
        message = choice["message"]
        deltas.append(({"role": "assistant", "content": ""}, None))
        deltas += [({"content": f"{word} "}, None) for word in (message.get("content") or "").split(" ")]
        calls = [each | {"index": i} for i, each in enumerate(message.get("tool_calls") or ())]
        deltas += [({"tool_calls": calls}, None)] if calls else []
        deltas.append(({}, choice["finish_reason"]))
    chunks = [
        head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in deltas
    ]
    return [*chunks, head | {"choices": [], "usage": body["usage"]}] if chunks else []


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


def fail(status: int, message: str, *, code: str | None = None, **headers: str) -> Reply:
    """Answer with an error."""
    body = {"error": {"message": message, "type": "error", "code": code}}
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
