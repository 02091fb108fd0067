"""Labels on the disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.errors import RunError
from gyges.labelling import Journal, read_labels
from gyges.records.codebook import Label


def _label(n: int, value: str | None = "yes") -> Label:
    return Label(trial=f"t{n}", item="refusal", labeller="ana", value=value, at="2026-11-25T09:00:00+00:00")


def test_every_label_is_one_line(tmp_path: Path) -> None:
    """What is appended is read back, in order, one line each, and the file only grows."""
    path = tmp_path / "labels.jsonl"
    journal = Journal(path)
    journal.append([_label(1)])
    before = path.read_bytes()
    journal.append([_label(1, None), _label(2)])
    assert path.read_bytes().startswith(before)
    assert read_labels(path) == [_label(1), _label(1, None), _label(2)]
    assert len(path.read_text().splitlines()) == 3


def test_a_label_is_forced_onto_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When `append` returns, the whole line has been written and then synced."""
    synced: list[int] = []

    def note(file: int) -> None:
        synced.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fsync", note)
    path = tmp_path / "labels.jsonl"
    journal = Journal(path)
    for n in range(3):
        journal.append([_label(n)])
        assert synced[-1] == path.stat().st_size


@given(cut=st.integers(1, 400))
def test_half_a_line_is_passed_over(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Wherever the end is cut off, whole lines are read, and what is written next is whole too."""
    path = tmp_path_factory.mktemp("journal") / "labels.jsonl"
    Journal(path).append([_label(n) for n in range(4)])
    content = path.read_bytes()[:-cut]
    path.write_bytes(content)
    kept = [_label(n) for n in range(content.count(b"\n"))]
    assert read_labels(path) == kept
    Journal(path).append([_label(9)])
    assert read_labels(path) == [*kept, _label(9)]


def test_a_long_half_line_is_cut_off(tmp_path: Path) -> None:
    """Half a line longer than any block that is looked at does no harm either."""
    path = tmp_path / "labels.jsonl"
    path.write_bytes(_label(1).model_dump_json().encode() + b"\n" + b"x" * 20_000)
    Journal(path).append([_label(2)])
    assert read_labels(path) == [_label(1), _label(2)]


def test_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    """Several journals over one file, written at once, keep every label whole."""
    path = tmp_path / "labels.jsonl"

    def write(start: int) -> None:
        journal = Journal(path)
        for n in range(start, start + 25):
            journal.append([_label(n)])

    threads = [threading.Thread(target=write, args=(100 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(label.trial for label in read_labels(path)) == sorted(
        f"t{100 * i + n}" for i in range(4) for n in range(25)
    )


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails, it is said in one sentence, and the label does not count."""
    path = tmp_path / "labels.jsonl"
    journal = Journal(path)
    journal.append([_label(1)])

    def fail(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=r"labels\.jsonl: cannot be written \(No space left on device\)\.$"):
        journal.append([_label(2)])
    assert read_labels(path) == [_label(1)]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    """A whole line that is no label is named by file and number, also when it comes later."""
    path = tmp_path / "labels.jsonl"
    journal = Journal(path)
    journal.append([_label(1)])
    journal.read_new()
    with path.open("ab") as file:
        file.write(b'{"trial": 1}\n')
    with pytest.raises(RunError, match=r"labels\.jsonl:2: is no label"):
        journal.read_new()


def test_new_labels_are_read_once(tmp_path: Path) -> None:
    """A journal gives each label once, those of other processes too; without a file there are none."""
    path = tmp_path / "labels.jsonl"
    journal = Journal(path)
    assert journal.read_new() == []
    Journal(path).append([_label(1)])
    assert journal.read_new() == [_label(1)]
    journal.append([_label(2)])
    assert journal.read_new() == [_label(2)]
    assert journal.read_new() == []
