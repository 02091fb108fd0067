"""The labels of a run: what people are asked, what they said, and the files it is kept in.

labels.jsonl      every answer as it was given, one a line; it only grows
labels.parquet    what stands of it, made from it
label_draws.json  for every question, in which arms its labels were drawn
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from gyges.errors import InputError, RunError, unknown_name
from gyges.estimands import DRAWN_BY, name_cells
from gyges.labelling import (
    Journal,
    Ledger,
    Need,
    Pool,
    Sitting,
    Task,
    draw_tasks,
    find_consensus,
    make_pools,
    order_tasks,
    plan_width,
    read_csv,
    read_labels,
    share_over_arms,
    tabulate_labels,
    write_csv,
)
from gyges.records.codebook import Item, Label
from gyges.records.conversation import Conversation
from gyges.run_folder import RunFolder, open_run, read_codebook, read_lock
from gyges.storage import name_folder
from gyges.tables import open_codes, read_answers, read_label_table

if TYPE_CHECKING:
    import polars as pl

_DRAWS = TypeAdapter(dict[str, tuple[str, ...]])

JOURNAL, TABLE, DRAWS = "labels.jsonl", "labels.parquet", "label_draws.json"
N_LABELS = 100
"""Labels a question, where nothing else is asked for."""

_ALWAYS = ("model", "conflict")
_COMPARED = ("threat",)


@dataclass(frozen=True)
class Wanted:
    """What is to be labelled."""

    n: int | None = None
    """Labels a question; none: `N_LABELS`, or what `width` needs."""
    width: float | None = None
    """Width of the corrected rate's 95 % interval in every arm."""
    by: tuple[str, ...] = ()
    """Columns that make the arms, besides model and conflict; empty: `threat`, where it was varied."""
    items: tuple[str, ...] = ()
    """Questions; empty: all of the codebook."""


@dataclass(frozen=True)
class Draw:
    """What is asked about one question."""

    pool: Pool
    tasks: tuple[Task, ...]
    needs: dict[tuple[str, ...], Need] | None
    """What each arm needs for the wanted width; none: no width was asked for."""


def open_local(url: str) -> RunFolder:
    """Open a run folder that labels can be kept in.

    Raises:
        RunError: It is no run folder, or not on this machine.
    """
    name = name_folder(url)
    if "://" in name:
        raise RunError(
            f"{name}: labelling needs a local folder, where every answer can be forced onto the disk;"
            " copy the run to this machine first."
        )
    return open_run(name)


def choose_questions(folder: RunFolder, own: Sequence[Path] = ()) -> tuple[Item, ...]:
    """Give a run's questions as its judges were asked them, and a person's own, which replace them by id.

    Raises:
        CodebookError: A folder or file of the codebook cannot be read.
    """
    from gyges.coding import load_codebook

    asked = read_codebook(folder)
    if asked is None:
        asked = load_codebook([Path(each) for each in read_lock(folder).study.codebook])
    items = {item.id: item for item in asked}
    if own:
        items |= {item.id: item for item in load_codebook(own, shipped=False)}
    # People are shown the trial, and not what was said when it was over.
    return tuple(item for item in items.values() if item.part == "record")


def draw_labels(folder: RunFolder, items: Sequence[Item], wanted: Wanted) -> list[Draw]:
    """Draw what people are asked, question by question.

    Raises:
        InputError: A question or column is not there, or nothing can be asked.
    """
    codes = open_codes(folder).collect()
    chosen = _choose_items(items, wanted.items)
    by = (*_ALWAYS, *_choose_columns(codes, wanted.by))
    seed = read_lock(folder).study.seed
    pools = make_pools(codes, read_answers(folder), chosen, by=by, seed=seed)
    said = find_consensus(Ledger(_read_journal(folder)).all())
    draws = [_draw_pool(pool, wanted, said) for pool in pools]
    if not any(draw.tasks for draw in draws):
        raise RunError(f"{folder.url}: has no transcript to label.")
    return draws


