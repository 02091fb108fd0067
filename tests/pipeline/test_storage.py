"""Files on storages of every kind: whole or not at all, and errors that say what is wrong."""

from __future__ import annotations

import errno
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.arrow import ArrowFSWrapper

from gyges import reaching, storage
from gyges.errors import RunError
from gyges.holding import hold_run
from gyges.reaching import file_exists, may_pass, persist, read_file
from gyges.run_folder import RunFolder, check_new_folder, is_run
from gyges.storage import create_file, name_folder, remove_file, write_file
from tests.pipeline.test_cli import assert_refused, gyges


class Elsewhere(ArrowFSWrapper):  # type: ignore[misc]  # fsspec has no types
    """A storage with folders that is neither a disk nor an object store, as far as fsspec knows."""

    protocol = "elsewhere"

    def __init__(self, **_: Any) -> None:
        from pyarrow.fs import LocalFileSystem

        super().__init__(LocalFileSystem())

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.removeprefix("elsewhere://")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder on such a storage."""
    monkeypatch.setattr(storage, "_SETTLE_S", 0.3)
    fsspec.register_implementation("elsewhere", Elsewhere, clobber=True)
    return f"elsewhere://{tmp_path}/folder"


def test_file_url_is_the_path_it_names(tmp_path: Path) -> None:
    """A `file://` URL names the same folder as its path, and is written as safely."""
    assert name_folder(f"file://{tmp_path}/run/") == f"{tmp_path}/run"
    write_file(f"file://{tmp_path}/run/a", b"one")
    assert (tmp_path / "run" / "a").read_bytes() == read_file(f"file://{tmp_path}/run/a") == b"one"
    assert not create_file(f"file://{tmp_path}/run/a", b"two")
    check_new_folder(f"file://{tmp_path}/new")
    with pytest.raises(RunError, match="is not empty"):
        check_new_folder(f"file://{tmp_path}/run")


@pytest.mark.slow
def test_run_on_a_file_url(tmp_path: Path) -> None:
    """A run goes into a `file://` folder and is carried on there."""
    study = tmp_path / "study.yaml"
    study.write_text("name: s\nmodels: [{name: gyges/aligned}]\nscenarios: [night-shift]\ntrials: 4\n")
    url = f"file://{tmp_path}/run"
    done = gyges("run", str(study), "--out", url, "--no-certificate")
    assert done.returncode == 0, done.stderr
    assert gyges("resume", url).returncode == 0
    assert (tmp_path / "run" / "report.html").exists()


def test_other_storages_are_written_beside_and_moved(elsewhere: str, tmp_path: Path) -> None:
    """Where a put is not whole or nothing, a reader still finds one whole file or the other."""
    folder = RunFolder(elsewhere)
    folder.write("file", b"a" * 100_000)
    found = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            content = folder.read("file")
            found.add((content[:1], len(content), len(set(content))))

    reader = threading.Thread(target=read)
    reader.start()
    for letter in b"bcdefghij":
        folder.write("file", bytes([letter]) * 100_000)
    is_over.set()
    reader.join()
    assert {(size, kinds) for _, size, kinds in found} == {(100_000, 1)}
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["file"]


def test_run_is_held_on_other_storages_too(elsewhere: str, tmp_path: Path) -> None:
    """Where nothing can be written on a condition, one of several still holds the run."""
    held: list[int] = []
    together: list[int] = []

    def hold(number: int) -> None:
        try:
            with hold_run(RunFolder(elsewhere)):
                held.append(number)
                together.append(len(held))
                time.sleep(1.5)
                held.remove(number)
        except RunError:
            return

    threads = [threading.Thread(target=hold, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(together) == {1}
    assert not (tmp_path / "folder" / "running.json").exists()


def test_disk_without_links_still_creates_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that knows no hard links, the first still gets the name and the second does not."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", refuse)
    target = str(tmp_path / "file")
    assert create_file(target, b"first")
    assert not create_file(target, b"second")
    assert read_file(target) == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


WRITE = """
import sys
from gyges.storage import write_file
print("ready", flush=True)
while True:
    for letter in b"abcdef":
        write_file(sys.argv[1], bytes([letter]) * 3_000_000)
"""


@pytest.mark.slow
def test_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    """A process killed in the middle of writing leaves what was there before, or what it wrote."""
    target = tmp_path / "file"
    write_file(str(target), b"a" * 3_000_000)
    moments = random.Random(4)
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", WRITE, str(target)], stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.3))
            process.kill()
        content = target.read_bytes()
        assert len(content) == 3_000_000
        assert len(set(content)) == 1


def test_missing_package_is_one_sentence(tmp_path: Path) -> None:
    """A storage whose package is not installed is named with the package."""
    with pytest.raises(RunError, match=r"gs://bucket/run\S*: cannot be reached .*gcsfs"):
        is_run("gs://bucket/run")
    study = tmp_path / "study.yaml"
    study.write_text("name: s\nmodels: [{name: gyges/aligned}]\nscenarios: [night-shift]\ntrials: 4\n")
    assert_refused(gyges("run", str(study), "--out", "gs://bucket/run"), "gs://bucket/run", "gcsfs")


def test_failing_for_the_moment_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may pass is tried again until it passes or patience ends; what will not pass is not."""
    calls: list[int] = []

    def fail(times: int, problem: Exception) -> str:
        calls.append(1)
        if len(calls) <= times:
            raise problem
        return "done"

    assert persist("s3://b/x", lambda: fail(3, ConnectionResetError("cut"))) == "done"
    assert len(calls) == 4
    calls.clear()
    with pytest.raises(FileNotFoundError):
        persist("s3://b/x", lambda: fail(3, FileNotFoundError("no")))
    assert len(calls) == 1
    calls.clear()
    with pytest.raises(ConnectionResetError):
        persist("a/local/path", lambda: fail(3, ConnectionResetError("cut")))
    calls.clear()
    monkeypatch.setattr(reaching, "_PATIENCE_S", 0.5)
    with pytest.raises(RunError, match="s3://b/x: cannot be reached"):
        persist("s3://b/x", lambda: fail(1000, OSError(errno.EBUSY, "busy")))
    assert len(calls) > 1


def test_what_may_pass_is_told_from_what_will_not() -> None:
    """Errors of each storage's library are known by what they say about the moment."""
    from botocore.exceptions import ClientError, EndpointConnectionError

    def answer(status: int, code: str) -> ClientError:
        return ClientError(
            {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject"
        )

    for problem in (
        answer(503, "SlowDown"), answer(500, "InternalError"), EndpointConnectionError(endpoint_url="x"),
        TimeoutError(), ConnectionAbortedError(), OSError(errno.EBUSY, "busy"),
        ExceptionGroup("several", [ConnectionResetError()]),
    ):  # fmt: skip
        assert may_pass(problem), problem
    for problem in (
        answer(403, "AccessDenied"), answer(404, "NoSuchKey"), PermissionError(), FileNotFoundError(),
        ValueError("500"), OSError(errno.ENOSPC, "full"),
    ):  # fmt: skip
        assert not may_pass(problem), problem


def test_absence_is_never_guessed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A storage that does not answer is not taken for one where nothing is."""
    monkeypatch.setattr(reaching, "_PATIENCE_S", 0.2)

    class Silent(fsspec.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
        protocol = "silent"

        def info(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise TimeoutError

    fsspec.register_implementation("silent", Silent, clobber=True)
    with pytest.raises(RunError, match="cannot be reached"):
        file_exists("silent://somewhere/study.lock.yaml")
    remove_file(str(tmp_path / "nothing"))
