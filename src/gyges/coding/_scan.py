"""Judges as Inspect Scout scanners over a run's logs; the results open in Scout's viewer."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inspect_scout import (
    Reference,
    Result,
    Scanner,
    Transcript,
    columns,
    scan,
    scan_complete,
    scanner,
    transcripts_from,
)
from platformdirs import user_data_path

from gyges.coding._judge import Judge
from gyges.coding._judgment import Judgment
from gyges.coding._kept import ITEMS, OURS, list_scans
from gyges.coding._questions import Case
from gyges.coding._show import QuoteFinder
from gyges.errors import RunError
from gyges.reaching import is_local, read_file
from gyges.records.codebook import Answer

Listener = Callable[[Judgment], None]

_DISPLAY = "inspect_scout._display.log"
"""Logger of Scout's display for logs."""

_SYNC_EVERY = 5_000
"""Results after which what came so far is written to a run folder that is not on this machine.

Each time, Scout lays out anew all that came. Until then, and always on this machine, results stand in Scout's
buffer, each in a file of its own, and `recover_scans` brings in those of a scan that was stopped.
"""

_VERSION = 1
_MEMORY = Path("/dev/shm")  # noqa: S108  # nosec B108 - a folder of our own is made in it
_BUFFER = "SCOUT_SCANBUFFER_DIR"


def scan_cases(
    work: Mapping[Judge, Sequence[Case]],
    logs: Sequence[str],
    scans: str,
    *,
    connections: int,
    on_judgment: Listener,
) -> bool:
    """Put cases to judges, as one Scout scan for all judges that read the same trials.

    Args:
        work: Judge to the cases it is to read.
        logs: The logs that hold the trials.
        scans: Folder of the run's scans.
        connections: Calls under way at once.
        on_judgment: Called with each judgment.

    Returns:
        Whether it went to its end.
    """
    groups: dict[frozenset[str], list[Judge]] = {}
    for judge, missing in work.items():
        groups.setdefault(frozenset(case.sample for case in missing), []).append(judge)
    for samples, judges in groups.items():
        cases = {case.sample: case for case in work[judges[0]]}
        if not samples:
            continue
        scanners = {
            _name_scanner(judge, i): _make_scanner(judge, cases, on_judgment)
            for i, judge in enumerate(judges)
        }
        with _hearing_of_interrupts() as heard, _without_live_display():
            status = scan(
                scanners,
                transcripts=transcripts_from(list(logs)).where(columns.transcript_id.in_(sorted(samples))),
                scans=scans,
                model=judges[0].model,
                max_transcripts=connections,
                max_processes=1,
                results_buffer=_SYNC_EVERY if "://" in scans else None,
                metadata={
                    "judges": [judge.name for judge in judges],
                    "codebook": judges[0].questions.hash,
                    ITEMS: judges[0].questions.item_keys,
                },
                display="log",
                log_level="error",
            )
        if heard:
            raise RunError(f"{scans}: the scan ended early ({heard[0]}); what was answered is kept.")
        if not status.complete:
            return False
    return True


@contextmanager
def _without_live_display() -> Iterator[None]:
    """Keep in memory what Scout notes about a scan under way, for who looks at its progress in the viewer.

    Scout commits it to disk after every result, which holds up all calls meanwhile. Results are written as
    ever.
    """
    memory = _MEMORY if _MEMORY.is_dir() else None
    data = user_data_path("inspect_ai")
    with TemporaryDirectory(prefix="gyges-", dir=memory) as folder:
        own = {"XDG_DATA_HOME": folder, _BUFFER: os.environ.get(_BUFFER) or str(data / "scout_scanbuffer")}
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@contextmanager
def _hearing_of_interrupts() -> Iterator[list[str]]:
    """Hear why a scan ended early: Scout tells its display alone, and gives back what it has."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            problem = record.exc_info[1] if record.exc_info else None
            if problem is not None:
                heard.append(f"{type(problem).__name__}: {problem}".splitlines()[0][:200])

    logger, ear = logging.getLogger(_DISPLAY), Ear()
    before = logger.level, logger.propagate
    logger.addHandler(ear)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield heard
    finally:
        logger.removeHandler(ear)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _name_scanner(judge: Judge, number: int) -> str:
    plain = "".join(c if c.isalnum() else "_" for c in judge.name.lower())
    return f"judge_{number}_{plain}"[:60]


def _make_scanner(judge: Judge, cases: Mapping[str, Case], on_judgment: Listener) -> Scanner[Transcript]:
    @scanner(messages="all", metadata=False, name="judge", version=_VERSION)
    def make(model: str, codebook: str) -> Scanner[Transcript]:  # noqa: ARG001 - Scout keeps them with the scan
        async def read(transcript: Transcript) -> Result:
            case = cases[transcript.transcript_id]
            judgment = await judge.read(case)
            on_judgment(judgment)
            return _lay_out(judge, judgment, case, [message.id or "" for message in transcript.messages])

        return read

    made: Scanner[Transcript] = make(model=judge.name, codebook=judge.questions.hash)
    return made


def _lay_out(judge: Judge, judgment: Judgment, case: Case, messages: Sequence[str]) -> Result:
    """Lay a judgment out as Scout shows it; what Gyges reads again rides in the metadata."""
    finder = QuoteFinder(case.shown)
    parts = {item.id: item.part for item in judge.questions.items}
    lines: list[str] = []
    references: dict[str, Reference] = {}
    for answer in judgment.answers:
        lines.append(
            f"- **{answer.item}{f' ({answer.act})' if answer.act else ''}**: {answer.value or answer.reason}"
        )
        for quote in answer.quotes:
            found = finder.find(quote, parts[answer.item])
            at = found.utterance if found else None
            cite = (
                "(not in the transcript)"
                if found is None
                else f"[M{at + 1}]"
                if at is not None
                else "(afterwards)"
            )
            lines.append(f"  - “{quote}” {cite}")
            if at is not None and at < len(messages) and messages[at]:
                references[cite] = Reference(type="message", cite=cite, id=messages[at])
    values = {f"{each.item}:{each.act}" if each.act else each.item: each.value for each in judgment.answers}
    return Result(
        value=values,
        answer=judgment.failed or "answered",
        explanation="\n".join(lines),
        references=list(references.values()),
        metadata={OURS: _pack_judgment(judgment)},
    )


def _pack_judgment(judgment: Judgment) -> dict[str, Any]:
    kept = {each.name: getattr(judgment, each.name) for each in fields(judgment) if each.name != ITEMS}
    return kept | {"answers": [_pack(each) for each in judgment.answers]}


def _pack(answer: Answer) -> dict[str, Any]:
    return answer.model_dump(exclude={"trial", "coder"}, exclude_defaults=True)


def recover_scans(scans: str) -> None:
    """Bring in what interrupted scans left in Scout's buffer: nothing that was paid for is lost."""
    for folder in list_scans(scans):
        if not _is_complete(folder):
            location = str(Path(folder).absolute()) if is_local(folder) else folder
            scan_complete(location, display="none", log_level="error")


def _is_complete(folder: str) -> bool:
    try:
        return bool(json.loads(read_file(f"{folder}/_summary.json")).get("complete"))
    except (FileNotFoundError, ValueError):
        return False
