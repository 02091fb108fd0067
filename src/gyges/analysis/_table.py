"""The codes as the analysis reads them: few columns, small types, and how far each cell is from its base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias, get_args

import numpy as np
import polars as pl

from gyges.errors import RunError
from gyges.records.study import DesignKind
from gyges.records.words import CONFLICT, CONFLICT_LEVELS, FACTORS, OUTCOMES, PROTOCOLS, STATUSES, TACTICS

Bases: TypeAlias = Mapping[str, Mapping[str, str]]
"""Scenario to its base cell."""

OFF_BASE: Final = "off_base"
"""A bit for each factor whose level is not the base condition's."""

_NOT_CARRIED: Final = 255
_NO_BASE: Final = (1 << len(FACTORS)) - 1
_BITS: Final = {name: 1 << i for i, name in enumerate(FACTORS)}

_ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "protocol": PROTOCOLS,
    "design": get_args(DesignKind),
    CONFLICT: CONFLICT_LEVELS,
    "status": STATUSES,
    "tactic": TACTICS,
    **FACTORS,
}
_NAMES: Final = ("model", "scenario", "setting")
_NUMBERS: Final = {
    "severity": pl.Int8,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost": pl.Float64,
}


def prepare_codes(codes: pl.LazyFrame | pl.DataFrame, bases: Bases | None = None) -> pl.DataFrame:
    """Read the columns the analysis needs, once; a table prepared before is returned as it is.

    Args:
        codes: The codes table, one row a trial.
        bases: Scenario to its base cell; a scenario left out takes the cell of its own `base` trials.

    Raises:
        RunError: A column is missing, or holds a word the field does not have.
    """
    if isinstance(codes, pl.DataFrame) and OFF_BASE in codes.columns:
        return codes
    columns = [
        *(pl.col(name).cast(pl.Categorical) for name in _NAMES),
        *(pl.col(name).cast(pl.Enum(list(words))) for name, words in _ENUMS.items()),
        *(pl.col(name).cast(kind) for name, kind in _NUMBERS.items()),
        *(pl.col(name).cast(pl.Boolean) for name in OUTCOMES),
    ]
    try:
        frame = codes.lazy().select(columns).collect()
    except (pl.exceptions.ColumnNotFoundError, pl.exceptions.InvalidOperationError) as problem:
        reason = str(problem).splitlines()[0].split(";")[0]
        raise RunError(f"codes: the table is not one this version can analyze ({reason}).") from None
    return frame.with_columns(_mark_off_base(frame, bases or {}))


def bits_of(factors: set[str]) -> int:
    """Give the bits `off_base` has for these factors."""
    return sum(_BITS[name] for name in factors if name in _BITS)


def _mark_off_base(frame: pl.DataFrame, bases: Bases) -> pl.Series:
    codes = frame["scenario"].to_physical().fill_null(0).to_numpy()
    met = frame["scenario"].unique().drop_nulls()
    names = dict(zip(met.to_physical().to_list(), met.to_list(), strict=True))
    cells = {**_find_bases(frame), **bases}
    off = np.zeros(frame.height, dtype=np.uint32)
    size = max(names, default=0) + 1
    for factor, levels in FACTORS.items():
        lookup = np.full(size, _NOT_CARRIED, dtype=np.uint8)
        for code, name in names.items():
            level = cells.get(name, {}).get(factor)
            lookup[code] = levels.index(level) if level in levels else _NOT_CARRIED
        actual = frame[factor].to_physical().cast(pl.UInt8).fill_null(_NOT_CARRIED).to_numpy()
        off |= np.where(lookup[codes] != actual, np.uint32(_BITS[factor]), np.uint32(0))
    for code, name in names.items():
        if name not in cells:
            off[codes == code] = _NO_BASE
    return pl.Series(OFF_BASE, off)


def _find_bases(frame: pl.DataFrame) -> dict[str, dict[str, str]]:
    rows = (
        frame.lazy()
        .filter((pl.col("design") == "base") & (pl.col(CONFLICT) == "present"))
        .select(pl.col("scenario").cast(pl.String), *(pl.col(name).cast(pl.String) for name in FACTORS))
        .unique()
        .sort("scenario", *FACTORS)
        .collect()
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows.iter_rows(named=True):
        cell = {name: level for name, level in row.items() if name != "scenario" and level is not None}
        found.setdefault(row["scenario"], cell)
    return found
