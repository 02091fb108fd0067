"""Answers and labels as arrays: for each question, what each coder and each labeller said of each unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.estimands import LABEL, count_unclear, gather_labels, settle_labels
from gyges.records.codebook import NO, YES

RULES: Final = "rules"
Codes = NDArray[np.int16]
"""Index of the value each coder gave each unit; −1: none."""

_UNIT: Final = ("trial", "act")


@dataclass(frozen=True)
class Ratings:
    """All answers to one question; a unit is a trial, or an act of a trial."""

    item: str
    values: tuple[str, ...]
    """What can be answered, in order."""
    is_scale: bool
    trials: NDArray[np.int64]
    """Index of each unit's trial."""
    judges: tuple[str, ...]
    judged: Codes
    """Units × judges."""
    asked: NDArray[np.bool_]
    """Units that any judge was asked about."""
    rules: Codes | None
    """What the rules say of each unit, if they answer the question."""
    labelled: Codes
    """Units × labellers."""
    truth: Codes
    """What the majority of the labellers says of each unit."""
    unscored: Mapping[str, int]
    """Coder to units it was asked about and did not code."""
    cells: NDArray[np.int64]
    """Arm of the draw that each unit's trial is in; all the same where it is not known."""
    n_unclear: int
    """Labels that say it cannot be told."""

    @property
    def is_yes_no(self) -> bool:
        """Say whether it is answered by yes or no."""
        return self.values == (NO, YES)


def read_ratings(
    answers: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    values: Mapping[str, Sequence[str]] | None = None,
    cells: Mapping[str, pl.DataFrame] | None = None,
) -> list[Ratings]:
    """Read answers and labels, question by question, in the order of their ids.

    Args:
        answers: Columns `trial`, `item`, `act`, `coder`, `value`; those of coders `label:<name>` are labels.
        labels: Columns `trial`, `item`, `act`, `labeller`, `value`.
        values: What can be answered to each question, in order; one left out can be answered by all that
            occurs. A question all of whose values are whole numbers has a scale.
        cells: Question to a frame of `trial` and `cell`, the arms in which its labels were drawn.
    """
    given = answers.select(
        pl.col("trial", "item").cast(pl.String),
        pl.col("act").cast(pl.String).fill_null(""),
        pl.col("coder", "value").cast(pl.String),
    )
    said = gather_labels(answers, labels)
    given = given.filter(~pl.col("coder").str.starts_with(LABEL)).unique(
        subset=["trial", "item", "act", "coder"], keep="last", maintain_order=True
    )
    unclear = count_unclear(answers, labels)
    items = sorted({*given["item"].unique(), *said["item"].unique()})
    return [
        _read_item(
            item,
            given.filter(pl.col("item") == item),
            said.filter(pl.col("item") == item),
            known=(values or {}).get(item, ()),
            cells=(cells or {}).get(item),
            n_unclear=unclear.get(item, 0),
        )
        for item in items
    ]


def _read_item(
    item: str,
    given: pl.DataFrame,
    said: pl.DataFrame,
    *,
    known: Sequence[str],
    cells: pl.DataFrame | None,
    n_unclear: int,
) -> Ratings:
    values, is_scale = _list_values({*given["value"].drop_nulls(), *said["value"]}, known)
    units = pl.concat([given.select(_UNIT), said.select(_UNIT)]).unique().sort(_UNIT)
    units = units.with_columns(unit=pl.int_range(pl.len()), number=pl.col("trial").rank("dense") - 1)
    judges = tuple(sorted(set(given["coder"]) - {RULES}))
    labellers = tuple(sorted(set(said["labeller"])))
    by_rules = given.filter(pl.col("coder") == RULES)
    truth = settle_labels(said).with_columns(coder=pl.lit(""))
    by_judges = given.filter(pl.col("coder") != RULES)
    asked = np.zeros(units.height, dtype=bool)
    asked[units.join(by_judges, on=_UNIT, how="semi")["unit"].to_numpy()] = True
    missing = given.filter(pl.col("value").is_null()).group_by("coder").len()
    return Ratings(
        item=item,
        values=values,
        is_scale=is_scale,
        trials=units["number"].cast(pl.Int64).to_numpy(),
        judges=judges,
        judged=_spread(given, units, judges, values),
        asked=asked,
        rules=_spread(by_rules, units, (RULES,), values)[:, 0] if by_rules.height else None,
        labelled=_spread(said.rename({"labeller": "coder"}), units, labellers, values),
        truth=_spread(truth, units, ("",), values)[:, 0],
        unscored=dict(missing.iter_rows()),
        cells=_number_cells(units, cells),
        n_unclear=n_unclear,
    )


def _number_cells(units: pl.DataFrame, cells: pl.DataFrame | None) -> NDArray[np.int64]:
    if cells is None:
        return np.zeros(units.height, dtype=np.int64)
    named = units.join(cells, on="trial", how="left", maintain_order="left")["cell"].fill_null("")
    return (named.rank("dense") - 1).cast(pl.Int64).to_numpy()


def _list_values(met: set[str], known: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    every = {*met, *known}
    if every and all(_is_number(value) for value in every):
        steps = [int(value) for value in every]
        return tuple(str(step) for step in range(min(steps), max(steps) + 1)), True
    if every <= {YES, NO}:
        return (NO, YES), False
    return (*known, *sorted(met - set(known))), False


def _is_number(value: str) -> bool:
    return value.lstrip("-").isdecimal()


def _spread(rows: pl.DataFrame, units: pl.DataFrame, coders: Sequence[str], values: Sequence[str]) -> Codes:
    found = np.full((units.height, len(coders)), -1, dtype=np.int16)
    rows = rows.drop_nulls("value").join(units, on=_UNIT)
    columns = {name: i for i, name in enumerate(coders)}
    codes = {value: i for i, value in enumerate(values)}
    rows = rows.filter(pl.col("coder").is_in(list(columns)))
    column = [columns[name] for name in rows["coder"]]
    found[rows["unit"].to_numpy(), column] = [codes[value] for value in rows["value"]]
    return found
