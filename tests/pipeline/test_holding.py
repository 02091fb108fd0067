"""One process at a time runs a run, and what a killed one leaves behind is recognized."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gyges import holding
from gyges.errors import RunError
from gyges.holding import check_held, find_holder, hold_run, is_gone
from gyges.run_folder import RunFolder
from tests.pipeline.test_cli import assert_refused, gyges

HOLD = """
import sys, time
from gyges.errors import RunError
from gyges.holding import hold_run
from gyges.run_folder import RunFolder

folder, out, hold_s = RunFolder(sys.argv[1]), sys.argv[2], float(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
try:
    with hold_run(folder):
        with open(out, "a") as log:
            log.write("in\\n")
        time.sleep(hold_s)
        with open(out, "a") as log:
            log.write("out\\n")
except RunError as refused:
    print(refused, flush=True)
    sys.exit(2)
"""


def _begin(folder: Path | str, out: Path, hold_s: float = 1.0) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(out), str(hold_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def _leave_behind(folder: Path, **changes: Any) -> dict[str, Any]:
    """Leave the file of a process that was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with hold_run(RunFolder(str(folder))):
        found: dict[str, Any] = json.loads((folder / "running.json").read_text())
    found |= changes
    (folder / "running.json").write_text(json.dumps(found))
    return found


def _gone_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_file_says_who_holds_and_goes_with_the_holder(tmp_path: Path) -> None:
    """While a run is held its file names host, process and since when; afterwards it is not there."""
    folder = RunFolder(str(tmp_path))
    with hold_run(folder), hold_run(folder):
        found = json.loads((tmp_path / "running.json").read_text())
        assert (found["host"], found["pid"]) == (socket.gethostname(), os.getpid())
        assert datetime.now(UTC) - datetime.fromisoformat(found["started"]) < timedelta(minutes=1)
        holder = find_holder(folder)
        assert holder
        assert not is_gone(holder)
        assert [path.name for path in tmp_path.iterdir()] == ["running.json"]
    assert list(tmp_path.iterdir()) == []
    assert find_holder(folder) is None


def test_file_goes_when_something_goes_wrong(tmp_path: Path) -> None:
    """An error or Ctrl-C while a run is held lets go of it."""
    for problem in (ValueError, KeyboardInterrupt, SystemExit):
        with pytest.raises(problem), hold_run(RunFolder(str(tmp_path))):
            raise problem
        assert list(tmp_path.iterdir()) == []


def test_other_thread_is_refused(tmp_path: Path) -> None:
    """The same process does not run one run twice at once either."""
    said: list[str] = []

    def try_it() -> None:
        try:
            with hold_run(RunFolder(str(tmp_path))):
                said.append("held")
        except RunError as refused:
            said.append(str(refused))

    with hold_run(RunFolder(str(tmp_path))):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert said[0].startswith(f"{tmp_path}: is being run by process {os.getpid()} on {socket.gethostname()} ")


@pytest.mark.slow
@pytest.mark.parametrize("is_stale", [False, True], ids=["free", "stale"])
def test_of_many_at_once_one_wins(tmp_path: Path, is_stale: bool) -> None:
    """Of processes that begin at the same moment one holds the run, whether it is free or was left behind."""
    folder = tmp_path / "run"
    folder.mkdir()
    out = tmp_path / "out"
    for _ in range(3):
        if is_stale:
            _leave_behind(folder, pid=_gone_pid())
        out.write_text("")
        processes = [_begin(folder, out, 2.0) for _ in range(6)]
        for process in processes:
            _go(process)
        ends = [process.communicate(timeout=60) for process in processes]
        codes = sorted(process.returncode for process in processes)
        assert out.read_text() == "in\nout\n", ends
        assert codes == [0, 2, 2, 2, 2, 2], ends
        winner = next(each.pid for each in processes if each.returncode == 0)
        for process, (said, _) in zip(processes, ends, strict=True):
            if process.returncode:
                assert f"is being run by process {winner} on " in said
        taken = [error for _, error in ends if "taken over" in error]
        assert len(taken) == is_stale
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("how", ["gone", "given again"])
def test_what_a_killed_process_left_is_taken_over(
    tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A holder whose process is gone, or whose number another process has now, is said and taken over."""
    pid = _gone_pid() if how == "gone" else os.getppid()
    left = _leave_behind(tmp_path, pid=pid, began=1000.0)
    with hold_run(RunFolder(str(tmp_path))):
        assert json.loads((tmp_path / "running.json").read_text())["pid"] == os.getpid()
    said = capsys.readouterr().err.splitlines()
    assert said == [
        f"gyges: {tmp_path}: taken over from process {pid} on {left['host']} since {left['started']},"
        " which is gone"
    ]
    assert list(tmp_path.iterdir()) == []


def test_holder_that_only_fell_silent_is_watched_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On another machine a clock may be wrong: one whose heartbeats still come is not taken over."""
    monkeypatch.setattr(holding, "_WATCH_S", 0.6)
    old = (datetime.now(UTC) - timedelta(seconds=90)).isoformat(timespec="seconds")
    left = _leave_behind(tmp_path, machine="another", host="elsewhere", heartbeat=old)
    target = tmp_path / "running.json"

    def beat() -> None:
        time.sleep(0.2)
        later = (datetime.now(UTC) - timedelta(seconds=80)).isoformat(timespec="seconds")
        target.write_text(json.dumps(left | {"heartbeat": later}))

    thread = threading.Thread(target=beat)
    thread.start()
    with (
        pytest.raises(RunError, match=r"is being run by process .* on elsewhere"),
        hold_run(RunFolder(str(tmp_path))),
    ):
        pass
    thread.join()
    with hold_run(RunFolder(str(tmp_path))):
        assert json.loads(target.read_text())["host"] == socket.gethostname()
    assert "has given no sign for" in capsys.readouterr().err


def test_fresh_heartbeat_elsewhere_is_refused_at_once(tmp_path: Path) -> None:
    """A holder on another machine with a fresh heartbeat is believed, whatever runs here under its number."""
    _leave_behind(tmp_path, machine="another", host="elsewhere", pid=_gone_pid())
    began = time.monotonic()
    with pytest.raises(RunError, match="on elsewhere"), hold_run(RunFolder(str(tmp_path))):
        pass
    assert time.monotonic() - began < 5


def test_one_who_dies_taking_over_is_taken_over_too(tmp_path: Path) -> None:
    """A process killed between claiming and taking does not block the run, and nothing of it stays."""
    left = _leave_behind(tmp_path, pid=_gone_pid())
    heir = left | {"token": "b" * 32, "pid": _gone_pid()}
    (tmp_path / f"running-{left['token']}.json").write_text(json.dumps(heir))
    with hold_run(RunFolder(str(tmp_path))):
        assert json.loads((tmp_path / "running.json").read_text())["pid"] == os.getpid()
        assert [path.name for path in tmp_path.iterdir()] == ["running.json"]


def test_one_who_is_taking_over_counts(tmp_path: Path) -> None:
    """A process that has claimed a run, but has not put its name in yet, is who holds it."""
    left = _leave_behind(tmp_path, pid=_gone_pid())
    heir = left | {"token": "b" * 32, "host": "elsewhere", "machine": "another"}
    (tmp_path / f"running-{left['token']}.json").write_text(json.dumps(heir))
    with pytest.raises(RunError, match="on elsewhere"), hold_run(RunFolder(str(tmp_path))):
        pass


def test_holder_notices_that_it_was_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that slept too long stops instead of running beside the one that took over."""
    monkeypatch.setattr(holding, "HEARTBEAT_S", 0.1)
    folder = RunFolder(str(tmp_path))
    with hold_run(folder):
        check_held(folder)
        found = json.loads((tmp_path / "running.json").read_text())
        other = json.dumps(found | {"token": "c" * 32, "host": "elsewhere"})
        (tmp_path / "running.json").write_text(other)
        time.sleep(1.0)
        with pytest.raises(RunError, match=r"was taken over by process .* on elsewhere"):
            check_held(folder)
    assert (tmp_path / "running.json").read_text() == other


def test_heartbeat_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a run is held its heartbeat goes on, and no reader ever finds half a file."""
    monkeypatch.setattr(holding, "HEARTBEAT_S", 0.01)
    seen = set()
    with hold_run(RunFolder(str(tmp_path))):
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            seen.add(json.loads((tmp_path / "running.json").read_text())["heartbeat"])
    assert len(seen) >= 2


def test_damaged_file_blocks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that says nothing is of nobody who is there."""
    monkeypatch.setattr(holding, "_WATCH_S", 0.1)
    (tmp_path / "running.json").write_text("{")
    with hold_run(RunFolder(str(tmp_path))):
        assert json.loads((tmp_path / "running.json").read_text())["pid"] == os.getpid()


@pytest.mark.slow
def test_second_command_is_refused_naming_the_first(run_copy: Path, tmp_path: Path) -> None:
    """`gyges resume` and `gyges code` on a run that is being run end with 2 and one sentence."""
    process = _begin(run_copy, tmp_path / "out", 90)
    _go(process)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not (run_copy / "running.json").exists():
            time.sleep(0.05)
        for command in ("resume", "code"):
            done = gyges(command, str(run_copy))
            assert_refused(done, f"is being run by process {process.pid} on {socket.gethostname()} since 20")
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    done = gyges("resume", str(run_copy))
    assert done.returncode == 0, done.stderr
    assert f"taken over from process {process.pid} on" in done.stderr
    assert not (run_copy / "running.json").exists()
