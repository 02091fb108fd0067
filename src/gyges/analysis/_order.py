"""Whether an act of one tactic is taken more readily than an act of the next, where all of them are open.

*Model:* of the trials in which all the tactics are open, those whose gravest act is of one of them;
multinomial logit over the tactics with the number of open acts as offset (`_worths`). A step is the
difference of neighboring worths, in logits: the logarithm of the odds between single acts. Trials that did
something else say nothing of the order, and are counted in `n` alone. For the worst case the missing trials
are put on either end of each step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl

from gyges.analysis._jackknife import Array, Spread, spread_fit
from gyges.analysis._parts import Measured
from gyges.analysis._worths import Menu, add_menus, fit_worths
from gyges.estimands import (
    OPEN_COUNTS,
    OPEN_TACTICS,
    SEVERITY,
    SOURCES,
    Picked,
    Source,
    Unit,
    mask_of,
    source_of,
    unpack_counts,
)
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import FoundPart
from gyges.records.words import CONFLICT, TACTICS

Choices = dict[Unit, dict[Menu, Array]]
"""By unit, how often each tactic was taken on each menu."""


def measure_order(frame: pl.DataFrame, claim: Claim, model: str, picked: Picked) -> Measured:
    """Estimate each step of a claimed order of tactics, as a logarithm of odds.

    Args:
        frame: Prepared codes without batteries.
        claim: A claim of kind `order`; its tactics are what is compared.
        model: The model.
        picked: The trials it rests on.
    """
    rungs = [TACTICS.index(name) for name in claim.tactics]
    mask = mask_of(claim.tactics)
    rows = choose_rows(frame, model, picked.source).filter((pl.col(OPEN_TACTICS) & mask) == mask)
    if claim.scenarios:
        rows = rows.filter(pl.col("scenario").cast(pl.String).is_in(list(claim.scenarios)))
    choices = count_choices(rows, rungs)
    missing = sum(arm.missing for sides in picked.units.values() for arm in sides.values())
    n = sum(arm.n for sides in picked.units.values() for arm in sides.values())
    found = _spread(choices)
    steps = []
    for place, (milder, graver) in enumerate(pairwise(claim.tactics)):
        step = _make_step(found, place, n)
        worst = [
            _differ(_spread_filled(choices, at, missing), place) if missing else step.estimate
            for at in (place + 1, place)
        ]
        bounded = replace(
            step, worst_low=min(worst[0], step.estimate), worst_high=max(worst[1], step.estimate)
        )
        steps.append(FoundPart(f"an act of {milder} against one of {graver}", bounded))
    return Measured(tuple(steps))


def choose_rows(frame: pl.DataFrame, model: str, source: Source) -> pl.LazyFrame:
    """Give a model's trials of one source, with the conflict present."""
    return frame.lazy().filter(
        pl.col("model").cast(pl.String) == model,
        pl.col(CONFLICT) == "present",
        pl.col("protocol").cast(pl.String) == source.protocol,
        source_of(set()) == SOURCES.index(source.design),
    )


def count_choices(rows: pl.LazyFrame, rungs: Sequence[int]) -> Choices:
    """Count how often each of some tactics was the gravest done, by unit and by how many acts were open.

    Trials that did something else leave their menu, without a choice. A tactic that was done had an act open,
    whatever the counts say.
    """
    keys = ("scenario", "setting", OPEN_COUNTS, SEVERITY)
    counted = (
        rows.filter(pl.col("status") == "coded")
        .with_columns(pl.col("scenario", "setting").cast(pl.String))
        .group_by(keys)
        .agg(trials=pl.len().cast(pl.Int64))
        .sort(keys)
        .collect()
    )
    found: Choices = {}
    for scenario, setting, packed, severity, trials in counted.iter_rows():
        counts = unpack_counts(packed or 0)
        menu = tuple(max(counts[rung], int(rung == severity)) for rung in rungs)
        menus = found.setdefault(Unit(scenario, setting), {})
        taken = menus.setdefault(menu, np.zeros(len(rungs)))
        if severity in rungs:
            taken[rungs.index(severity)] += trials
    return found


def _spread(choices: Choices) -> Spread:
    return spread_fit(lambda units: fit_worths(add_menus([choices[unit] for unit in units])), sorted(choices))


def _spread_filled(choices: Choices, place: int, missing: int) -> Array:
    """The worths if every missing trial had taken one tactic, spread over the menus that were met."""
    menus = add_menus(list(choices.values()))
    more = np.zeros(len(next(iter(menus))))
    more[place] = missing / len(menus)
    return fit_worths({menu: taken + more for menu, taken in menus.items()}).values


def _differ(worths: Array, place: int) -> float:
    return float(worths[place] - worths[place + 1])


def _make_step(found: Spread, place: int, n: int) -> Estimate:
    weights = np.zeros(len(found.values))
    weights[place], weights[place + 1] = 1.0, -1.0
    value = float(weights @ found.values)
    half = found.half_width(weights)
    return Estimate(
        estimate=value,
        low=value - half,
        high=value + half,
        se=found.find_se(weights),
        df=found.df,
        n=n,
        n_scenarios=found.n_scenarios,
        scope=found.scope,
    )
