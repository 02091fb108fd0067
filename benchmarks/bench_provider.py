"""A provider at 2 s latency over 200 connections, well behaved and with a fifth of its answers 429.

`python benchmarks/bench_provider.py` starts a server on loopback in a process of its own, plays trials of a
protocol against it (`choice`, of one call each, unless `--protocol` says otherwise), and prints how long that
took next to the latency bound (calls × latency / connections), and how many requests were wasted for each
failure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any

BODY = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "loopback",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ANSWER: A"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 4, "total_tokens": 1004},
}
THROTTLED = {"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}


class Provider:
    """An OpenAI-compatible server, as little of one as a client needs."""

    def __init__(self, latency: float, share: float) -> None:
        self._latency = latency
        self._share = share
        self._chance = random.Random(0)
        self.answered = self.throttled = self.under_way = self.most = 0
        self.first = self.last = 0.0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it closes."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = next(
                    (
                        int(line[15:])
                        for line in head.split("\r\n")
                        if line.lower().startswith("content-length:")
                    ),
                    0,
                )
                await reader.readexactly(length)
                is_count = head.startswith("GET /counts")
                status, body = ("200 OK", self.count()) if is_count else await self.answer()
                content = json.dumps(body).encode()
                writer.write(
                    f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
                    f"content-length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self) -> tuple[str, dict[str, Any]]:
        """Answer a completion after the latency, or refuse it at once."""
        self.first = self.first or time.monotonic()
        if self._chance.random() < self._share:
            self.throttled += 1
            return "429 Too Many Requests", THROTTLED
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self._latency)
        self.under_way -= 1
        self.answered += 1
        self.last = time.monotonic()
        return "200 OK", BODY

    def count(self) -> dict[str, Any]:
        """Say what was asked so far."""
        names = ("answered", "throttled", "most")
        return {name: getattr(self, name) for name in names} | {"seconds": self.last - self.first}


async def _serve(latency: float, share: float) -> None:
    provider = Provider(latency, share)
    server = await asyncio.start_server(provider.talk, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def _measure(args: argparse.Namespace, share: float) -> dict[str, Any]:
    """Run a study against a server of its own; give what was seen from both sides."""
    import urllib.request

    from gyges.prepare import prepare_study
    from gyges.records.study import DesignPart, ModelSpec, Study
    from gyges.running import RunOptions, run_trials
    from gyges.study import begin_run, code_run

    command = [sys.executable, __file__, "--serve", "--latency", str(args.latency), "--share", str(share)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    os.environ["LOOPBACK_API_KEY"] = "not-a-key"
    os.environ["LOOPBACK_BASE_URL"] = f"http://127.0.0.1:{port}/v1"
    folder = tempfile.mkdtemp()
    try:
        study = Study(
            name="provider",
            models=(ModelSpec(name="openai-api/loopback/model"),),
            scenarios=("night-shift", "compute-budget"),
            design=(DesignPart(kind="conjoint", protocol=args.protocol),),
            trials=args.trials,
            probes=False,
            max_connections=args.connections // args.workers,
        )
        run = begin_run(prepare_study(study), f"{folder}/run")
        began = time.monotonic()
        run_trials(run, RunOptions(workers=args.workers))
        wall = time.monotonic() - began
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/counts") as reply:
            counts = json.load(reply)
        code_run(run)
        coded = run.scan_table("codes.parquet").collect()["status"].to_list().count("coded")
    finally:
        server.kill()
        shutil.rmtree(folder)
    return {"wall": wall, "coded": coded, **counts}


def _print(args: argparse.Namespace, share: float, found: dict[str, Any]) -> None:
    # A choice is one call; how many an agentic trial has is known by what was answered.
    needed = args.trials if args.protocol == "choice" else found["answered"]
    bound = needed * args.latency / args.connections
    asked = found["answered"] + found["throttled"]
    wasted = (asked - needed) / found["throttled"] if found["throttled"] else 0.0
    print(
        f"| {share:.0%} | {args.trials:,} | {found['coded']:,} | {needed:,} | {bound:.1f} |"
        f" {found['wall']:.1f} | {found['wall'] / bound:.2f} | {found['seconds'] / bound:.2f} |"
        f" {found['most']} | {found['throttled']:,} | {wasted:.2f} |",
        flush=True,
    )


def main() -> None:
    """Measure both, or serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--latency", type=float, default=2.0)
    parser.add_argument("--share", type=float)
    parser.add_argument("--protocol", choices=("agentic", "text", "choice"), default="choice")
    parser.add_argument("--trials", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(_serve(args.latency, args.share))
        return
    print(
        "| 429 | trials | coded | calls | bound, s | wall, s | ratio | first to last request | most at once |"
        " failures | wasted per failure |\n" + "| --- " * 11 + "|"
    )
    for share in (0.0, 0.2) if args.share is None else (args.share,):
        _print(args, share, _measure(args, share))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"CPU of all worker and server processes: {used.ru_utime + used.ru_stime:.1f} s")


if __name__ == "__main__":
    main()
