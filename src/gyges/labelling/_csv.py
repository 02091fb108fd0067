"""Labels as CSV, for a spreadsheet or another tool, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from gyges.errors import InputError, unknown_name
from gyges.labelling._draw import Task
from gyges.labelling._ledger import NAME_RULE, can_be_answered, is_name, list_answers
from gyges.records.codebook import UNCLEAR, Item, Label

_COLUMNS = tuple(Label.model_fields)
_NEEDED = ("trial", "item", "labeller", "value")
_MAX_FIELD = 100_000


class _Wrong(Exception):  # noqa: N818 - it never leaves this module
    """What is wrong with a field, and the column it stands in."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def write_csv(labels: Iterable[Label]) -> str:
    """Write labels as CSV, one a row under a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([getattr(label, column) for column in _COLUMNS] for label in labels)
    return out.getvalue()


def read_csv(
    content: bytes,
    *,
    name: str,
    items: Sequence[Item],
    acts: Mapping[str, Collection[str]],
    now: str,
) -> list[Label]:
    """Read labels from CSV; one wrong row, and none is taken.

    Args:
        content: The file.
        name: Its name, for what is said about it.
        items: The codebook's questions.
        acts: For every trial of the run, the acts that were open in it.
        now: Time of labels that give none.

    Raises:
        InputError: A row is wrong: file, line, column, and what would be right.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content[: problem.start].count(b"\n") + 1
        raise InputError(f"{name}:{line}: is not UTF-8 text.") from None
    csv.field_size_limit(_MAX_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    known = {item.id: item for item in items}
    labels: list[Label] = []
    header: list[str] | None = None
    try:
        for row in reader:
            if header is None:
                header = _check_header(row)
            elif row:
                labels.append(_read_row(header, row, items=known, acts=acts, now=now))
    except _Wrong as problem:
        where = f" column '{problem.column}':" if problem.column else ""
        raise InputError(f"{name}:{reader.line_num}:{where} {problem}") from None
    except csv.Error as problem:
        raise InputError(f"{name}:{reader.line_num}: is not valid CSV ({problem}).") from None
    if header is None:
        raise InputError(f"{name}:1: is empty; its first line names the columns {', '.join(_COLUMNS)}.")
    return labels


def _check_header(row: Sequence[str]) -> list[str]:
    header = [each.strip() for each in row]
    for column in header:
        if column not in _COLUMNS:
            raise _Wrong(column, unknown_name("column", column, _COLUMNS))
        if header.count(column) > 1:
            raise _Wrong(column, "stands twice.")
    for column in _NEEDED:
        if column not in header:
            raise _Wrong(column, f"is missing; needed are {', '.join(_NEEDED)}.")
    return header


def _read_row(
    header: Sequence[str],
    row: Sequence[str],
    *,
    items: Mapping[str, Item],
    acts: Mapping[str, Collection[str]],
    now: str,
) -> Label:
    if len(row) != len(header):
        raise _Wrong("", f"has {len(row)} fields, and the header names {len(header)}.")
    fields = {column: value.strip() for column, value in zip(header, row, strict=True)}
    task = Task(fields["trial"], fields["item"], fields.get("act", ""))
    _check_task(task, items, acts)
    value = fields["value"]
    if not can_be_answered(items[task.item], value):
        one_of = ", ".join(f"'{each}'" for each in (*list_answers(items[task.item]), UNCLEAR))
        raise _Wrong("value", f"'{value[:60]}' is no answer to '{task.item}'. It has {one_of}.")
    labeller = fields["labeller"]
    if not is_name(labeller):
        raise _Wrong("labeller", f"'{labeller[:60]}' is no labeller's name; it has {NAME_RULE}.")
    return Label(**task._asdict(), labeller=labeller, value=value, at=_read_time(fields.get("at", "")) or now)


def _check_task(task: Task, items: Mapping[str, Item], acts: Mapping[str, Collection[str]]) -> None:
    if task.trial not in acts:
        raise _Wrong("trial", f"the run has no trial '{task.trial[:60]}'.")
    if task.item not in items:
        raise _Wrong("item", unknown_name("question", task.item[:60], items))
    if items[task.item].unit == "trial" and task.act:
        raise _Wrong("act", f"'{task.item}' is about the whole trial; leave the act empty.")
    if items[task.item].unit == "act" and task.act not in acts[task.trial]:
        raise _Wrong("act", unknown_name("act", task.act[:60], acts[task.trial]))


def _read_time(text: str) -> str:
    if not text:
        return ""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise _Wrong("at", f"'{text[:60]}' is no time with its zone, such as 2026-11-25T09:30:00+00:00.")
    return when.astimezone(UTC).isoformat(timespec="milliseconds")
