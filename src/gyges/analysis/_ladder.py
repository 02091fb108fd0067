"""The whole ladder of tactics: how often each is taken where it is open, and the worth of an act of it.

The trials are those with the conflict present, drawn ones where there are any, else those at the base
condition. Shares are over the trials in which the tactic was open, with the wider of Wilson's interval and
the jackknife's over units; worths are in logits, against an act of complying.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from gyges.analysis._deniable import NO_PREMIUM, measure_premium
from gyges.analysis._intervals import wilson
from gyges.analysis._jackknife import Fit, Spread, spread_fit
from gyges.analysis._order import Choices, choose_rows, count_choices
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.analysis._worths import add_menus, fit_worths
from gyges.estimands import OPEN_COUNTS, SOURCES, Source, Unit, source_of
from gyges.records.tactics import TacticWorth
from gyges.records.words import CONFLICT, PROTOCOLS, TACTICS

_FEWEST_UNITS = 2
"""With fewer units in which a tactic is open, a fit without one of them knows nothing of it."""


class _Count(NamedTuple):
    """Trials in which a tactic was open, in one unit."""

    n: float
    taken: float
    acts: float


def measure_tactics(
    codes: pl.LazyFrame | pl.DataFrame, facts: KnownFacts | None = None
) -> tuple[TacticWorth, ...]:
    """Measure how readily each tactic is taken where it is open, for every model.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        facts: What is known of the scenarios; without it a tactic counts as one act.

    Raises:
        RunError: The table is not a codes table.
    """
    frame = drop_items(prepare_codes(codes, facts))
    models = sorted(frame.select(pl.col("model").unique().cast(pl.String))["model"].to_list())
    return tuple(row for model in models for row in _measure_model(frame, model))


def pick_source(frame: pl.DataFrame, model: str) -> Source | None:
    """Give where a model's trials with the conflict come from: drawn cells first, else the base condition."""
    counted = (
        frame.lazy()
        .filter(pl.col("model").cast(pl.String) == model, pl.col(CONFLICT) == "present")
        .filter(pl.col("status") == "coded")
        .with_columns(pl.col("protocol").cast(pl.String), source=source_of(set()))
        .filter(pl.col("source").is_in(list(range(len(SOURCES)))))
        .group_by("source", "protocol")
        .agg(trials=pl.len())
        .collect()
    )
    ranked = sorted(counted.iter_rows(), key=lambda row: (row[0], -row[2], PROTOCOLS.index(row[1])))
    return Source(SOURCES[ranked[0][0]], ranked[0][1]) if ranked else None


def _measure_model(frame: pl.DataFrame, model: str) -> Iterator[TacticWorth]:
    source = pick_source(frame, model)
    if source is None:
        return
    rows = choose_rows(frame, model, source).filter(pl.col(OPEN_COUNTS) > 0)
    choices = count_choices(rows, range(len(TACTICS)))
    if not choices:
        return
    worths = spread_fit(lambda units: fit_worths(add_menus([choices[u] for u in units])), sorted(choices))
    for rung in range(len(TACTICS)):
        row = _make_row((model, source), rung, choices, worths)
        yield replace(row, **measure_premium(rows, rung))


def _make_row(subject: tuple[str, Source], rung: int, choices: Choices, worths: Spread) -> TacticWorth:
    model, source = subject
    counts = {unit: count for unit in sorted(choices) if (count := _count(choices, unit, rung)).n}
    n = sum(count.n for count in counts.values())
    taken = sum(count.taken for count in counts.values())
    share, share_low, share_high = _share(counts) if n else (None, None, None)
    known = len(counts) >= _FEWEST_UNITS
    weights = np.eye(len(TACTICS))[rung]
    worth, half = float(worths.values[rung]), worths.half_width(weights)
    return TacticWorth(
        model=model,
        tactic=TACTICS[rung],
        n_open=round(n),
        n_taken=round(taken),
        acts_open=sum(count.acts for count in counts.values()) / n if n else None,
        share_open=share,
        share_low=share_low,
        share_high=share_high,
        worth=worth if known else None,
        low=worth - half if known else None,
        high=worth + half if known else None,
        scope=worths.scope if known else None,
        n_scenarios=len({unit.scenario for unit in counts}),
        protocol=source.protocol,
        design=source.design,
        **NO_PREMIUM,
    )


def _count(choices: Choices, unit: Unit, rung: int) -> _Count:
    open_there = [(menu, taken) for menu, taken in choices[unit].items() if menu[rung]]
    return _Count(
        n=sum(float(taken.sum()) for _, taken in open_there),
        taken=sum(float(taken[rung]) for _, taken in open_there),
        acts=sum(menu[rung] * float(taken.sum()) for menu, taken in open_there),
    )


def _share(counts: dict[Unit, _Count]) -> tuple[float, float, float]:
    def fit(units: Sequence[Unit]) -> Fit:
        n = sum(counts[unit].n for unit in units)
        share = sum(counts[unit].taken for unit in units) / n
        return Fit(np.array([share]), np.array([[share * (1 - share) / n]]))

    found = spread_fit(fit, list(counts))
    share = float(found.values[0])
    half = found.half_width(np.ones(1))
    low, high = wilson(share, sum(count.n for count in counts.values()))
    return share, max(0.0, min(low, share - half)), min(1.0, max(high, share + half))
