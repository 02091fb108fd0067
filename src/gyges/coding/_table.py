"""The codes table: one row a trial, sorted by trial, the same whatever machine or order it came in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from gyges.records.codes import Codes, CodesTable
from gyges.records.words import FACTORS, OUTCOMES

SCHEMA: dict[str, Any] = {
    "trial": pl.String,
    "model": pl.String,
    "scenario": pl.String,
    "setting": pl.String,
    "protocol": pl.String,
    "design": pl.String,
    "conflict": pl.String,
    "variant": pl.Int32,
    "replicate": pl.Int32,
    "seed": pl.Int64,
    **dict.fromkeys(FACTORS, pl.String),
    "status": pl.String,
    "reason": pl.String,
    "cause": pl.String,
    "act": pl.String,
    "acts": pl.List(pl.String),
    "open_acts": pl.List(pl.String),
    "open_tactics": pl.List(pl.String),
    "tactic": pl.String,
    "severity": pl.Int8,
    **dict.fromkeys(OUTCOMES, pl.Boolean),
    "evidence": pl.List(pl.Struct({"act": pl.String, "quote": pl.String, "turn": pl.Int32})),
    "turns": pl.Int32,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost": pl.Float64,
    "probe_input_tokens": pl.Int64,
    "probe_output_tokens": pl.Int64,
    "probe_cost": pl.Float64,
}
"""Columns of `codes.parquet` and their types."""


def tabulate_codes(codes: Iterable[Codes]) -> CodesTable:
    """Lay codes out as a table; a trial that comes twice keeps its first codes that are not `failed`."""
    return merge_codes([lay_out_codes(codes)])


def lay_out_codes(codes: Iterable[Codes]) -> pl.DataFrame:
    """Lay codes out as rows, as they come."""
    return pl.DataFrame([_lay_out(each) for each in codes], schema=SCHEMA, orient="row")


def merge_codes(tables: Sequence[pl.DataFrame]) -> CodesTable:
    """Put rows together, sorted by trial; of a trial that comes twice, the first that is not `failed` stays.

    Args:
        tables: Rows of `lay_out_codes`, in the order in which they count as first.
    """
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *tables])
    order = pl.int_range(pl.len()).alias("order")
    ranked = rows.select("trial", (pl.col("status") == "failed").alias("failed"), order)
    first = ranked.sort("trial", "failed", "order").unique("trial", keep="first", maintain_order=True)
    return CodesTable(table=rows[first["order"]].rechunk())


def _lay_out(codes: Codes) -> list[Any]:
    trial = codes.trial
    return [
        *(trial.id, trial.model, trial.scenario, trial.setting, trial.protocol, trial.design),
        *(trial.conflict, trial.variant, trial.replicate, trial.seed),
        *(trial.cell.get(factor) for factor in FACTORS),
        *(codes.status, codes.reason, codes.cause, codes.act, list(codes.acts)),
        *(list(codes.open_acts), list(codes.open_tactics)),
        *(codes.tactic, codes.severity),
        *(codes.outcomes.get(outcome) for outcome in OUTCOMES),
        [each.model_dump() for each in codes.evidence],
        *(codes.turns, codes.input_tokens, codes.output_tokens, codes.cost),
        *(codes.probe_input_tokens, codes.probe_output_tokens, codes.probe_cost),
    ]
