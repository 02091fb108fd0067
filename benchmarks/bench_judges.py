"""Judging 2,000 transcripts by a loopback judge that takes 50 ms, over 50 connections, against the bound.

The judge is a process of its own, so that its work is not counted as ours where there is a second core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gyges.coding import Tally, make_case
from gyges.judging import JudgeOptions
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.run_folder import open_run
from gyges.running import RunOptions
from gyges.study import code_run, run_study
from gyges.trials import list_logs, read_transcripts

JUDGE = "openai-api/loopback/judge"
WORKERS = 2
"""Processes that read logs, as `gyges code` has them on two cores."""


def main() -> None:
    """Measure and print a row of `docs/benchmarks.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--serve", action="store_true", help="Be the judge; used by the benchmark itself.")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_serve(given.latency))
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder) / "run", given)


def _measure(out: Path, given: argparse.Namespace) -> None:
    study = Study(
        name="judged",
        models=(ModelSpec(name="gyges/insight-profile"),),
        trials=given.trials,
        design=(DesignPart(kind="conjoint", protocol="choice"),),
        seed=1,
    )
    run_study(study, out=str(out), options=RunOptions(workers=WORKERS))
    folder = open_run(str(out))
    os.environ["XDG_DATA_HOME"] = str(out.parent / "xdg")
    with subprocess.Popen(
        [sys.executable, __file__, "--serve", "--latency", str(given.latency)],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        os.environ["LOOPBACK_BASE_URL"] = server.stdout.readline().strip()
        os.environ["LOOPBACK_API_KEY"] = "not-a-key"
        try:
            _time_stages(folder.logs, given)
            began, cpu = time.perf_counter(), time.process_time()
            tallies: list[Tally] = []
            options = JudgeOptions(
                judges=(ModelSpec(name=JUDGE),), connections=given.connections, on_tally=tallies.append
            )
            code_run(folder, workers=WORKERS, judging=options)
            took, used = time.perf_counter() - began, time.process_time() - cpu
            began = time.perf_counter()
            code_run(folder, workers=WORKERS, judging=options)
            again = time.perf_counter() - began
        finally:
            server.terminate()
    bound = given.trials / given.connections * given.latency
    print(
        "| transcripts | latency bound, s | judged in, s | of it CPU, s | ratio | transcripts/s | again, s |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {given.trials:,} | {bound:.1f} | {took:.1f} | {used:.1f} | {took / bound:.1f} |"
        f" {given.trials / took:.0f} | {again:.1f} |"
    )
    print(f"calls {tallies[0].calls}, unscored {tallies[0].unscored}, cacheable {tallies[0].prefix:.0%}")


def _time_stages(logs: str, given: argparse.Namespace) -> None:
    """Time what is done before and after the calls, alone."""
    began = time.perf_counter()
    transcripts = [each for log in list_logs(logs) for each in read_transcripts(log)]
    read = time.perf_counter() - began
    began = time.perf_counter()
    for each in transcripts:
        make_case(each, ())
    shown = time.perf_counter() - began
    print(f"reading {read:.2f} s, writing the prompts {shown:.2f} s")
    began = time.perf_counter()
    asyncio.run(_call_bare(given))
    print(f"as many calls through Inspect alone, the same prompt each: {time.perf_counter() - began:.2f} s")


async def _call_bare(given: argparse.Namespace) -> None:
    from inspect_ai.model import get_model

    model = get_model(JUDGE)
    gate = asyncio.Semaphore(given.connections)

    async def call() -> None:
        async with gate:
            await model.generate("BEGIN RECORD 0\n| x")

    await asyncio.gather(*(call() for _ in range(given.trials)))


async def _serve(latency: float) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(found[1]) if found else 0)
            await asyncio.sleep(latency)
            writer.write(_reply(body))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


_NO = {"value": "no", "quotes": []}
_made: dict[int, bytes] = {}


def _reply(body: bytes) -> bytes:
    """Answer `no` to everything; the answer is made once for each number of acts."""
    if b'"tools"' not in body:
        return _make_reply({}, 0)
    n_acts = len(re.findall(rb"\\n\d+\. (?:Not t|T)o ", body))
    if n_acts not in _made:
        tools = json.loads(body)["tools"]
        _made[n_acts] = _make_reply(tools[0]["function"]["parameters"]["properties"], n_acts)
    return _made[n_acts]


def _make_reply(schema: dict[str, Any], n_acts: int) -> bytes:
    answer: dict[str, Any] = dict.fromkeys(schema, _NO)
    answer |= {"ethical_frame": {"value": "none", "quotes": []}, "realism": {"value": "3", "quotes": []}}
    answer["acts"] = [{"act": i + 1, "act_done": _NO} for i in range(n_acts)]
    calls = [
        {
            "id": "c",
            "type": "function",
            "function": {"name": "answer", "arguments": json.dumps(answer)},
        }
    ]
    content = json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "judge",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": None, "tool_calls": calls},
                    "finish_reason": "tool_calls",
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


if __name__ == "__main__":
    main()
