"""The codes as the analysis reads them: few columns, small types, and how far each cell is from its base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import polars as pl

from gyges.errors import RunError
from gyges.estimands import OFF_BASE, OPEN_TACTICS, TRIAL_COLUMNS, Facts, mark_off_base, mask_of
from gyges.records.words import CONFLICT, FACTORS, OUTCOMES, STATUSES, TACTICS

KnownFacts: TypeAlias = Mapping[str, Facts]
"""Scenario to its base cell, its family of directives, and the outcomes it can show."""

_NUMBERS: Final = {
    "severity": pl.Int8,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost": pl.Float64,
}
JUDGED: Final = ("code_", "label_")
"""How the names of columns begin that hold what judges and people coded."""

_CELL: Final = ("scenario", CONFLICT, *FACTORS)


def prepare_codes(codes: pl.LazyFrame | pl.DataFrame, facts: KnownFacts | None = None) -> pl.DataFrame:
    """Read the columns the analysis needs, once; a table prepared before is returned as it is.

    Args:
        codes: The codes table, one row a trial.
        facts: What is known of the scenarios; one left out has the base cell of its own `base` trials.

    Raises:
        RunError: A column is missing, or holds a word the field does not have.
    """
    if isinstance(codes, pl.DataFrame) and OFF_BASE in codes.columns:
        return codes
    met = {*codes.lazy().collect_schema()}
    columns = [
        *TRIAL_COLUMNS,
        pl.col("status").cast(pl.Enum(list(STATUSES))),
        pl.col("tactic").cast(pl.Enum(list(TACTICS))),
        *(_count_probes(name, kind, met) for name, kind in _NUMBERS.items()),
        *(pl.col(name).cast(pl.Boolean) for name in OUTCOMES),
        pl.col(OPEN_TACTICS).list.join(" ").cast(pl.Categorical),
        *(pl.col(name).cast(pl.Categorical) for name in sorted(met) if name.startswith(JUDGED)),
    ]
    try:
        frame = codes.lazy().select(columns).collect()
    except (pl.exceptions.PolarsError, ValueError) as problem:
        reason = str(problem).splitlines()[0].split(";")[0]
        raise RunError(f"codes: the table is not one this version can analyze ({reason}).") from None
    masked = frame.with_columns(_mask_tactics(frame[OPEN_TACTICS]))
    return _fill_tactics(masked).with_columns(mark_off_base(masked, facts or {}))


def _count_probes(name: str, kind: type[pl.DataType], columns: set[str]) -> pl.Expr:
    """Read a number; what was asked when a trial was over has cost tokens too."""
    asked = f"probe_{name}"
    number = pl.col(name).cast(kind)
    return number + pl.col(asked).cast(kind) if asked in columns else number


def _mask_tactics(joined: pl.Series) -> pl.Series:
    """Turn each list of tactics into bits, by way of the few lists that occur."""
    met = joined.unique().drop_nulls().cast(pl.String)
    masks = [mask_of(set(each.split()) & set(TACTICS)) or None for each in met]
    return joined.cast(pl.String).replace_strict(
        met, pl.Series(masks, dtype=pl.UInt16), default=None, return_dtype=pl.UInt16
    )


def _fill_tactics(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a trial that never came to its scene the tactics open in others of its cell.

    Otherwise a failure would take a trial out of the comparison instead of counting as missing.
    """
    lost = frame[OPEN_TACTICS].is_null() & (frame["status"] != "coded")
    if not lost.any():
        return frame
    known = pl.col(OPEN_TACTICS).max().over(_CELL)
    return frame.with_columns(pl.col(OPEN_TACTICS).fill_null(known))
