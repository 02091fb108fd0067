"""Logs that were cut off or damaged, and what is whole of them."""

from __future__ import annotations

import io
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inspect_ai.log import EvalLog, read_eval_log, read_eval_log_sample_summaries

from gyges.errors import RunError
from gyges.run_folder import open_run
from gyges.running import RunOptions, find_missing
from gyges.study import Run, code_run, resume_run
from gyges.trials import Recovered, ThisProcess, find_finished, list_logs, read_transcripts, recover_log
from tests.pipeline.conftest import SMALL


@pytest.fixture(scope="module")
def whole(small_run: Run) -> bytes:
    """A whole log of the small run."""
    return max((path.read_bytes() for path in Path(small_run.url, "logs").glob("*.eval")), key=len)


def _read(content: bytes) -> EvalLog:
    return read_eval_log(io.BytesIO(content), format="eval")


def _members(content: bytes) -> list[tuple[str, int, int]]:
    """Give each member's name, where its header begins and where its content ends."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            n_name, n_extra = struct.unpack_from("<2H", content, info.header_offset + 26)
            end = info.header_offset + 30 + n_name + n_extra + info.compress_size
            found.append((info.filename, info.header_offset, end))
    return found


def _count(recovered: Recovered | None) -> int:
    return recovered.n_samples if recovered else 0


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
def test_cut_log_keeps_every_whole_sample(whole: bytes, share: float) -> None:
    """A log cut at any byte keeps just the samples that were written to their end before it."""
    cut = int(share * (len(whole) - 1))
    expected = sum(name.startswith("samples/") and end <= cut for name, _, end in _members(whole))
    recovered = recover_log(whole[:cut])
    assert _count(recovered) == expected
    if recovered:
        before = {sample.id: sample for sample in _read(whole).samples or ()}
        kept = _read(recovered.content).samples or []
        assert len(kept) == expected
        for sample in kept:
            assert sample.model_dump() == before[sample.id].model_dump()


def test_cut_just_before_and_after_each_sample(whole: bytes) -> None:
    """One byte decides whether a sample is whole."""
    ends = [end for name, _, end in _members(whole) if name.startswith("samples/")]
    for n, end in list(enumerate(ends))[:: max(1, len(ends) // 6)]:
        assert _count(recover_log(whole[: end - 1])) == n
        assert _count(recover_log(whole[:end])) == n + 1


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), length=st.integers(1, 3000))
def test_hole_in_a_log_costs_only_what_it_touches(whole: bytes, share: float, length: int) -> None:
    """Zeros somewhere in a log cost the samples they touch and no other."""
    at = int(share * (len(whole) - length))
    damaged = whole[:at] + bytes(length) + whole[at + length :]
    touched = [name for name, begin, end in _members(whole) if begin < at + length and at < end]
    recovered = recover_log(damaged)
    if "_journal/start.json" in touched and damaged != whole:
        assert recovered is None or _count(recovered) <= len(_read(whole).samples or ())
        return
    samples = {name for name, _, _ in _members(whole) if name.startswith("samples/")}
    assert _count(recovered) >= len(samples - set(touched))


@settings(max_examples=200)
@given(content=st.binary(max_size=400), begin=st.sampled_from([b"", b"PK\x03\x04", b"PK\x03\x04" * 9]))
def test_noise_is_no_log(content: bytes, begin: bytes) -> None:
    """Anything else gives nothing, and no error."""
    assert recover_log(begin + content) is None


def test_recovered_log_is_a_log_like_any_other(whole: bytes, tmp_path: Path) -> None:
    """Every way in which logs are read works on what was recovered, which comes out the same each time."""
    cut = whole[: len(whole) // 2]
    recovered = recover_log(cut)
    assert recovered
    assert recovered == recover_log(cut)
    path = tmp_path / "2026-01-01T00-00-00_gyges_x.eval"
    path.write_bytes(recovered.content)
    (log,) = list_logs(str(tmp_path))
    assert len(find_finished(log)) == len(list(read_transcripts(log))) == recovered.n_samples
    header = read_eval_log(log, header_only=True)
    assert header.status == "cancelled"
    used = sum(
        usage.total_tokens
        for each in read_eval_log_sample_summaries(log)
        for usage in each.model_usage.values()
    )
    assert sum(usage.total_tokens for usage in header.stats.model_usage.values()) == used > 0


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_log_written_to_a_stream_is_recovered_too(whole: bytes, method: int) -> None:
    """Members whose sizes stand behind them, and other ways to pack them, are found as well."""

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.content = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, text: bytes) -> int:  # type: ignore[override]  # a stream takes any buffer
            self.content += text
            return len(text)

    stream = Stream()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(stream, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    content = bytes(stream.content)
    n_samples = len(_read(whole).samples or ())
    assert _count(recover_log(content)) == n_samples
    assert 0 < _count(recover_log(content[: len(content) // 2])) < n_samples


def test_bomb_is_not_unpacked() -> None:
    """A member that says it is small and is not, or that says it is huge, is left out."""
    bomb = zlib.compress(bytes(50_000_000))[2:-4]
    for says in (1000, 1 << 31):
        header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(bomb), says, 19, 0)
        assert recover_log(header + b"_journal/start.json" + bomb) is None


def test_resume_runs_only_what_a_cut_took(run_copy: Path) -> None:
    """After a cut, resume runs the trials behind it alone, and ends where the undisturbed run did."""
    before = (run_copy / "codes.parquet").read_bytes()
    log = max((run_copy / "logs").glob("*.eval"), key=lambda path: path.stat().st_size)
    n_samples = len(find_finished(str(log)))
    cut = log.read_bytes()[: log.stat().st_size * 2 // 3]
    log.write_bytes(cut)
    kept = _count(recover_log(cut))
    assert 0 < kept < n_samples
    seen: list[str] = []
    resume_run(str(run_copy), RunOptions(executor=ThisProcess(), on_trial=lambda end: seen.append(end.trial)))
    assert len(seen) == len(set(seen)) == n_samples - kept
    assert len(find_finished(str(log))) == kept
    assert (run_copy / "logs" / "damaged" / log.name).read_bytes() == cut
    assert (run_copy / "codes.parquet").read_bytes() == before


def test_damage_inside_a_log_is_mended_by_resume(run_copy: Path) -> None:
    """A log of which one trial is damaged, but not the list of them, is mended, and that trial run again."""
    before = (run_copy / "codes.parquet").read_bytes()
    log = max((run_copy / "logs").glob("*.eval"), key=lambda path: path.stat().st_size)
    content = bytearray(log.read_bytes())
    name, begin, end = next(each for each in _members(bytes(content)) if each[0].startswith("samples/"))
    content[(begin + end) // 2 : end] = bytes(end - (begin + end) // 2)
    log.write_bytes(content)
    with pytest.raises(RunError, match=r"cut off or damaged .* `gyges resume`"):
        code_run(open_run(str(run_copy)))
    seen: list[str] = []
    resume_run(str(run_copy), RunOptions(executor=ThisProcess(), on_trial=lambda end: seen.append(end.trial)))
    assert seen == [name.removeprefix("samples/").rsplit("_epoch_", 1)[0]]
    assert (run_copy / "codes.parquet").read_bytes() == before


def test_trial_in_two_logs_is_coded_once(run_copy: Path) -> None:
    """What a lost worker ran, and another ran again, stands in the codes once."""
    before = (run_copy / "codes.parquet").read_bytes()
    for log in sorted((run_copy / "logs").glob("*.eval")):
        shutil.copy(log, log.with_name(log.name.replace("_gyges_", "_gyges_again")))
    folder = open_run(str(run_copy))
    assert find_missing(folder) == []
    code_run(folder)
    codes = folder.scan_table("codes.parquet").collect()
    assert codes.height == codes["trial"].n_unique() == SMALL.trials
    assert (run_copy / "codes.parquet").read_bytes() == before


def test_log_whose_eval_never_ended_counts(run_copy: Path) -> None:
    """A whole log without its end, as a killed worker leaves it, counts for the trials it holds."""
    log = max((run_copy / "logs").glob("*.eval"), key=lambda path: path.stat().st_size)
    finished = find_finished(str(log))
    target = io.BytesIO()
    with zipfile.ZipFile(log) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as killed:
        for name in source.namelist():
            if name not in {"header.json", "summaries.json", "reductions.json"}:
                killed.writestr(name, source.read(name))
    log.write_bytes(target.getvalue())
    assert read_eval_log(str(log), header_only=True).status == "started"
    assert find_finished(str(log)) == finished
    assert find_missing(open_run(str(run_copy))) == []
