"""The trials of a plan, as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from gyges.design._plan import COLUMNS
from gyges.errors import DesignError
from gyges.records.plan import Plan, Trial
from gyges.records.words import FACTORS


def trial_at(plan: Plan, row: int) -> Trial:
    """Give the trial in row `row` of the plan's table."""
    return _trial(plan.table.row(row, named=True))


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Give the plan's trials, one by one."""
    return (_trial(row) for row in plan.table.iter_rows(named=True))


def plan_from_trials(trials: Iterable[Trial]) -> Plan:
    """Give the plan that holds these trials, each once, sorted by id."""
    known = {trial.id: trial for trial in trials}
    rows = []
    for _, trial in sorted(known.items()):
        row = trial.model_dump()
        cell = row.pop("cell")
        rows.append(row | {factor: cell.get(factor) for factor in FACTORS})
    schema = dict.fromkeys(COLUMNS, pl.Utf8) | dict.fromkeys(("variant", "replicate", "seed"), pl.Int64)
    return Plan(pl.DataFrame(rows, schema=schema))


def plan_from_table(table: pl.DataFrame) -> Plan:
    """Take a table that was written from a plan for a plan again.

    Raises:
        DesignError: It lacks a column.
    """
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise DesignError(
            f"the plan's table lacks the column '{missing[0]}'; it was not written by this version."
        )
    return Plan(table.select(COLUMNS))


def _trial(row: dict[str, Any]) -> Trial:
    cell = {factor: row.pop(factor) for factor in FACTORS}
    return Trial(**row, cell={factor: level for factor, level in cell.items() if level is not None})
