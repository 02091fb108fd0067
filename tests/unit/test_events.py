"""The structured log of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gyges import events, watching
from gyges.budget import Purse
from gyges.errors import BudgetError
from gyges.events import EventLog
from gyges.records.progress import Progress
from gyges.records.study import ModelSpec, Study
from gyges.records.tokens import Tokens
from gyges.run_folder import RunFolder
from gyges.trials import Note, Notice, ShardEnd, TrialEnd
from gyges.watching import Watch, read_progress

KEY = "sk-abcdefghijklmnopqrstuvwxyz"


def _read(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def _words() -> list[Any]:
    return [
        Note(kind="begin", trial="s0", model="openai/a"),
        Note(kind="retry", model="a", cause="429", wait_s=1.5),
        Note(kind="retry", model="a", cause="429", wait_s=0.5),
        Note(kind="attempt", trial="t0", cause=f"bad key {KEY}", models={"openai/a": Tokens(5, 5)}),
        TrialEnd(trial="t0", ok=False, cause=f"Bearer {KEY} refused", kind="auth"),
        TrialEnd(trial="t1", ok=True, input_tokens=7, output_tokens=3, models={"openai/a": Tokens(7, 3)}),
        Notice(model="openai/a", text=f"openai/a is paused ({KEY})."),
        ShardEnd(shard="s0", log="/some/where/logs/x.eval", error=""),
    ]


def _watch_until(folder: RunFolder, problem: BaseException, words: Sequence[Any] = ()) -> None:
    with Watch(folder) as watch:
        watch.plan({"m": 2}, {"t1": "m"})
        for word in words:
            watch.hear(word)
        raise problem


def test_every_event_is_one_line_with_what_is_documented(tmp_path: Path) -> None:
    """Starts, shards, trials, attempts, retries, pauses and the end stand in the log in their order."""
    with Watch(RunFolder(str(tmp_path))) as watch:
        watch.plan({"m": 2}, {"t0": "m", "t1": "m"})
        for word in _words():
            watch.hear(word)
        watch.enter("coding")
    found = _read(tmp_path)
    assert [each["event"] for each in found if each["event"] != "retries"] == [
        "run-started",
        "shard-started",
        "attempt-failed",
        "trial-ended",
        "trial-ended",
        "model-notice",
        "shard-ended",
        "phase",
        "run-finished",
    ]
    retries = [each for each in found if each["event"] == "retries"]
    assert sum(each["n"] for each in retries) == 2
    assert sum(each["waited_s"] for each in retries) == 2.0
    assert len({each["session"] for each in found}) == 1
    failed, ended = (each for each in found if each["event"] == "trial-ended")
    assert (failed["ok"], failed["cause"]) == (False, "auth")
    assert ended["tokens"] == {"openai/a": [7, 3, 0, 0]}
    assert found[-1]["failed"] == 1


def test_no_secret_is_ever_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what looks like a key nor the value of a key's variable reaches events or progress."""
    monkeypatch.setenv("LOOPBACK_API_KEY", "plain-words-as-a-key")
    words = [*_words(), Notice(model="m", text="header x-api-key: plain-words-as-a-key")]
    with suppress(RuntimeError):
        _watch_until(RunFolder(str(tmp_path)), RuntimeError(f"plain-words-as-a-key and {KEY}"), words)
    for path in tmp_path.iterdir():
        text = path.read_text()
        assert KEY not in text
        assert "plain-words-as-a-key" not in text
    assert (tmp_path / "events.jsonl").read_text().count("[secret]") >= 5


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (BudgetError("b"), "budget reached"),
        (SystemExit(1), "somebody stopped it"),
        (KeyboardInterrupt(), "somebody stopped it"),
        (RuntimeError("no\nmore"), "RuntimeError: no"),
    ],
)
def test_why_a_run_stopped_is_said(tmp_path: Path, problem: BaseException, why: str) -> None:
    """The last event and `progress.json` say why."""
    folder = RunFolder(str(tmp_path))
    with pytest.raises(type(problem)):
        _watch_until(folder, problem)
    last = _read(tmp_path)[-1]
    assert (last["event"], last["why"], last["done"]) == ("run-stopped", why, 1)
    progress = read_progress(folder)
    assert progress
    assert (progress.state, progress.why, progress.planned, progress.done) == ("stopped", why, 2, 1)


def test_progress_is_written_every_two_seconds_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand words within a moment make no thousand files, and the last numbers are there at the end."""
    n_writes: list[str] = []
    write = RunFolder.write

    def count(folder: RunFolder, name: str, content: bytes) -> None:
        n_writes.append(name)
        write(folder, name, content)

    monkeypatch.setattr(RunFolder, "write", count)
    shown: list[Progress] = []
    folder = RunFolder(str(tmp_path))
    with Watch(folder, shown.append) as watch:
        watch.plan({"m": 1000}, {f"t{i}": "m" for i in range(1000)})
        for i in range(1000):
            watch.hear(TrialEnd(trial=f"t{i}", ok=True))
    assert n_writes.count("progress.json") <= 3
    assert len(shown) < 60
    progress = read_progress(folder)
    assert progress
    assert progress.done == shown[-1].done == 1000
    assert progress.state == "finished"


def test_a_damaged_progress_is_none(tmp_path: Path) -> None:
    """What cannot be read as progress says nothing, and stops nobody."""
    folder = RunFolder(str(tmp_path))
    for content in (b"", b"{", b"[1]", b'{"state": "asleep"}', b"\xff\xfe"):
        folder.write(watching.PROGRESS, content)
        assert read_progress(folder) is None
    with pytest.raises(ValidationError):
        Progress.model_validate({})


def test_object_storage_gets_files_of_a_session_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be appended to, a session writes files of its own, each event in one of them."""
    monkeypatch.setattr(events, "_LARGE", 2_000)
    folder = RunFolder("memory://watched/run")
    log = EventLog(folder, "abc")
    for i in range(60):
        log.write({"event": "trial-ended", "trial": f"t{i}"})
        log.flush()
    log.flush(now=True)
    import fsspec

    fs = fsspec.filesystem("memory")
    names = sorted(fs.glob("/watched/run/events/*.jsonl"))
    assert names[0].endswith("abc-0001.jsonl")
    lines = [json.loads(line) for name in names for line in fs.cat_file(name).decode().splitlines()]
    assert [each["trial"] for each in lines] == [f"t{i}" for i in range(60)]
    assert not folder.exists("events.jsonl")


def test_what_was_spent_before_outlives_a_watch_that_never_heard_of_it(tmp_path: Path) -> None:
    """Until a session has read what earlier ones spent, it writes nothing over it; from then on it does."""
    folder = RunFolder(str(tmp_path))
    with Watch(folder) as watch:
        purse = Purse(Study(name="s", models=(ModelSpec(name="gyges/random"),)), None)
        purse.raise_to(tokens=9_000, usd=None)
        watch.open(purse)
    assert _read_tokens(folder) == 9_000
    with Watch(folder) as watch:
        watch._save(now=True)
        assert _read_tokens(folder) == 9_000
    assert _read_tokens(folder) == 9_000
    with Watch(folder) as watch:
        before = read_progress(folder)
        assert before is not None
        purse.raise_to(tokens=before.tokens + 1, usd=None)
        watch.open(purse)
    assert _read_tokens(folder) == 9_001


def _read_tokens(folder: RunFolder) -> int:
    found = read_progress(folder)
    assert found is not None
    return found.tokens
