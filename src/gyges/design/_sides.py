"""The trials on each side of a contrast, where a plan compares levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from gyges.records.plan import Plan
from gyges.records.scenario import Condition, Scenario
from gyges.records.words import FACTORS

DRAWN = ("conjoint", "full-factorial")


@dataclass(frozen=True)
class Sides:
    """Trials of one model on both sides of a contrast."""

    n_level: int
    n_reference: int
    scenarios: int
    """Scenarios with trials on both sides."""
    units: int
    """Settings with trials on both sides."""
    n_each: float
    """Trials in each setting that count as much as these, half on each side."""


def trials_with_conflict(plan: Plan, scenarios: Mapping[str, Scenario]) -> pl.DataFrame:
    """Give one model's trials with the conflict, and for each how many factors are off the base cell.

    Items of batteries are no scenarios; they are left out.
    """
    table = plan.table
    first = table.filter(
        (pl.col("model") == table["model"][0])
        & (pl.col("conflict") == "present")
        & (pl.col("design") != "battery")
    )
    rows = [
        {"scenario": name, **{f"base_{f}": scenarios[name].base.get(f) for f in FACTORS}}
        for name in first["scenario"].unique(maintain_order=True)
        if name in scenarios
    ]
    schema = {"scenario": pl.Utf8, **{f"base_{f}": pl.Utf8 for f in FACTORS}}
    joined = first.join(pl.DataFrame(rows, schema=schema), on="scenario", how="left")
    off = [(pl.col(f) != pl.col(f"base_{f}")).fill_null(value=False).alias(f"off_{f}") for f in FACTORS]
    marked = joined.with_columns(off).drop([f"base_{f}" for f in FACTORS])
    return marked.with_columns(off=pl.sum_horizontal([f"off_{f}" for f in FACTORS]))


def matching(rows: pl.DataFrame, condition: Condition) -> pl.DataFrame:
    """Keep the trials in whose cell every factor has one of its levels."""
    return rows.filter(
        *[pl.col(name).is_in(list(levels)) for name, levels in condition.items() if name in FACTORS]
    )


def count_sides(rows: pl.DataFrame, factor: str, level: str, reference: str) -> Sides:
    """Count the trials that compare two levels: drawn cells, or cells off the base in this factor alone.

    Drawn and matched cells answer different questions, so they are not added up: the larger set counts.
    """
    is_drawn = pl.col("design").is_in(list(DRAWN))
    drawn = rows.filter(is_drawn)
    matched = rows.filter(~is_drawn, pl.col("off") == pl.col(f"off_{factor}").cast(pl.UInt32))
    found = [_count(each, factor, level, reference) for each in (drawn, matched)]
    return max(found, key=lambda sides: min(sides.n_level, sides.n_reference))


def _count(rows: pl.DataFrame, factor: str, level: str, reference: str) -> Sides:
    arms = (
        rows.group_by("protocol", "scenario", "setting")
        .agg(a=(pl.col(factor) == level).sum(), b=(pl.col(factor) == reference).sum())
        .filter(pl.col("a") > 0, pl.col("b") > 0)
    )
    n_a, n_b = int(arms["a"].sum()), int(arms["b"].sum())
    units = arms.select("scenario", "setting").n_unique() if arms.height else 0
    weight = float((4 * arms["a"] * arms["b"] / (arms["a"] + arms["b"])).sum()) if arms.height else 0.0
    return Sides(
        n_level=n_a,
        n_reference=n_b,
        scenarios=arms["scenario"].n_unique(),
        units=units,
        n_each=weight / units if units else 0.0,
    )
