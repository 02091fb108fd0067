"""`gyges code` with judges, as a person runs it, stops it and runs it again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gyges.run_folder import open_run
from gyges.study import Run
from tests.loopback import Reply, call, fail, serve
from tests.scripted_judge import find_truths, judge_by_truth, read_request

JUDGE = "openai-api/loopback/judge"


def start(*args: str, url: str, **options: Any) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    env = os.environ | {"LOOPBACK_API_KEY": "not-a-key", "LOOPBACK_BASE_URL": url}
    command = [sys.executable, "-m", "gyges", *args]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, **options
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for its end; give the exit code and what it said."""
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


@pytest.mark.slow
def test_judged_run_is_described(run_copy: Path) -> None:
    """The command says calls, the cacheable share, disagreements, and how to open the answers in Scout."""
    with serve(judge_by_truth(find_truths(str(run_copy / "logs")))) as server:
        code, out, err = finish(start("code", str(run_copy), "--judge", JUDGE, url=server.url))
        assert code == 0, err
        assert "120 readings, 0 of them answered before; 120 calls (1.00 a reading)" in out
        assert "of the prompts' fixed part" in out
        assert "scout view" in out
        assert "Traceback" not in err
        command = start("code", str(run_copy), "--judge", JUDGE, "--json", url=server.url)
        code, out, _ = finish(command)
        assert code == 0
        assert json.loads(out)["judging"]["kept"] == 120
        assert len(server.requests) == 120


@pytest.mark.slow
def test_failures_exit_with_one_and_say_how_to_go_on(run_copy: Path) -> None:
    """Calls that fail are counted by cause, and the exit code says that some answers did not come."""
    with serve(lambda _request, _number: fail(400, "this model is asleep")) as server:
        code, out, err = finish(start("code", str(run_copy), "--judge", JUDGE, url=server.url))
    assert code == 1
    assert "120 × failed: " in out
    assert "asleep" in out
    assert f"ask again with: gyges code {run_copy} --judge {JUDGE}" in err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_judging_is_carried_on(run_copy: Path, number: signal.Signals) -> None:
    """Ctrl-C or a kill in the middle loses no answer that had come; the rest is asked afterwards."""
    truths = find_truths(str(run_copy / "logs"))
    good = judge_by_truth(truths)

    def slow(request: dict[str, Any], count: int) -> Reply:
        time.sleep(0.3)
        return good(request, count)

    args = ("code", str(run_copy), "--judge", JUDGE, "--connections", "2")
    with serve(slow) as server:
        process = start(*args, url=server.url)
        deadline = time.monotonic() + 120
        while len(server.requests) < 20 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        code, _, err = finish(process)
        assert code != 0
        if number == signal.SIGINT:
            assert "Traceback" not in err
            assert "Carry on with: gyges code" in err
    with serve(good) as server:
        code, _, err = finish(start(*args, url=server.url))
        assert code == 0, err
        asked = {read_request(each)[2].split("\n")[0] for each in server.requests}
        assert len(asked) == len(server.requests) <= 120 - 15
    answers = Run(open_run(str(run_copy))).folder.scan_table("answers.parquet").collect()
    judged = answers.filter(coder=JUDGE)
    assert judged["trial"].n_unique() == 120
    assert set(judged["status"]) == {"coded"}


@pytest.mark.slow
def test_a_judge_that_cannot_be_used_changes_nothing(run_copy: Path) -> None:
    """An unknown provider is one sentence, and no artifact is touched."""
    before = {path.name: path.stat().st_mtime_ns for path in run_copy.iterdir()}
    with serve(lambda _request, _number: call(("answer", {}))) as server:
        code, _, err = finish(start("code", str(run_copy), "--judge", "opnai/gpt-4o", url=server.url))
    assert code == 2
    assert "unknown provider 'opnai'" in err
    assert {path.name: path.stat().st_mtime_ns for path in run_copy.iterdir()} == before
