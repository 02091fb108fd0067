"""Drawn trials counted by cell: what the models of logits are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.estimands import Source, Unit
from gyges.records.words import CONFLICT, FACTORS

_DRAWN: Final = ("conjoint", "full-factorial")
_BITS: Final = 3
"""Bits a factor's level takes in a cell's number; 0 stands for a factor that is not carried."""
_SCATTER: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class CellCounts:
    """One unit's coded trials, a row a cell, in an order that has nothing to do with what happened."""

    levels: dict[str, NDArray[np.uint8]]
    """Factor to each cell's level, its place counted from 1; a factor the unit does not carry is left out."""
    n: NDArray[np.float64]
    totals: dict[str, NDArray[np.float64]]
    """Outcome to trials with it."""

    def count(self, factor: str) -> list[int]:
        """Give the trials at each level of a factor."""
        sums = np.bincount(self.levels[factor], weights=self.n, minlength=len(FACTORS[factor]) + 1)
        return [int(each) for each in sums[1:]]


Cells: TypeAlias = dict[str, dict[Source, dict[Unit, CellCounts]]]
"""Model, source, unit."""


def count_cells(frame: pl.DataFrame, outcomes: Sequence[str]) -> Cells:
    """Count the coded trials of drawn cells where the conflict is present, whatever the order of rows.

    Args:
        frame: Prepared codes.
        outcomes: Yes-or-no outcomes to sum.
    """
    number = reduce(
        lambda a, b: a | b,
        (
            (pl.col(name).to_physical().cast(pl.UInt64) + 1).fill_null(0) * (1 << _BITS * i)
            for i, name in enumerate(FACTORS)
        ),
    )
    where = ("model", "design", "protocol", "scenario", "setting")
    counted = (
        frame.lazy()
        .filter(
            pl.col(CONFLICT) == "present", pl.col("status") == "coded", pl.col("design").is_in(list(_DRAWN))
        )
        .group_by(*where, cell=number)
        .agg(pl.len().alias("n"), *(pl.col(name).sum().cast(pl.Int64) for name in outcomes))
        .collect()
    )
    units = counted.partition_by(where, as_dict=True, include_key=False)
    found: Cells = {}
    for key, mine in sorted(units.items(), key=lambda pair: tuple(map(str, pair[0]))):
        model, design, protocol, scenario, setting = map(str, key)
        by_unit = found.setdefault(model, {}).setdefault(Source(design, protocol), {})
        by_unit[Unit(scenario, setting)] = _unpack(mine, outcomes)
    return found


def _unpack(rows: pl.DataFrame, outcomes: Sequence[str]) -> CellCounts:
    cells = rows["cell"].to_numpy()
    order = np.argsort(cells * _SCATTER, kind="stable")
    cells = cells[order]
    mask = np.uint64((1 << _BITS) - 1)
    levels = {name: (cells >> np.uint64(_BITS * i) & mask).astype(np.uint8) for i, name in enumerate(FACTORS)}
    return CellCounts(
        levels={name: column for name, column in levels.items() if column.any()},
        n=rows["n"].to_numpy()[order].astype(float),
        totals={name: rows[name].to_numpy()[order].astype(float) for name in outcomes},
    )
