"""Spoiled files of every kind: each is read, or refused in one sentence, in time and in little memory."""

from __future__ import annotations

import copy
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gyges.errors import LogError, RunError
from gyges.trials import find_finished, read_transcripts, recover_log
from tests.fuzz.good import Good, make_good
from tests.fuzz.mutate import spoil_bytes, spoil_json
from tests.fuzz.targets import TARGETS, laying_out, spoil
from tests.fuzz.watching import MOST_MB, MOST_S, BrokenError, watch

SLOW = {"codes.parquet", "answers.parquet"}
"""Readers that analyze a run."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Good]:
    """Give a run with every artifact; what each test spoils in it is put back."""
    folder = tmp_path_factory.mktemp("good")
    made = make_good(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.scratch)
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_spoiled_file_is_read_or_refused_in_a_sentence(kind: str, good: Good) -> None:
    """No traceback, no hang, no flood, whatever was done to the file."""
    # A study of our own names a profile that lies beside it, and is moved to be read.
    path = min(
        good.list_files(kind), key=lambda each: (kind == "study" and good.scratch in each.parents, each)
    )
    with laying_out(kind, good, path, path.read_bytes()) as read:
        sound = watch(read, most_s=60)
        assert sound.accepted
        # What analyzes a run takes its time for a sound file too, and more on a busy machine.
        most_s = MOST_S + 2 * watch(read, most_s=60).seconds

    @settings(
        max_examples=3 if kind in SLOW else 12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(number=st.integers(0, 2**32))
    def read_spoiled(number: int) -> None:
        path, content = spoil(kind, Random(number), good)
        with laying_out(kind, good, path, content) as read:
            watch(read, most_s=most_s)

    read_spoiled()


def test_what_watches_sees_what_breaks() -> None:
    """A traceback, a flood of text and a flood of memory are noticed."""

    def say(text: str) -> None:
        problem = RunError("cleaned when it is made.")
        problem.args = (text,)
        raise problem

    with pytest.raises(BrokenError, match="KeyError"):
        watch(lambda: {"some": 1}["nothing"])
    with pytest.raises(BrokenError, match="one sentence"):
        watch(lambda: say("one\ntwo."))
    with pytest.raises(BrokenError, match="no sentence"):
        watch(lambda: say("nothing that ends"))
    with pytest.raises(BrokenError, match="obeys"):
        watch(lambda: say("\x1b[2J."))
    with pytest.raises(BrokenError, match="MB"):
        watch(lambda: bytearray(int(1.5 * MOST_MB * 1e6)))
    assert watch(lambda: say("No.")).said == "No."


def test_spoiling_spoils() -> None:
    """What is called spoiled differs from what it was made of."""
    content = b'{"a": [1, 2, {"b": "text"}], "c": null}'
    for spoil_it in (spoil_json, spoil_bytes):
        assert sum(spoil_it(Random(i), content) != content for i in range(100)) > 80


def _write_log(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, inside in members.items():
            archive.writestr(name, inside)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(lambda: b" " * 700_000_000, id="vast"),
        pytest.param(lambda: b"[" + b"[]," * 15_000_000 + b"[]]", id="many"),
        pytest.param(lambda: b"[" * 5_000_000, id="deep"),
    ],
)
@pytest.mark.parametrize("name", ["header.json", "summaries.json", "samples/one_epoch_1.json"])
def test_a_bomb_is_refused_before_it_is_read(name: str, inside: object, tmp_path: Path) -> None:
    """A small log that unfolds into a vast, crowded or deep one costs neither time nor memory."""
    assert callable(inside)
    log = tmp_path / "bomb.eval"
    _write_log(
        log, {"_journal/start.json": b"{}", "header.json": b"{}", "summaries.json": b"[]", name: inside()}
    )

    def read() -> None:
        with pytest.raises(LogError, match="damaged"):
            list(read_transcripts(str(log)))
        if not name.startswith("samples/"):
            with pytest.raises(LogError, match="damaged"):
                find_finished(str(log))

    watch(read)


def test_a_member_that_understates_its_size_is_refused(tmp_path: Path) -> None:
    """What a member says it holds is not believed."""
    log = tmp_path / "liar.eval"
    true, false = (10_000).to_bytes(4, "little"), (100).to_bytes(4, "little")
    _write_log(log, {"header.json": b"{}", "summaries.json": b" " * 10_000})
    content = log.read_bytes()
    assert content.count(true) >= 2
    log.write_bytes(content.replace(true, false))
    with pytest.raises(LogError, match="damaged"):
        find_finished(str(log))


def _add_twice(name: str, inside: bytes, times: int) -> bytes:
    """Write a zip whose directory names one member many times."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, inside)
        one = archive.infolist()[0]
        for i in range(times):
            other = copy.copy(one)
            other.filename = f"journal{i}.json"
            archive.filelist.append(other)
    return target.getvalue()


def test_members_in_one_another_are_refused(tmp_path: Path) -> None:
    """A directory may not name the same bytes again and again."""
    log = tmp_path / "again.eval"
    log.write_bytes(_add_twice("header.json", b" " * 1_000_000, 50))
    with pytest.raises(LogError, match="UnpackingError"):
        find_finished(str(log))


def test_members_are_bounded_together(tmp_path: Path) -> None:
    """Many members, each within bounds, may not unfold into gigabytes either."""
    log = tmp_path / "many.eval"
    inside = b" " * 60_000_000
    _write_log(log, {f"samples/{i}_epoch_1.json": inside for i in range(8)})

    def read() -> None:
        with pytest.raises(LogError, match="UnpackingError"):
            find_finished(str(log))
        assert recover_log(log.read_bytes()) is None

    watch(read)


@pytest.mark.parametrize("flag", [0x00, 0x08])
def test_recovery_is_bounded_too(flag: int) -> None:
    """Headers that lead nowhere, lie in one another, or lack their end cost no more than reading does."""
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flag, 8, 0, 0, 0, 50, 60_000_000, 10, 0)
    packed = zlib.compress(b" " * 60_000_000, 9)[2:-4]
    content = (header + b"samples/ab") * 40_000 + packed
    assert watch(lambda: recover_log(content)).seconds < MOST_S
