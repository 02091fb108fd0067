"""`gyges run --ray` from outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psutil
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow]

STUDY = """\
name: small
models: [{name: gyges/insight-profile}]
scenarios: [night-shift]
design: [{kind: base, protocol: agentic}]
trials: 230
claims: [C47]
"""


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """A folder of Ray's own, short enough for its sockets; by it its processes are known."""
    pytest.importorskip("ray", reason="Ray is not installed: gyges[ray]")
    folder = Path(tempfile.mkdtemp(prefix="r"))
    yield folder
    for each in find_processes(folder):
        each.kill()
    shutil.rmtree(folder)


def find_processes(folder: Path) -> list[psutil.Process]:
    """Find Ray's processes that know a folder."""
    return [
        each
        for each in psutil.process_iter(["cmdline", "status"])
        if any(str(folder) in word for word in each.info["cmdline"] or ())
        and each.info["status"] != psutil.STATUS_ZOMBIE
    ]


def begin(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Begin a command."""
    environment = os.environ | {
        "RAY_TMPDIR": str(folder),
        "RAY_worker_niceness": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "gyges", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_quiet_and_a_run_is_carried_on(
    tmp_path: Path, ray_folder: Path, number: signal.Signals
) -> None:
    """Ctrl-C gives one sentence and leaves no process of Ray's; `resume --ray local` runs the rest."""
    study, run = tmp_path / "study.yaml", tmp_path / "run"
    study.write_text(STUDY)
    options = ("--ray", "local", "--workers", "1")
    process = begin(ray_folder, "run", str(study), "--out", str(run), "--no-certificate", *options)
    deadline = time.monotonic() + 240
    while not list(run.glob("logs/*.eval")):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(1)
    assert find_processes(ray_folder)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.splitlines()[-1] == f"gyges: stopped; carry on with: gyges resume {run}"
    assert "Traceback" not in said
    assert "ray" not in said.replace("--ray", "").lower()
    gone = time.monotonic() + 20
    while find_processes(ray_folder) and time.monotonic() < gone:
        time.sleep(0.2)
    assert not find_processes(ray_folder)
    if number == signal.SIGINT:
        process = begin(ray_folder, "resume", str(run), *options)
        _, said = process.communicate(timeout=400)
        assert process.returncode == 0, said
        codes = pl.read_parquet(run / "codes.parquet")
        assert codes.height == codes["trial"].n_unique() == 230
        assert set(codes["status"]) == {"coded"}


def test_a_wrong_address_leaves_no_run_behind(tmp_path: Path, ray_folder: Path) -> None:
    """It is refused with exit code 2 before anything is written."""
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    process = begin(ray_folder, "run", str(study), "--out", str(tmp_path / "run"), "--ray", "127.0.0.1:1")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert said.strip().splitlines() == [
        "gyges: --ray 127.0.0.1:1: no cluster can be reached (Connection refused)."
    ]
    assert not (tmp_path / "run").exists()
