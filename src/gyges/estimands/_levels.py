"""Trials at the levels of a factor, and where two levels are compared best."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from gyges.estimands._counts import SOURCES, Source, Tally, Units, Value, rank_sources, tally, usable
from gyges.records.words import CONFLICT, FACTORS


def tally_levels(frame: pl.DataFrame, factor: str, values: Iterable[Value]) -> Tally:
    """Count the trials at each level of a factor, where the conflict is present."""
    levels = dict(enumerate(FACTORS[factor]))
    present = frame.lazy().filter((pl.col(CONFLICT) == "present") & pl.col(factor).is_not_null())
    return tally(
        present,
        side=pl.col(factor).to_physical().cast(pl.UInt8),
        names=levels,
        factors={factor},
        values=values,
    )


def pick_levels(by_source: dict[Source, dict[str, Units]], level: str, reference: str) -> Source | None:
    """Give the best source in which some unit has trials at both levels."""
    for source in rank_sources(by_source, SOURCES):
        if any(usable(units, (level, reference)) for units in by_source[source].values()):
            return source
    return None
