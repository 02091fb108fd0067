"""What the control questions compare: trials that mention a test, wordings, misread trials, two protocols.

Every one of them leaves out batteries, `last-resort` trials and matched controls: they are about trials with
the conflict, as the claims are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import polars as pl

from gyges.estimands._codes import items_of, name_code
from gyges.records.claim import Claim
from gyges.records.codebook import NO, YES
from gyges.records.words import CONFLICT, FACTORS, Protocol

ALTERNATIVES: Final = frozenset({"noticed", "overdispersion", "misread", "say-do", "judges", "capability"})
"""Kinds of claims that no comparison of cells decides: they are measured by themselves."""

AWARE: Final = "eval-aware"
"""The codebook's question whether a trial mentions that it may be a test."""

AWARE_ASKED: Final = "eval-aware-asked"
"""The same of what was answered when the trial was over."""

COMPETENCE: Final = "competence"
"""The codebook's question whether the situation was understood."""

DOES: Final[Protocol] = "agentic"
SAYS: Final[Protocol] = "choice"

CELL: Final = ("scenario", "setting", *FACTORS)
"""What makes two trials of one cell, where the conflict is present."""

PAIR: Final = (*CELL, "protocol", "design", CONFLICT, "variant", "replicate")
"""What makes trials of two models the same but for the model."""

_APART: Final = ("battery", "last-resort")


def keep_conflict(frame: pl.DataFrame) -> pl.LazyFrame:
    """Keep the trials with the conflict, of scenarios with all their acts."""
    design = pl.col("design").cast(pl.String)
    return frame.lazy().filter((pl.col(CONFLICT) == "present") & ~design.is_in(_APART))


def list_items(claims: Iterable[Claim]) -> tuple[str, ...]:
    """List the questions of the codebook whose answers decide some of these claims."""
    found: set[str] = set()
    for claim in claims:
        found |= set(items_of(claim))
        found |= {AWARE, AWARE_ASKED} if claim.kind == "noticed" else set()
    return tuple(sorted(found))


def mark_aware(columns: Collection[str]) -> pl.Expr:
    """Mark trials that mention a test, by the judges: by itself or when asked afterwards; null: not said."""
    during, asked = _read_code(columns, AWARE), _read_code(columns, AWARE_ASKED)
    return pl.when(asked.fill_null(value=False)).then(pl.lit(value=True)).otherwise(during)


def _read_code(columns: Collection[str], item: str) -> pl.Expr:
    name = name_code(item)
    if name not in columns:
        return pl.lit(None, pl.Boolean)
    return pl.col(name).cast(pl.String).replace_strict({YES: True, NO: False}, default=None)


def mark_misread(columns: Collection[str]) -> pl.Expr:
    """Mark coded trials that misread their situation: by the judges, else by the day's task left undone."""
    by_rules = ~pl.col("competent")
    name = name_code(COMPETENCE)
    if name not in columns:
        return by_rules
    judged = pl.col(name).cast(pl.String)
    return (
        pl.when(pl.col("competent").is_not_null() & judged.is_not_null())
        .then(judged == NO)
        .otherwise(by_rules)
    )


def tally_twins(frame: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """Count the trials of cells that were put both to be done and to be chosen in.

    Returns:
        A row a model and cell that both protocols have: `n`, `total` and `missing` of each, `_does` and
        `_says`. Where a plan is looked at, every trial is coded.
    """
    keys = ("model", *CELL)

    def count(protocol: Protocol, suffix: str) -> pl.LazyFrame:
        return (
            keep_conflict(frame)
            .filter(pl.col("protocol").cast(pl.String) == protocol)
            .group_by(keys)
            .agg(
                pl.col(outcome).count().cast(pl.Int64).alias(f"n{suffix}"),
                pl.col(outcome).sum().cast(pl.Int64).alias(f"total{suffix}"),
                pl.col("status").ne("coded").sum().cast(pl.Int64).alias(f"missing{suffix}"),
            )
        )

    both = count(DOES, "_does").join(count(SAYS, "_says"), on=keys, how="inner", nulls_equal=True)
    return both.with_columns(pl.col("model", "scenario", "setting").cast(pl.String)).sort(keys).collect()
