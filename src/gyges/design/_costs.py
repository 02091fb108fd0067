"""Tokens and cost of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from gyges.records.study import ModelSpec, Study, is_probed, name_model

_REFERENCE = "gyges/"
_MILLION = 1_000_000


class TokenEstimate(NamedTuple):
    """Tokens of one trial."""

    input: int
    output: int


@dataclass(frozen=True)
class ModelCost:
    """What one model's trials take."""

    model: str
    trials: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    """US dollars; none when the price is unknown."""
    note: str = ""


def estimate_costs(
    table: pl.DataFrame,
    study: Study,
    tokens: Mapping[str, TokenEstimate],
    probed: Mapping[str, TokenEstimate] | None = None,
) -> tuple[ModelCost, ...]:
    """Estimate each model's tokens and cost; a protocol without an estimate counts as none.

    The items of batteries are far shorter than scenarios, so they have an estimate of their own, `battery`.
    `probed` holds the estimates for models that are asked about each trial when it is over.
    """
    return tuple(
        _estimate(
            table.filter(pl.col("model") == name_model(spec)),
            spec,
            (probed or tokens) if is_probed(study.probes, spec.name) else tokens,
        )
        for spec in study.models
    )


def _estimate(table: pl.DataFrame, spec: ModelSpec, tokens: Mapping[str, TokenEstimate]) -> ModelCost:
    kind = pl.when(pl.col("design") == "battery").then(pl.lit("battery")).otherwise(pl.col("protocol"))
    counted = table.group_by(kind=kind).len()
    trials = dict(zip(counted["kind"].to_list(), counted["len"].to_list(), strict=True))
    used = [(n, *tokens.get(protocol, TokenEstimate(0, 0))) for protocol, n in trials.items()]
    n_in = sum(n * each for n, each, _ in used)
    n_out = sum(n * each for n, _, each in used)
    cost, note = _price(spec, n_in, n_out)
    return ModelCost(name_model(spec), table.height, n_in, n_out, cost, note)


def _price(spec: ModelSpec, n_in: int, n_out: int) -> tuple[float | None, str]:
    if spec.price is not None:
        return round((n_in * spec.price.input + n_out * spec.price.output) / _MILLION, 4), ""
    if spec.name.startswith(_REFERENCE):
        return 0.0, "a reference agent costs nothing"
    return None, "unknown price"
