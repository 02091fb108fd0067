"""`gyges status`: a run seen from another process, while it runs, when it is dead, and after it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gyges.status import describe_run
from tests.loopback import Reply, fail, say, serve
from tests.pipeline.test_cli import GYGES, assert_refused, gyges

STUDY = """name: watched
models:
  - {name: openai-api/loopback/model, price: {input: 1, output: 1}}
  - {name: gyges/aligned}
scenarios: [night-shift]
trials: 30
design: [{kind: base, protocol: choice}]
probes: false
retries: 0
max_connections: 2
"""
KEY = "key-of-nobody-at-all"


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A study on a slow server whose every tenth answer is a refusal that repeats the caller's key."""

    def behave(_request: dict[str, Any], number: int) -> Reply:
        time.sleep(0.4)
        return fail(400, f"no, {KEY}") if number % 10 == 3 else say("ANSWER: A")

    with serve(behave) as server:
        monkeypatch.setenv("LOOPBACK_API_KEY", KEY)
        monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
        (tmp_path / "study.yaml").write_text(STUDY)
        yield tmp_path


def _ask(run: Path) -> dict[str, Any]:
    done = gyges("status", str(run), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _begin(folder: Path, *more: str) -> subprocess.Popen[str]:
    arguments = ["run", "study.yaml", "--out", "run", "--yes", "--workers", "1", "--no-certificate", *more]
    return subprocess.Popen(
        [*GYGES, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _wait_for(run: Path, *, done: int, seconds: float = 90) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (run / "progress.json").exists():
            found = _ask(run)
            if found["done"] >= done:
                return found
        time.sleep(0.5)
    raise AssertionError(f"not {done} trials within {seconds} s")


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.slow
def test_a_run_is_watched_killed_and_carried_on(watched: Path) -> None:
    """Another process sees how far a run is, that it is dead when it was killed, and how it ended."""
    run = watched / "run"
    process = _begin(watched)
    try:
        first = _wait_for(run, done=3)
        assert first["state"] == "running"
        assert (first["pid"], first["source"], first["planned"]) == (process.pid, "progress", 60)
        later = _wait_for(run, done=first["done"] + 8)
        model = next(each for each in later["models"] if each["model"] == "openai-api/loopback/model")
        assert 60 < model["rate"] < 400
        left = model["planned"] - model["done"] - model["failed"]
        assert model["seconds_left"] == pytest.approx(60 * left / model["rate"], rel=0.1)
        assert later["tokens"] > first["tokens"]
        assert later["usd"] > 0
        assert 0 <= later["age_s"] < 15
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        dead = _ask(run)
        assert dead["state"] == "stale"
        assert dead["seconds_left"] is None
    finally:
        _end(process)
    resumed = gyges("resume", str(run), "--yes", "--workers", "1")
    last = _ask(run)
    # Whether some trials failed, which depends on when the kill fell, is what the exit code says.
    assert resumed.returncode == (1 if last["failed"] else 0), resumed.stderr
    assert last["state"] == "finished"
    assert last["done"] + last["failed"] == 60
    assert sum(last["causes"].values()) == last["failed"]
    told = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    kinds = [each["event"] for each in told]
    assert [each for each in kinds if each.startswith("run-")] == [
        "run-started",
        "run-resumed",
        "run-finished",
    ]
    assert len({each["session"] for each in told}) == 2
    for name in ("events.jsonl", "progress.json"):
        assert KEY not in (run / name).read_text()


@pytest.mark.slow
def test_a_run_that_somebody_stops_says_so(watched: Path) -> None:
    """Ctrl-C leaves `stopped` with its reason; the plan and logs alone give the same numbers."""
    run = watched / "run"
    process = _begin(watched)
    try:
        _wait_for(run, done=4)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 1
    finally:
        _end(process)
    told = _ask(run)
    assert (told["state"], told["why"]) == ("stopped", "somebody stopped it")
    (run / "progress.json").unlink()
    read = _ask(run)
    assert (read["state"], read["source"], read["planned"]) == ("stopped", "logs", 60)
    # What ended while the workers were told to stop is in the logs and was heard by nobody.
    assert told["done"] <= read["done"] <= told["done"] + 4
    assert read["usd"] >= told["usd"] > 0


@pytest.mark.slow
def test_a_budget_in_tokens_stops_a_run_below_it(watched: Path) -> None:
    """Exit code 3, fewer tokens than the budget, and a status that says what is left of it."""
    run = watched / "run"
    done = gyges(
        "run", "study.yaml", "--out", "run", "--yes", "--workers", "1", "--no-certificate",
        "--budget", "100ktok", cwd=watched,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "of 100,000 tokens are spent" in done.stderr
    found = _ask(run)
    assert (found["state"], found["why"]) == ("stopped", "budget reached")
    assert found["budget"] == {"usd": None, "tokens": 100_000}
    assert 0 < found["tokens"] <= 100_000
    assert found["budget_left"] == 100_000 - found["tokens"]
    assert 0 < found["done"] < 60
    told = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    assert "budget-reached" in [each["event"] for each in told]


def test_status_of_a_finished_run_and_of_none(tmp_path: Path) -> None:
    """A run without a word of its own is read off its plan and logs; a folder that is no run is refused."""
    (tmp_path / "study.yaml").write_text(
        "name: small\nmodels: [{name: gyges/aligned}]\nscenarios: [night-shift]\ntrials: 6\n"
        "design: [{kind: base, protocol: choice}]\n"
    )
    done = gyges("run", "study.yaml", "--out", "run", "--workers", "1", "--no-certificate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = _ask(tmp_path / "run")
    (tmp_path / "run" / "progress.json").unlink()
    (tmp_path / "run" / "events.jsonl").unlink()
    read = describe_run(f"file://{tmp_path / 'run'}").model_dump(mode="json")
    assert (told["source"], read["source"]) == ("progress", "logs")
    for name in ("state", "planned", "done", "failed", "causes", "tokens", "usd", "study"):
        assert told[name] == read[name], name
    said = gyges("status", "run", cwd=tmp_path)
    assert "run: finished" in said.stdout
    assert "6 of 6 trials done, 0 failed" in said.stdout
    assert_refused(gyges("status", str(tmp_path)), "is no run folder")


def test_prices_and_budgets_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    """A bad budget, a bad file and a dollar budget without prices are one sentence each, with exit code 2."""
    (tmp_path / "study.yaml").write_text(STUDY.replace(", price: {input: 1, output: 1}", ""))
    (tmp_path / "prices.yaml").write_text("prices:\n  - {models: ['openai-api/*'], input: 1, output: two}\n")
    run = ("run", "study.yaml", "--out", "run", "--yes")
    assert_refused(gyges(*run, "--budget", "5EUR", cwd=tmp_path), "--budget", "5EUR", "2Mtok")
    assert_refused(
        gyges(*run, "--budget", "5", cwd=tmp_path), "openai-api/loopback/model", "--prices", "Mtok"
    )
    assert_refused(gyges(*run, "--prices", "prices.yaml", cwd=tmp_path), "prices.yaml:2", "output")
    assert_refused(gyges(*run, "--prices", "none.yaml", cwd=tmp_path), "none.yaml", "no such file")
    assert not (tmp_path / "run").exists()