def _draw_pool(pool: Pool, wanted: Wanted, said: dict[Task, str | None]) -> Draw:
    needs = plan_width(pool, wanted.width, said) if wanted.width is not None else None
    if needs is None:
        shares = share_over_arms(pool, wanted.n or N_LABELS)
    else:
        shares = {arm: need.n for arm, need in needs.items()}
    return Draw(pool, tuple(draw_tasks(pool, shares)), needs)


def _choose_items(items: Sequence[Item], names: Sequence[str]) -> list[Item]:
    known = {item.id: item for item in items}
    for name in names:
        if name not in known:
            raise InputError(f"--item: {unknown_name('question', name, known)}")
    chosen = [known[name] for name in dict.fromkeys(names)] if names else list(items)
    if not chosen:
        raise InputError("the codebook has no question.")
    return chosen


def _choose_columns(codes: pl.DataFrame, names: Sequence[str]) -> list[str]:
    from gyges.records.words import FACTORS

    columns = [*FACTORS, "scenario", "setting", "protocol", "design"]
    for name in names:
        if name not in columns:
            raise InputError(f"--by: {unknown_name('column', name, columns)}")
    return list(dict.fromkeys(names)) or [name for name in _COMPARED if codes[name].n_unique() > 1]


def _read_journal(folder: RunFolder) -> list[Label]:
    return read_labels(Path(folder.at(JOURNAL)))


@dataclass(frozen=True)
class Said:
    """What people said of a run, and in which arms they were asked."""

    labels: pl.DataFrame | None
    """The table of labels; none: nobody has been asked."""
    drawn_by: Mapping[str, tuple[str, ...]]
    """Question to the columns of the codes whose crossing its labels were drawn in."""


def read_said(folder: RunFolder) -> Said:
    """Read what people said; every answer given counts, also where a kill kept it from `labels.parquet`."""
    if "://" not in name_folder(folder.url) and folder.exists(JOURNAL):
        write_labels(folder)
    labels = read_label_table(folder)
    return Said(labels, _read_draws(folder))


def find_cells(codes: pl.LazyFrame, said: Said) -> dict[str, pl.DataFrame]:
    """Give for every labelled question the arm of the draw that each trial is in: columns `trial`, `cell`."""
    if said.labels is None:
        return {}
    met = codes.collect_schema().names()
    cells: dict[tuple[str, ...], pl.DataFrame] = {}
    found = {}
    for item in sorted(set(said.labels["item"].drop_nulls())):
        columns = tuple(said.drawn_by.get(item, DRAWN_BY))
        if columns not in cells:
            cells[columns] = codes.select("trial", cell=name_cells(columns, met)).collect()
        found[item] = cells[columns]
    return found


def _read_draws(folder: RunFolder) -> dict[str, tuple[str, ...]]:
    if not folder.exists(DRAWS):
        return {}
    try:
        return _DRAWS.validate_json(folder.read(DRAWS), strict=True)
    except ValidationError:
        raise RunError(
            f"{folder.at(DRAWS)}: cannot be read; expected each question's list of columns."
        ) from None


def _note_draws(folder: RunFolder, draws: Sequence[Draw]) -> None:
    """Keep in which arms labels are drawn; those of a second draw are crossed with those of the first."""
    known = _read_draws(folder)
    for draw in draws:
        before = known.get(draw.pool.item.id, ())
        known[draw.pool.item.id] = tuple(dict.fromkeys((*before, *draw.pool.columns)))
    folder.write(DRAWS, (json.dumps(known, indent=1, sort_keys=True) + "\n").encode())


def _take_over(folder: RunFolder) -> None:
    """Begin the journal with the table's labels where it stands alone: nothing else would keep them."""
    table = None if folder.exists(JOURNAL) else read_label_table(folder)
    if table is None:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    rows = table.to_dicts()
    try:
        labels = [Label.model_validate({"at": now, **row}) for row in rows if row.get("value") is not None]
    except ValidationError:
        raise RunError(f"{folder.at(TABLE)}: holds what is no label; take it out of the run.") from None
    Journal(Path(folder.at(JOURNAL))).append(labels)


