"""Comparisons a claim asks for: which trials stand on which side, and where enough of them are found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import polars as pl

from gyges.analysis._counts import SOURCES, Source, Tally, Units, Value, count_side, rank_sources, tally
from gyges.analysis._units import MIN_ARM
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.scenario import Condition
from gyges.records.words import CONFLICT, FACTORS

MATCHED_FIRST: Final = ("matched", "conjoint", "full-factorial")
"""For a single cell: the trials made for it, else the drawn ones that fall into it."""

DRAWN: Final = ("conjoint", "full-factorial")


@dataclass(frozen=True)
class Comparison:
    """What a claim compares."""

    value: Value
    sides: dict[str, pl.Expr]
    """What a side is, in words, to the trials on it; a trial is on the first that fits."""
    factors: set[str]
    """Factors whose levels make the sides."""
    contrasts: tuple[tuple[str, ...], ...]
    """Sides that must stand in the same unit, with enough trials each."""
    sources: tuple[str, ...] = SOURCES


@dataclass(frozen=True)
class Picked:
    """The trials a claim rests on, for one model."""

    source: Source
    units: Units
    missing_share: float
    events: int

    def usable(self, sides: tuple[str, ...]) -> Units:
        """Units with trials on all of these sides."""
        return _usable(self.units, sides)


def holds(condition: Condition) -> pl.Expr:
    """Trials in whose cell every factor has one of its levels; a scenario must carry the factor."""
    return _all([pl.col(name).is_in(list(levels)) for name, levels in condition.items()])


def carries(condition: Condition) -> pl.Expr:
    """Trials of scenarios that carry every factor of the condition."""
    return _all([pl.col(name).is_not_null() for name in condition])


def turned(condition: Condition, factor: str) -> pl.Expr:
    """Trials in which one factor of the condition has another level and the rest holds."""
    return holds({**condition, factor: other_levels(condition, factor)})


def other_levels(condition: Condition, factor: str) -> tuple[str, ...]:
    """The levels of a factor that the condition leaves out."""
    return tuple(level for level in FACTORS[factor] if level not in condition[factor])


def say(condition: Condition) -> str:
    """Say a condition in words."""
    return " and ".join(f"{name} {' or '.join(levels)}" for name, levels in condition.items()) or "any cell"


def tally_comparison(frame: pl.DataFrame, claim: Claim, comparison: Comparison) -> Tally:
    """Count the trials on each side, for every model; the conflict is present unless the claim names it."""
    rows = frame.lazy()
    if CONFLICT not in comparison.factors:
        rows = rows.filter(pl.col(CONFLICT) == "present")
    if claim.scenarios:
        rows = rows.filter(pl.col("scenario").cast(pl.String).is_in(list(claim.scenarios)))
    side = reduce(
        lambda rest, pair: pl.when(pair[1]).then(pl.lit(pair[0], pl.UInt8)).otherwise(rest),
        reversed(list(enumerate(comparison.sides.values()))),
        pl.lit(None, pl.UInt8),
    )
    return tally(
        rows,
        side=side,
        names=dict(enumerate(comparison.sides)),
        factors=comparison.factors,
        values=[comparison.value],
    )


def pick(by_source: dict[Source, dict[str, Units]], comparison: Comparison, min_trials: int) -> Picked | str:
    """The best source with enough coded trials on every side; else a sentence on what it lacks."""
    ranked = rank_sources(by_source, comparison.sources)
    for source in ranked:
        units = by_source[source][comparison.value.name]
        if all(_has_enough(units, sides, min_trials) for sides in comparison.contrasts):
            arms = [arm for sides in units.values() for arm in sides.values()]
            n, missing = sum(arm.n for arm in arms), sum(arm.missing for arm in arms)
            return Picked(source, units, missing / (n + missing), sum(arm.events for arm in arms))
    return _say_lack([by_source[source][comparison.value.name] for source in ranked], comparison, min_trials)


def turn(estimate: Estimate, sign: int, offset: float = 0.0) -> Estimate:
    """The estimate of offset + sign × what it is about."""

    def bounds(low: float | None, high: float | None) -> tuple[float | None, float | None]:
        values = [None if x is None else offset + sign * x for x in (low, high)]
        return (values[0], values[1]) if sign > 0 else (values[1], values[0])

    low, high = sorted((offset + sign * estimate.low, offset + sign * estimate.high))
    prediction = bounds(estimate.prediction_low, estimate.prediction_high)
    worst = bounds(estimate.worst_low, estimate.worst_high)
    units = []
    for unit in estimate.units:
        unit_worst = bounds(unit.worst_low, unit.worst_high)
        units.append(
            replace(
                unit,
                estimate=offset + sign * unit.estimate,
                worst_low=unit_worst[0],
                worst_high=unit_worst[1],
            )
        )
    return replace(
        estimate,
        estimate=offset + sign * estimate.estimate,
        low=low,
        high=high,
        prediction_low=prediction[0],
        prediction_high=prediction[1],
        worst_low=worst[0],
        worst_high=worst[1],
        units=tuple(units),
    )


def _all(conditions: list[pl.Expr]) -> pl.Expr:
    return reduce(lambda a, b: a & b, conditions, pl.lit(True))


def _usable(units: Units, sides: tuple[str, ...]) -> Units:
    return {
        unit: arms
        for unit, arms in units.items()
        if all(side in arms and arms[side].n >= MIN_ARM for side in sides)
    }


def _has_enough(units: Units, sides: tuple[str, ...], min_trials: int) -> bool:
    usable = _usable(units, sides)
    return bool(usable) and all(count_side(usable, side) >= min_trials for side in sides)


def _say_lack(candidates: list[Units], comparison: Comparison, min_trials: int) -> str:
    best = {
        side: max((count_side(units, side) for units in candidates), default=0) for side in comparison.sides
    }
    side = min(best, key=lambda name: best[name])
    if best[side] == 0:
        return f"This run has no coded trials with {side}."
    if best[side] < min_trials:
        return f"This run has {best[side]} coded trials with {side}, fewer than the {min_trials} needed."
    together = "; ".join(comparison.sides)
    return (
        f"Fewer than {min_trials} coded trials each stand in the same scenario and protocol with {together}."
    )
