"""What a person sees at the command line, with right and with wrong input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gyges.run_folder import open_run
from gyges.running import find_missing

GYGES = [sys.executable, "-m", "gyges"]


def gyges(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run([*GYGES, *args], capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 2 and one sentence with these words, without a traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert "Traceback" not in done.stderr
    assert len(said) == 1, done.stderr
    for word in words:
        assert word in said[0], said[0]


STUDY = """name: small
models: [{name: gyges/aligned}]
scenarios: [night-shift]
trials: 6
design: [{kind: base, protocol: choice}]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small study file."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_help_answers_at_once() -> None:
    """`gyges --help` is quick because nothing heavy is imported."""
    gyges("--help")
    times = []
    for _ in range(3):
        started = time.monotonic()
        assert gyges("--help").returncode == 0
        times.append(time.monotonic() - started)
    assert min(times) < 0.6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("scenarios: [night-shift]", "scenarios: [nihgt-shift]"),
            ("unknown scenario", "Did you mean 'night-shift'?"),
        ),
        (("trials: 6", "vary: [treat]\ntrials: 6"), ("unknown factor 'treat'", "'threat'")),
        (
            ("trials: 6", "factors: {threat: {shutdwn: 1}}\ntrials: 6"),
            ("unknown level of 'threat' 'shutdwn'", "'shutdown'"),
        ),
        (("trials: 6", "claims: [C99]\ntrials: 6"), ("unknown claim 'C99'",)),
        (("gyges/aligned", "gyges/alinged"), ("unknown profile 'alinged'", "'aligned'")),
        (("trials: 6", "trials: six"), ("study.yaml:4: trials", "'six'")),
        (("trials: 6", "trials: 6\ntrials: 7"), ("study.yaml:5: field 'trials' stands twice",)),
        (("trials: 6", "\ttrials: 6"), ("study.yaml:4: a tab",)),
        (("trials: 6", "trails: 6"), ("study.yaml:4: trails: unknown field; did you mean 'trials'?",)),
        (("kind: base", "kind: contrasts, share: 1.0"), ()),
    ],
)
def test_bad_studies_are_one_sentence(study: Path, change: tuple[str, str], words: tuple[str, ...]) -> None:
    """A wrong study is answered by file, line and field, or the nearest valid name; nothing is written."""
    study.write_text(STUDY.replace(*change))
    if not words:
        study.write_text(STUDY.replace(*change) + "vary: [competition]\nfactors: {competition: {fair: 1}}\n")
    out = study.parent / "run"
    assert_refused(gyges("run", str(study), "--out", str(out)), *words)
    assert not out.exists()


def test_unknown_names_are_one_sentence(tmp_path: Path) -> None:
    """Unknown studies, claims, scenarios, runs and options each get one clear sentence."""
    assert_refused(gyges("run", "coer"), "unknown study 'coer'", "'core'")
    assert_refused(gyges("claims", "show", "C99"), "unknown claim 'C99'")
    assert_refused(gyges("scenarios", "show", "nightshift"), "'night-shift'")
    assert_refused(gyges("scenarios", "show", "night-shift", "--cell", "threat=shut"), "unknown level 'shut'")
    assert_refused(gyges("analyze", str(tmp_path)), "is no run folder")
    wrong = gyges("run", "demo", "--triols", "3")
    assert wrong.returncode == 2
    assert "--triols" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_missing_key_stops_before_anything_is_written(study: Path) -> None:
    """Without the provider's key nothing is written, and the key is named."""
    out = study.parent / "run"
    done = gyges("run", str(study), "--model", "openai/gpt-4o", "--yes", "--out", str(out))
    assert_refused(done, "OPENAI_API_KEY")
    assert not out.exists()


def test_real_models_are_asked_for(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a person to ask, real models run only with --yes."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    assert_refused(gyges("run", str(study), "--model", "openai/gpt-4o"), "--yes")


def test_unwritable_folder_is_one_sentence(study: Path) -> None:
    """A folder that cannot be written is named."""
    blocker = study.parent / "file"
    blocker.write_text("in the way")
    assert_refused(gyges("run", str(study), "--out", str(blocker / "run")), "cannot be written")


def test_full_disk_is_one_sentence(study: Path) -> None:
    """A device that is full is named, and no traceback is shown."""
    done = gyges("export", "/dev/full")
    assert_refused(done, "is no run folder")


@pytest.mark.slow
def test_run_and_every_reading_command(study: Path) -> None:
    """A run ends with its headline, and each reading command gives JSON about it."""
    out = study.parent / "run"
    done = gyges("run", str(study), "--out", str(out), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "misaligned in 0 of 1 scenarios" in done.stdout
    assert "simulated" in done.stdout
    assert str(out / "report.html") in done.stdout
    for command in (
        ("scenarios", "list"), ("scenarios", "show", "night-shift"),
        ("claims", "list"), ("claims", "show", "C05"),
        ("plan", str(study)), ("code", str(out)), ("analyze", str(out)), ("report", str(out)),
    ):  # fmt: skip
        shown = gyges(*command, "--json")
        assert shown.returncode == 0, shown.stderr
        assert json.loads(shown.stdout)
    for kind in ("csv", "parquet"):
        done = gyges("export", str(out), "--format", kind, cwd=study.parent)
        assert done.returncode == 0, done.stderr
        assert (study.parent / f"codes.{kind}").stat().st_size > 0


@pytest.mark.slow
def test_interrupted_run_can_be_resumed(study: Path) -> None:
    """Ctrl-C leaves a run that resume completes, each trial once."""
    study.write_text(
        STUDY.replace("trials: 6", "trials: 400").replace("protocol: choice", "protocol: agentic")
    )
    out = study.parent / "run"
    process = subprocess.Popen(
        [*GYGES, "run", str(study), "--out", str(out), "--workers", "2"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(out.glob("logs/*.eval")):
        time.sleep(0.1)
    time.sleep(1.5)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"gyges resume {out}" in said
    assert "Traceback" not in said
    missing = find_missing(open_run(str(out)))
    assert 0 < len(missing) <= 400
    done = gyges("resume", str(out))
    assert done.returncode == 0, done.stderr
    assert find_missing(open_run(str(out))) == []
    table = open_run(str(out)).scan_table("codes.parquet").collect()
    assert table.height == table["trial"].n_unique() == 400
    assert set(table["status"]) == {"coded"}


@pytest.mark.slow
def test_inspect_runs_the_core_task(tmp_path: Path) -> None:
    """`inspect eval gyges/core` works with a reference agent."""
    inspect = shutil.which("inspect", path=str(Path(sys.executable).parent))
    assert inspect
    done = subprocess.run(
        [
            inspect,
            "eval",
            "gyges/core",
            "--model",
            "gyges/aligned",
            "-T",
            "trials=12",
            "--log-dir",
            str(tmp_path),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    from gyges.coding import code_transcript
    from gyges.trials import list_logs, read_transcripts

    codes = [code_transcript(each) for log in list_logs(str(tmp_path)) for each in read_transcripts(log)]
    assert len(codes) == 12
    assert {each.status for each in codes} == {"coded"}