def begin_sitting(folder: RunFolder, items: Sequence[Item], draws: Sequence[Draw]) -> Sitting:
    """Make what is drawn ready to be asked, and keep how it was drawn.

    Raises:
        RunError: A transcript is not in the logs.
    """
    _take_over(folder)
    _note_draws(folder, draws)
    tasks = [task for draw in draws for task in draw.tasks]
    sheets = order_tasks(tasks, [draw.pool.item for draw in draws], seed=read_lock(folder).study.seed)
    return Sitting(
        sheets,
        items=items,
        journal=Journal(Path(folder.at(JOURNAL))),
        read=_make_reader(folder, [trial for trial, _ in sheets]),
    )


def _make_reader(folder: RunFolder, trials: Sequence[str]) -> Callable[[str], Conversation]:
    from gyges.trials import find_trials, list_logs, read_conversation

    found = find_trials(list_logs(folder.logs), trials)
    lost = sorted(set(trials) - set(found))
    if lost:
        raise RunError(
            f"{folder.url}: its logs do not hold trial {lost[0]}; `gyges code` codes what they hold."
        )
    return lambda trial: read_conversation(found[trial])


def write_labels(folder: RunFolder) -> int:
    """Make `labels.parquet` of what stands; give how many labels that is."""
    _take_over(folder)
    table = tabulate_labels(_read_journal(folder))
    folder.write_table(TABLE, table)
    return table.height


def import_labels(folder: RunFolder, source: Path, items: Sequence[Item]) -> tuple[int, int]:
    """Take labels in from a CSV file: all of them or none; give how many are new, and how many were there.

    Raises:
        InputError: The file cannot be read, or a row is wrong.
    """
    try:
        content = source.read_bytes()
    except OSError as problem:
        raise InputError(f"{source}: cannot be read ({problem.strerror or problem}).") from None
    codes = open_codes(folder).select("trial", "open_acts").collect()
    acts = {trial: tuple(open_acts or ()) for trial, open_acts in codes.iter_rows()}
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    labels = read_csv(content, name=str(source), items=items, acts=acts, now=now)
    _take_over(folder)
    ledger = Ledger(_read_journal(folder))
    new = [label for label in labels if not _is_there(label, ledger)]
    Journal(Path(folder.at(JOURNAL))).append(new)
    write_labels(folder)
    return len(new), len(labels) - len(new)


def _is_there(label: Label, ledger: Ledger) -> bool:
    standing = ledger.of(label.labeller).get(Task(label.trial, label.item, label.act))
    return standing is not None and standing.value == label.value


def export_csv(folder: RunFolder) -> tuple[str, int]:
    """Give what stands as CSV, and how many labels it holds; `labels.parquet` is made anew with it."""
    write_labels(folder)
    labels = Ledger(_read_journal(folder)).all()
    return write_csv(labels), len(labels)


def export_validation_set(folder: RunFolder) -> tuple[str, int]:
    """Give what most people say as a validation set of Inspect Scout, and how many transcripts it holds.

    A question about an act is named `question:act`; where people are evenly divided, nothing is expected.
    """
    from gyges.coding import write_validation_set
    from gyges.trials import find_trials, list_logs

    write_labels(folder)
    said = _collect(find_consensus(Ledger(_read_journal(folder)).all()).items())
    found = find_trials(list_logs(folder.logs), said)
    targets = {
        found[trial].uuid or trial: answers for trial, answers in said.items() if trial in found and answers
    }
    return write_validation_set(targets), len(targets)


def _collect(said: Iterable[tuple[Task, str | None]]) -> dict[str, dict[str, str]]:
    targets: dict[str, dict[str, str]] = {}
    for task, value in said:
        if value is not None:
            name = f"{task.item}:{task.act}" if task.act else task.item
            targets.setdefault(task.trial, {})[name] = value
    return targets
