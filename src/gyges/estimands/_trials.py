"""Trials as every comparison reads them: small types, how far each cell is from its base, what was open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, get_args

import numpy as np
import polars as pl

from gyges.estimands._facts import Facts
from gyges.records.study import DesignKind
from gyges.records.words import CONFLICT, CONFLICT_LEVELS, FACTORS, PROTOCOLS, TACTICS

MIN_SCENARIOS: Final = 5
"""Fewest distinct scenarios for a statement about scenarios like these."""

OFF_BASE: Final = "off_base"
"""A bit for each factor whose level is not the base condition's."""

OPEN_TACTICS: Final = "open_tactics"
"""Tactics of the acts against the principals' wishes that are open in a trial; a bit for each, or null."""

OPEN_COUNTS: Final = "open_counts"
"""How many acts of each tactic are open in a trial, four bits a tactic, the mildest lowest; 0: not known."""

OPEN_DENIABLE: Final = "open_deniable"
"""How many of these pass easily for something innocent, likewise."""

_MOST_ACTS: Final = 15
_NOT_CARRIED: Final = 255
_NO_BASE: Final = (1 << len(FACTORS)) - 1
_BITS: Final = {name: 1 << i for i, name in enumerate(FACTORS)}
_ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "protocol": PROTOCOLS,
    "design": get_args(DesignKind),
    CONFLICT: CONFLICT_LEVELS,
    **FACTORS,
}

TRIAL_COLUMNS: Final = (
    *(pl.col(name).cast(pl.Categorical) for name in ("model", "scenario", "setting")),
    *(pl.col(name).cast(pl.Enum(list(words))) for name, words in _ENUMS.items()),
)
"""What was run, in small types."""


def bits_of(factors: set[str]) -> int:
    """Give the bits `off_base` has for these factors."""
    return sum(_BITS[name] for name in factors if name in _BITS)


def mask_of(tactics: Iterable[str]) -> int:
    """Give the bits `open_tactics` has for these tactics."""
    return sum(1 << TACTICS.index(name) for name in set(tactics))


def pack_counts(tactics: Iterable[str]) -> int:
    """Pack how often each tactic occurs, at most 15 times each, as `open_counts` has it."""
    found = Counter(tactics)
    return sum(min(n, _MOST_ACTS) << (4 * TACTICS.index(name)) for name, n in found.items())


def unpack_counts(packed: int) -> tuple[int, ...]:
    """Give how often each tactic occurs, in the order of the ladder."""
    return tuple(packed >> (4 * rung) & _MOST_ACTS for rung in range(len(TACTICS)))


def mark_off_base(frame: pl.DataFrame, facts: Mapping[str, Facts]) -> pl.Series:
    """Mark for each trial the factors whose level is not the base condition's.

    A scenario without facts takes the cell of its own `base` trials; without any, every factor is off.
    """
    codes = frame["scenario"].to_physical().fill_null(0).to_numpy()
    met = frame["scenario"].unique().drop_nulls()
    names = dict(zip(met.to_physical().to_list(), met.to_list(), strict=True))
    cells = {**_find_bases(frame), **{name: dict(each.base) for name, each in facts.items() if each.base}}
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
