"""Runs on an S3 server, well and badly behaved, through the same commands as on a disk."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from gyges.errors import RunError
from gyges.holding import find_holder, hold_run
from gyges.reaching import file_exists, open_fs, read_file
from gyges.run_folder import RunFolder, open_run
from gyges.running import find_missing, recover_logs
from gyges.storage import create_file, remove_file, write_file
from gyges.trials import find_finished, list_logs
from tests.loopback import serve
from tests.pipeline.test_cli import GYGES, STUDY
from tests.pipeline.test_code_command import JUDGE, finish, start
from tests.pipeline.test_holding import _begin, _go
from tests.s3 import KEYS, Fault, every_tenth, serve_s3, unreliable
from tests.scripted_judge import find_truths, judge_by_truth

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 server with one bucket."""
    with serve_s3() as url:
        yield url


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    # What a test changes of these must not outlive it.
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    _forget_clients()
    yield
    _forget_clients()


def _forget_clients() -> None:
    """Close S3 clients, which else keep the address they were opened with."""
    from fsspec.asyn import sync
    from s3fs import S3FileSystem

    for each in list(S3FileSystem._cache.values()):
        if each._s3creator is not None:
            sync(each.loop, each._s3creator.__aexit__, None, None, None)
    S3FileSystem.clear_instance_cache()


def _use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)


def _gyges(*args: str, timeout_s: float = 400) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GYGES, *args], capture_output=True, text=True, timeout=timeout_s, check=False)


def _write_study(tmp_path: Path, n_trials: int = 40, protocol: str = "choice") -> str:
    path = tmp_path / "study.yaml"
    text = STUDY.replace("trials: 6", f"trials: {n_trials}").replace("choice", protocol)
    path.write_text(f"{text}probes: none\n" if "probes" in text else text)
    return str(path)


def _codes(url: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(read_file(f"{url}/codes.parquet")))


def _check_whole(url: str, n_trials: int) -> None:
    codes = _codes(url)
    assert codes.height == codes["trial"].n_unique() == n_trials
    assert set(codes["status"]) == {"coded"}
    assert not file_exists(f"{url}/running.json")
    assert b"</html>" in read_file(f"{url}/report.html")[-200:]
    assert json.loads(read_file(f"{url}/results.json"))["n_trials"] == n_trials


def _lose_a_log(url: str) -> int:
    """Remove the largest log, and say how many trials it held."""
    logs = list_logs(f"{url}/logs")
    held = max(logs, key=lambda log: len(find_finished(log)))
    n_trials = len(find_finished(held))
    remove_file(held)
    return n_trials


def _run_and_resume(study: str, url: str, n_trials: int) -> None:
    done = _gyges("run", study, "--out", url, "--workers", "2", "--no-certificate")
    assert done.returncode == 0, done.stderr
    assert "Unclosed" not in done.stderr
    assert "Traceback" not in done.stderr
    _check_whole(url, n_trials)
    before = read_file(f"{url}/codes.parquet")
    lost = _lose_a_log(url)
    assert len(find_missing(open_run(url))) == lost > 0
    done = _gyges("resume", url)
    assert done.returncode == 0, done.stderr
    assert f"{lost} of {lost} trials" in done.stderr
    _check_whole(url, n_trials)
    assert read_file(f"{url}/codes.parquet") == before


