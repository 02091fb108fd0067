"""What reads a file of each kind: the same functions that the commands call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from gyges.agents import load_profile
from gyges.analyzing import analyze_run, report_run
from gyges.budget import Purse, read_budget
from gyges.certifying import _read_kept, list_rows
from gyges.cli._choosing import prepare_choice
from gyges.cli.export import Format, _encode
from gyges.coding import code_transcript, load_codebook
from gyges.design import load_study, trials_of
from gyges.judging import load_questions
from gyges.labels import Wanted, draw_labels, import_labels, read_said, write_labels
from gyges.pricing import read_priced, read_prices
from gyges.records.budget import Budget
from gyges.registration import find_changes
from gyges.run_folder import (
    RunFolder,
    open_run,
    read_batteries,
    read_consensus,
    read_foreign,
    read_lock,
    read_scenarios,
)
from gyges.running import find_missing
from gyges.scenarios import check_file, load_battery, load_scenario
from gyges.status import describe_run
from gyges.study import Run
from gyges.tables import read_plan
from gyges.trials import (
    find_finished,
    find_trials,
    read_conversation,
    read_transcripts,
    read_usage,
    recover_log,
)
from tests.fuzz.good import Good
from tests.fuzz.mutate import (
    Spoil,
    spoil_bytes,
    spoil_json,
    spoil_jsonl,
    spoil_lines,
    spoil_log,
    spoil_often,
    spoil_table,
    spoil_yaml,
)

_MOST_PLANNED = 20_000
"""Trials above which the plan of a study that says what it must is left unmade: it is large, not wrong."""


@dataclass(frozen=True)
class Target:
    """A kind of file, how it is spoiled and who reads it."""

    ways: tuple[Spoil, ...]
    read: Callable[[Good, Path], object]
    in_run: bool = False
    """Whether it is read where it lies in a run folder."""


def spoil(kind: str, rng: Random, good: Good) -> tuple[Path, bytes]:
    """Choose a good file of a kind and spoil it; give its place and its new content."""
    path = rng.choice(good.list_files(kind))
    return path, spoil_often(rng, path.read_bytes(), TARGETS[kind].ways)


@contextmanager
def laying_out(kind: str, good: Good, path: Path, content: bytes) -> Iterator[Callable[[], object]]:
    """Put a spoiled file where it is read from; give what reads it, and put all as it was afterwards."""
    target = TARGETS[kind]
    if target.in_run:
        before = {each: each.read_bytes() for each in good.run.rglob("*") if each.is_file()}
        path.write_bytes(content)
        try:
            yield lambda: target.read(good, path)
        finally:
            _put_back(good.run, before)
        return
    place = good.scratch / f"spoiled-{kind.replace(' ', '-')}" / path.name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    try:
        yield lambda: target.read(good, place)
    finally:
        place.unlink()


def _put_back(folder: Path, before: dict[Path, bytes]) -> None:
    for each in folder.rglob("*"):
        if each.is_file() and each not in before:
            each.unlink()
    for each, content in before.items():
        if not each.is_file() or each.read_bytes() != content:
            each.write_bytes(content)


def _read_study(good: Good, path: Path) -> None:
    study = load_study(str(path))
    if study.trials * len(study.models) <= _MOST_PLANNED:
        prepare_choice(str(path), models=None, model_args=None)


def _read_scenario(good: Good, path: Path) -> None:
    _raise_none(check_file(path))
    load_scenario(path)


def _read_battery(good: Good, path: Path) -> None:
    _raise_none(check_file(path))
    load_battery(path)


def _raise_none(findings: Sequence[object]) -> None:
    """Findings are said one a line."""
    assert all(len(str(getattr(each, "message", "x")).splitlines()) <= 1 for each in findings)


def _read_log(good: Good, path: Path) -> None:
    log = str(path)
    run = RunFolder(str(good.run))
    read_usage(log)
    recover_log(path.read_bytes())
    for step in (lambda: find_finished(log), lambda: _code(log), lambda: _converse(log)):
        step()
    find_missing(run)


def _code(log: str) -> None:
    for each in read_transcripts(log):
        code_transcript(each)


def _converse(log: str) -> None:
    wanted = find_finished(log)
    for where in find_trials([log], wanted).values():
        read_conversation(where)
        break


def _run(good: Good) -> RunFolder:
    return open_run(str(good.run))


def _read_locked(good: Good, path: Path) -> None:
    run = _run(good)
    lock = read_lock(run)
    scenarios, batteries = read_scenarios(run, lock), read_batteries(run, lock)
    find_changes(lock, {**scenarios, **batteries}, read_plan(run))
    Purse(lock.study, Budget(usd=5.0))


def _read_plan(good: Good, path: Path) -> None:
    run = _run(good)
    for _ in trials_of(read_plan(run)):
        pass
    find_missing(run)
    _read_locked(good, path)


def _analyze(good: Good, path: Path) -> None:
    analyze_run(_run(good), certificate=0)


def _read_codes(good: Good, path: Path) -> None:
    run = _run(good)
    _encode(Run(run).codes, Format.CSV)
    draw_labels(run, load_questions(run), Wanted(n=4))
    _analyze(good, path)


def _report(good: Good, path: Path) -> None:
    report_run(_run(good))


def _read_certificate(good: Good, path: Path) -> None:
    list_rows(_read_kept(_run(good)))


def _read_budget(good: Good, path: Path) -> None:
    run = _run(good)
    Purse(read_lock(run).study, read_budget(run))


def _read_prices(good: Good, path: Path) -> None:
    run = _run(good)
    read_priced(run, read_lock(run))


def _ask_status(good: Good, path: Path) -> None:
    describe_run(str(good.run))


def _read_coding(good: Good, path: Path) -> None:
    run = _run(good)
    read_foreign(run)
    read_consensus(run)


def _read_labels(good: Good, path: Path) -> None:
    run = _run(good)
    read_said(run)
    write_labels(run)


def _read_label_table(good: Good, path: Path) -> None:
    # Where the journal stands, the table is made from it.
    (good.run / "labels.jsonl").unlink()
    read_said(_run(good))
    write_labels(_run(good))


def _import(good: Good, path: Path) -> None:
    run = _run(good)
    import_labels(run, path, load_questions(run))


_YAML = (spoil_yaml, spoil_yaml, spoil_yaml, spoil_lines, spoil_bytes)
_JSON = (spoil_json, spoil_json, spoil_bytes)
_TABLE = (spoil_table, spoil_table, spoil_table, spoil_bytes)

TARGETS: dict[str, Target] = {
    "study": Target(_YAML, _read_study),
    "scenario": Target(_YAML, _read_scenario),
    "battery": Target(_YAML, _read_battery),
    "codebook item": Target(_YAML, lambda _, path: load_codebook([path.parent], shipped=False)),
    "profile": Target(_YAML, lambda _, path: load_profile(str(path))),
    "log": Target((spoil_log, spoil_log, spoil_bytes), _read_log, in_run=True),
    "labels.csv": Target((spoil_lines, spoil_bytes), _import),
    "labels.jsonl": Target((spoil_jsonl, spoil_jsonl, spoil_bytes), _read_labels, in_run=True),
    "label_draws.json": Target(_JSON, _read_labels, in_run=True),
    "labels.parquet": Target(_TABLE, _read_label_table, in_run=True),
    "study.lock.yaml": Target(_YAML, _read_locked, in_run=True),
    "scenarios/*.json": Target(_JSON, _read_locked, in_run=True),
    "plan.parquet": Target(_TABLE, _read_plan, in_run=True),
    "codes.parquet": Target(_TABLE, _read_codes, in_run=True),
    "answers.parquet": Target(_TABLE, _analyze, in_run=True),
    "results.json": Target(_JSON, _report, in_run=True),
    "certificate.json": Target(_JSON, _read_certificate, in_run=True),
    "budget.json": Target(_JSON, _read_budget, in_run=True),
    "coding.json": Target(_JSON, _read_coding, in_run=True),
    "price table": Target(_YAML, lambda _, path: read_prices(path)),
    "prices.json": Target(_JSON, _read_prices, in_run=True),
    "progress.json": Target(_JSON, _ask_status, in_run=True),
    "running.json": Target(_JSON, _ask_status, in_run=True),
    "codebook.json": Target(_JSON, lambda good, _: load_questions(_run(good)), in_run=True),
}
