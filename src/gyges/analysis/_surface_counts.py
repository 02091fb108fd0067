"""Trials counted for the surface: by unit and cell of the conditions, with each outcome's number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from gyges.analysis._jackknife import Array
from gyges.analysis._surface import CONDITIONS, CORNERS
from gyges.estimands import Unit
from gyges.records.words import FACTORS

OUTCOMES = tuple(CORNERS)


@dataclass(frozen=True)
class SurfaceCounts:
    """One model's drawn trials, a row a unit and cell."""

    conditions: tuple[str, ...]
    """Those that vary; the others are left out of cells."""
    units: tuple[Unit, ...]
    of: tuple[Unit, ...]
    """Each row's unit."""
    levels: tuple[tuple[str, ...], ...]
    """Each row's level of each condition."""
    n: Array
    missing: Array
    events: dict[str, Array]

    def drop(self, scenarios: set[str]) -> SurfaceCounts:
        """Leave scenarios out."""
        kept = [i for i, unit in enumerate(self.of) if unit.scenario not in scenarios]
        return SurfaceCounts(
            conditions=self.conditions,
            units=tuple(unit for unit in self.units if unit.scenario not in scenarios),
            of=tuple(self.of[i] for i in kept),
            levels=tuple(self.levels[i] for i in kept),
            n=self.n[kept],
            missing=self.missing[kept],
            events={name: events[kept] for name, events in self.events.items()},
        )


def count_surface(rows: pl.LazyFrame) -> SurfaceCounts:
    """Count a model's trials whose scenario carries every condition that the trials vary at all."""
    keys = ("scenario", "setting", *CONDITIONS)
    counted = (
        rows.group_by(keys)
        .agg(
            pl.col("status").eq("coded").sum().cast(pl.Int64).alias("n"),
            pl.col("status").ne("coded").sum().cast(pl.Int64).alias("missing"),
            *(pl.col(name).sum().cast(pl.Int64) for name in OUTCOMES),
        )
        .collect()
    )
    varied = tuple(name for name in CONDITIONS if counted[name].drop_nulls().n_unique() > 1)
    frame = (
        counted.drop_nulls(varied)
        .with_columns(pl.col(*keys).cast(pl.String))
        .group_by("scenario", "setting", *varied)
        .agg(pl.col("n", "missing", *OUTCOMES).sum())
        .sort("scenario", "setting", *varied)
    )
    of = tuple(Unit(*row) for row in frame.select("scenario", "setting").iter_rows())
    return SurfaceCounts(
        conditions=varied,
        units=tuple(dict.fromkeys(of)),
        of=of,
        levels=tuple(frame.select(varied).iter_rows()) if varied else tuple(() for _ in of),
        n=_floats(frame["n"]),
        missing=_floats(frame["missing"]),
        events={name: _floats(frame[name]) for name in OUTCOMES},
    )


def score_levels(conditions: tuple[str, ...], levels: tuple[tuple[str, ...], ...]) -> Array:
    """Give each level's place from 0 (mildest) to 1 (most dangerous); shape (rows, conditions)."""
    found = [
        [
            CONDITIONS[name].index(level) / (len(FACTORS[name]) - 1)
            for name, level in zip(conditions, row, strict=True)
        ]
        for row in levels
    ]
    return np.array(found, dtype=float).reshape(len(levels), len(conditions))


def _floats(column: pl.Series) -> Array:
    found: Array = column.cast(pl.Float64).to_numpy()
    return found