def test_whole_way_on_s3(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run, resume, analyze and report do on a bucket what they do on a disk, and to the same codes."""
    _use(monkeypatch, s3)
    study = _write_study(tmp_path)
    _run_and_resume(study, "s3://bucket/runs/whole", 40)
    for command in ("analyze", "report"):
        done = _gyges(command, "s3://bucket/runs/whole")
        assert done.returncode == 0, done.stderr
    _check_whole("s3://bucket/runs/whole", 40)
    done = _gyges("run", study, "--out", str(tmp_path / "disk"), "--no-certificate")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "disk" / "codes.parquet").read_bytes() == read_file(
        "s3://bucket/runs/whole/codes.parquet"
    )
    done = _gyges("run", study, "--out", "s3://bucket/runs/whole")
    assert done.returncode == 2
    assert "holds a run already" in done.stderr


def test_whole_way_with_every_tenth_request_failing(
    s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """503, cut connections and answers cut in half cost time, and nothing else."""
    with unreliable(s3, every_tenth) as proxy:
        _use(monkeypatch, proxy.url)
        _run_and_resume(_write_study(tmp_path), "s3://bucket/runs/failing", 40)
        assert proxy.n_faults >= len(proxy.requests) // 10 > 10


def test_whole_way_on_a_slow_storage(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A storage that takes its time for every request changes nothing else."""
    with unreliable(s3, lambda *_: Fault(wait_s=0.15)) as proxy:
        _use(monkeypatch, proxy.url)
        began = time.monotonic()
        _run_and_resume(_write_study(tmp_path, 20), "s3://bucket/runs/slow", 20)
        # It was asked, and it was slow: each of several processes waited for its own requests.
        assert len(proxy.requests) > 40
        assert time.monotonic() - began > 3


def test_nobody_reads_half_a_file(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is written over and over, through a storage that fails, every reading of it is whole."""
    with unreliable(s3, every_tenth) as proxy:
        _use(monkeypatch, proxy.url)
        folder = RunFolder("s3://bucket/halves")
        seen = set()
        for letter in b"abcdefgh":
            folder.write("file", bytes([letter]) * 200_000)
            content = folder.read("file")
            assert len(content) == 200_000
            seen.add(content[:1])
            assert content == content[:1] * 200_000
        assert len(seen) == 8
        with pytest.raises(RunError, match="has no nothing"):
            folder.read("nothing")
        assert not folder.exists("nothing")
        assert folder.exists("file")


def test_storage_that_stays_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A storage that answers nobody, or always that it is busy, ends in one sentence, and not in a wait."""
    with unreliable("http://127.0.0.1:9", lambda *_: Fault(is_busy=True)) as proxy:
        _use(monkeypatch, proxy.url)
        done = _gyges("resume", "s3://bucket/none", timeout_s=180)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("gyges: s3://bucket/none")
    assert ": cannot be reached (" in done.stderr


def test_missing_bucket_is_one_sentence(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bucket that is not there is named, and not made."""
    _use(monkeypatch, s3)
    done = _gyges("run", _write_study(tmp_path, 4), "--out", "s3://no-such-bucket/run")
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "s3://no-such-bucket/run" in done.stderr
    with pytest.raises(RunError):
        open_run("s3://no-such-bucket/run")


def test_creating_is_exclusive_even_when_answers_are_lost(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wrote a file first knows it, though the answer to its writing was cut; the second knows it too."""

    def lose_puts(number: int, request: str) -> Fault:
        return Fault(is_cut_after=number % 2 == 0 and request.startswith("PUT"))

    with unreliable(s3, lose_puts) as proxy:
        _use(monkeypatch, proxy.url)
        for name in range(4):
            target = f"s3://bucket/exclusive/{name}"
            assert create_file(target, b"first")
            assert not create_file(target, b"second")
            assert read_file(target) == b"first"
        assert proxy.n_faults > 0


def test_of_many_at_once_one_holds_a_run_on_s3(
    s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of processes that begin at the same moment on one bucket, one holds the run, also after a kill."""
    _use(monkeypatch, s3)
    out = tmp_path / "out"
    first = _begin("s3://bucket/held", out, 300)
    _go(first)
    deadline = time.monotonic() + 60
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with (
        pytest.raises(RunError, match=rf"is being run by process {first.pid} on "),
        hold_run(RunFolder("s3://bucket/held")),
    ):
        pass
    first.kill()
    first.communicate()
    out.write_text("")
    processes = [_begin("s3://bucket/held", out, 5.0) for _ in range(4)]
    for process in processes:
        _go(process)
    ends = [process.communicate(timeout=120) for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2, 2, 2], ends
    assert out.read_text() == "in\nout\n"
    assert find_holder(RunFolder("s3://bucket/held")) is None
    fs, path = open_fs("s3://bucket/held")
    assert not fs.exists(path) or fs.ls(path) == []


def test_cut_log_on_s3_is_recovered(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A log cut on a bucket is mended there, and resume runs what the cut took."""
    _use(monkeypatch, s3)
    url = "s3://bucket/runs/cut"
    done = _gyges("run", _write_study(tmp_path, 20), "--out", url, "--no-certificate")
    assert done.returncode == 0, done.stderr
    before = read_file(f"{url}/codes.parquet")
    (log,) = list_logs(f"{url}/logs")
    content = read_file(log)
    write_file(log, content[: len(content) // 2])
    folder = open_run(url)
    with hold_run(folder):
        recover_logs(folder)
    kept = len(find_finished(log))
    assert 0 < kept < 20
    assert len(find_missing(folder)) == 20 - kept
    done = _gyges("resume", url)
    assert done.returncode == 0, done.stderr
    assert f"{kept} of 20 trials" in done.stderr
    assert "20 of 20 trials" in done.stderr
    assert read_file(f"{url}/codes.parquet") == before


def test_judges_answers_are_kept_on_s3(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What judges answer is kept on a bucket, through a storage that fails, and not asked again."""
    url = "s3://bucket/runs/judged"
    _use(monkeypatch, s3)
    done = _gyges("run", _write_study(tmp_path, 12), "--out", url, "--no-certificate")
    assert done.returncode == 0, done.stderr
    truths = find_truths(f"{url}/logs")
    with unreliable(s3, every_tenth) as proxy, serve(judge_by_truth(truths)) as judge:
        _use(monkeypatch, proxy.url)
        for kept in (0, 12):
            code, said, error = finish(start("code", url, "--judge", JUDGE, url=judge.url))
            assert code == 0, error
            assert f"12 readings, {kept} of them answered before" in said
        assert len(judge.requests) == 12
        assert proxy.n_faults > 0


@pytest.mark.parametrize("victim", ["worker", "driver"])
def test_killed_run_on_s3_is_carried_on(
    s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, victim: str
) -> None:
    """After kill -9 of a worker or of the driver, resume ends with each trial once."""
    import psutil

    _use(monkeypatch, s3)
    url = f"s3://bucket/runs/killed-{victim}"
    study = _write_study(tmp_path, 140, "agentic")
    process = subprocess.Popen(
        [
            *GYGES,
            "run",
            study,
            "--out",
            url,
            "--workers",
            "2",
            "--no-certificate",
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and not _has_logs(url) and process.poll() is None:
        time.sleep(0.2)
    time.sleep(1.0)
    children = psutil.Process(process.pid).children(recursive=True)
    workers = [each for each in children if "spawn_main" in " ".join(each.cmdline())]
    os.kill(process.pid if victim == "driver" else workers[-1].pid, signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode != 0, said
    psutil.wait_procs(children, timeout=30)
    done = _gyges("resume", url, "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert ("taken over from process" in done.stderr) == (victim == "driver")
    _check_whole(url, 140)


def _has_logs(url: str) -> bool:
    fs, path = open_fs(f"{url}/logs")
    try:
        return bool(fs.ls(path))
    except FileNotFoundError:
        return False
