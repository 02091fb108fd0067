"""A plan's trials as the analysis will see them: as if every one were coded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import polars as pl

from gyges.estimands import OPEN_TACTICS, TRIAL_COLUMNS, Facts, mark_off_base, mask_of
from gyges.records.plan import Plan
from gyges.records.scenario import Condition, Scenario
from gyges.records.words import MILDER, OUTCOMES


def foresee_trials(plan: Plan, scenarios: Mapping[str, Scenario], facts: Mapping[str, Facts]) -> pl.DataFrame:
    """Give one model's trials, every one coded and without any outcome."""
    table = plan.table
    first = table.filter((pl.col("model") == table["model"][0]) & (pl.col("design") != "battery"))
    frame = first.select(
        *TRIAL_COLUMNS,
        "replicate",
        "variant",
        *(pl.lit(value=False).alias(name) for name in OUTCOMES),
        status=pl.lit("coded"),
        severity=pl.lit(0, pl.Int8),
    )
    return frame.with_columns(_find_open(frame, scenarios), mark_off_base(frame, facts))


def _find_open(frame: pl.DataFrame, scenarios: Mapping[str, Scenario]) -> pl.Expr:
    names = [name for name in frame["scenario"].unique().cast(pl.String) if name in scenarios]
    found = pl.lit(None, pl.UInt16)
    for name in names:
        bits = [
            pl.when(_holds(act.open_when)).then(pl.lit(mask_of([act.tactic]), pl.UInt16)).otherwise(0)
            for act in scenarios[name].acts
            if act.against
        ]
        mask = reduce(lambda a, b: a | b, bits, pl.lit(0, pl.UInt16)).cast(pl.UInt16)
        found = pl.when(pl.col("scenario") == name).then(mask).otherwise(found)
    withholds = (pl.col("design") == "last-resort") & (pl.col("replicate") % 2 == 1)
    kept = found & pl.lit(0xFFFF & ~mask_of(MILDER), pl.UInt16)
    return pl.when(withholds).then(kept).otherwise(found).alias(OPEN_TACTICS)


def _holds(condition: Condition) -> pl.Expr:
    return reduce(
        lambda a, b: a & b,
        [pl.col(name).is_in(list(levels)) for name, levels in condition.items()],
        pl.lit(value=True),
    )
