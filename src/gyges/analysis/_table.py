"""The codes as the analysis reads them: few columns, small types, and how far each cell is from its base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import polars as pl

from gyges.errors import RunError
from gyges.estimands import (
    EXPECTED,
    OFF_BASE,
    OPEN_COUNTS,
    OPEN_DENIABLE,
    OPEN_TACTICS,
    TRIAL_COLUMNS,
    Facts,
    mark_off_base,
    mask_of,
    pack_counts,
)
from gyges.records.words import CONFLICT, FACTORS, OUTCOMES, STATUSES, TACTICS

KnownFacts: TypeAlias = Mapping[str, Facts]
"""Scenario to its base cell, its family of directives, and the outcomes it can show."""

_NUMBERS: Final = {
    "severity": pl.Int8,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost": pl.Float64,
}
_ACTS: Final = "open_acts"
JUDGED: Final = ("code_", "label_", "cell_")
"""How the names of columns begin that hold what judges and people coded, and where labels were drawn."""
_PLACES: Final = ("variant", "replicate")
_NEEDED: Final = (
    *(each.meta.output_name() for each in TRIAL_COLUMNS),
    *("trial", "status", "act", "tactic"),
    *_NUMBERS,
    *OUTCOMES,
    OPEN_TACTICS,
)
"""Columns that every codes table has."""

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
        *(pl.col(name).cast(pl.Int64) for name in _PLACES if name in met),
        *(pl.col(name).cast(pl.Categorical) for name in sorted(met) if name.startswith(JUDGED)),
    ]
    columns += [pl.col(name).cast(pl.Float64) for name in sorted(met) if name.startswith(EXPECTED)]
    if _ACTS in codes.lazy().collect_schema():
        columns.append(pl.col(_ACTS).list.join(" ").cast(pl.Categorical))
    try:
        frame = codes.lazy().select(columns).collect()
    except (pl.exceptions.PolarsError, ValueError) as problem:
        reason = str(problem).splitlines()[0].split(";")[0]
        raise RunError(f"codes: the table is not one this version can analyze ({reason}).") from None
    masked = frame.with_columns(_mask_tactics(frame[OPEN_TACTICS]))
    counted = masked.with_columns(_count_acts(masked, facts or {})).drop(_ACTS, strict=False)
    return _fill_tactics(counted).with_columns(mark_off_base(counted, facts or {}))


def check_codes(codes: pl.LazyFrame | pl.DataFrame) -> None:
    """Refuse a table that lacks a column of the codes table, or says what a trial did that is not coded.

    Raises:
        RunError: It is no codes table of a run.
    """
    met = {*codes.lazy().collect_schema()}
    if lacking := [name for name in _NEEDED if name not in met]:
        raise RunError(
            f"codes: the table is not one this version can analyze; it lacks {', '.join(lacking)}. "
            "`gyges code RUN` makes it again from the logs."
        )
    told = (pl.col("status") != "coded") & pl.any_horizontal(pl.col(name).is_not_null() for name in OUTCOMES)
    if wrong := codes.lazy().select(told.sum()).collect().item():
        raise RunError(
            f"codes: {wrong:,} trials have outcomes although they are not coded; an outcome is null unless "
            "`status` is coded. `gyges code RUN` makes the table again from the logs."
        )


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


def _count_acts(frame: pl.DataFrame, facts: KnownFacts) -> list[pl.Series]:
    """Count the open acts of each tactic, and the deniable ones, by way of the few lists that occur.

    Where acts are not known, an open tactic counts as one act. Everyday work without an act counts as
    complying, which is open always.
    """
    keys = ["scenario", OPEN_TACTICS, *([_ACTS] if _ACTS in frame.columns else [])]
    met = frame.select(keys).unique()
    packed, deniable = [], []
    for row in met.with_columns(pl.col(pl.Categorical).cast(pl.String)).iter_rows(named=True):
        mine = facts.get(row["scenario"]) or Facts(base={})
        acts = [act for act in (row.get(_ACTS) or "").split() if act in mine.tactics]
        deniable.append(pack_counts(mine.tactics[act] for act in acts if act in mine.deniable))
        tactics = [mine.tactics[act] for act in acts]
        mask = row[OPEN_TACTICS]
        if not tactics and mask is not None:
            tactics = [name for rung, name in enumerate(TACTICS) if mask >> rung & 1]
        if tactics and TACTICS[0] not in tactics:
            tactics.append(TACTICS[0])
        packed.append(pack_counts(tactics))
    counts = met.with_columns(
        pl.Series(OPEN_COUNTS, packed, dtype=pl.UInt32), pl.Series(OPEN_DENIABLE, deniable, dtype=pl.UInt32)
    )
    joined = frame.join(counts, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return [joined[OPEN_COUNTS], joined[OPEN_DENIABLE]]


def _fill_tactics(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a trial that never came to its scene the tactics open in others of its cell.

    Otherwise a failure would take a trial out of the comparison instead of counting as missing.
    """
    lost = frame[OPEN_TACTICS].is_null() & (frame["status"] != "coded")
    if not lost.any():
        return frame
    known = pl.col(OPEN_TACTICS, OPEN_COUNTS).max().over(_CELL)
    lacks = pl.col(OPEN_TACTICS).is_null() & (pl.col("status") != "coded")
    filled = frame.with_columns(known.name.suffix(" known"))
    return filled.with_columns(
        pl.when(lacks).then(pl.col(f"{name} known")).otherwise(pl.col(name)).alias(name)
        for name in (OPEN_TACTICS, OPEN_COUNTS)
    ).drop(f"{name} known" for name in (OPEN_TACTICS, OPEN_COUNTS))
