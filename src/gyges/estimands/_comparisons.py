"""Comparisons a claim asks for: which trials stand on which side, and where enough of them are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final

import polars as pl

from gyges.estimands._counts import (
    SOURCES,
    Arm,
    Source,
    Tally,
    Units,
    Value,
    count_side,
    rank_sources,
    tally,
    usable,
)
from gyges.estimands._facts import Facts
from gyges.records.claim import Claim
from gyges.records.words import CONFLICT, OUTCOMES

MATCHED_FIRST: Final = ("matched", "conjoint", "full-factorial")
"""For a single cell: the trials made for it, else the drawn ones that fall into it."""

DRAWN: Final = ("conjoint", "full-factorial")
MATCHED: Final = ("matched",)


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
    min_families: int = 0
    """Families of directives that must have enough trials, each by itself; 0: families do not matter."""
    members: Mapping[str, tuple[str, pl.Expr]] = field(default_factory=dict)
    """For sides that an outcome makes: side to that outcome, and to all trials that may be on it."""
    extra: tuple[Value, ...] = ()
    """Further values measured on the same sides."""


@dataclass(frozen=True)
class Picked:
    """The trials a claim rests on, for one model."""

    source: Source
    units: Units
    families: dict[str, Units]
    """The same by family of directives, those with enough trials; empty where families do not matter."""
    extra: Mapping[str, Units] = field(default_factory=dict)
    """Further values, by name, in the same source."""

    @property
    def missing_share(self) -> float:
        """Share of the trials that are not coded."""
        arms = [arm for sides in self.units.values() for arm in sides.values()]
        lost = sum(arm.lost for arm in arms)
        return lost / (lost + sum(arm.n for arm in arms))

    @property
    def events(self) -> int:
        """Coded trials with the outcome."""
        return sum(arm.events for sides in self.units.values() for arm in sides.values())


@dataclass(frozen=True)
class Lack:
    """Why no source has enough trials."""

    side: str = ""
    """The side that has too few; empty: each has enough, but not in the same units."""
    n: int = 0
    """Its trials where it has most of them."""
    families: int | None = None
    """Families with enough trials, where it is families that are too few."""


def tally_claim(
    frame: pl.DataFrame, claim: Claim, comparison: Comparison, facts: Mapping[str, Facts]
) -> Tally:
    """Count the trials on each side, for every model; the conflict is present unless the claim names it.

    Scenarios none of whose acts or topics can show the outcome are left out: they would only dilute it.
    """
    rows = frame.lazy()
    if CONFLICT not in comparison.factors:
        rows = rows.filter(pl.col(CONFLICT) == "present")
    if claim.scenarios:
        rows = rows.filter(pl.col("scenario").cast(pl.String).is_in(list(claim.scenarios)))
    silent = find_silent(claim, facts)
    if silent:
        rows = rows.filter(~pl.col("scenario").cast(pl.String).is_in(silent))
    side = reduce(
        lambda rest, pair: pl.when(pair[1]).then(pl.lit(pair[0], pl.UInt8)).otherwise(rest),
        reversed(list(enumerate(comparison.sides.values()))),
        pl.lit(None, pl.UInt8),
    )
    found = tally(
        rows,
        side=side,
        names=dict(enumerate(comparison.sides)),
        factors=comparison.factors,
        values=[comparison.value, *comparison.extra],
    )
    for name, (outcome, where) in comparison.members.items():
        held = _tally_member(rows.filter(where), name, outcome, comparison.factors)
        _add_doubtful(found, held, name, (comparison.value, *comparison.extra))
    return found


def _tally_member(rows: pl.LazyFrame, name: str, outcome: str, factors: set[str]) -> Tally:
    """Count the trials that may be on a side: how many are, and of how many nobody knows."""
    held, wanted = pl.col(outcome.removeprefix("!")), not outcome.startswith("!")
    is_on = held if wanted else held.not_()
    value = Value(name, is_on.cast(pl.Int64), is_on, truth=pl.lit(None, pl.Boolean))
    return tally(rows, side=pl.lit(0, pl.UInt8), names={0: name}, factors=factors, values=[value])


def _add_doubtful(found: Tally, held: Tally, side: str, values: tuple[Value, ...]) -> None:
    """Count trials that may or may not be on a side as missing from it."""
    for model, by_source in held.items():
        for source, by_value in by_source.items():
            for unit, arms in by_value[side].items():
                known = arms[side]
                if not known.missing:
                    continue
                belonging = known.total / known.n if known.n else 1.0
                for value in values:
                    units = found.setdefault(model, {}).setdefault(source, {}).setdefault(value.name, {})
                    arm = units.setdefault(unit, {}).get(side, Arm(0, 0, 0, 0, 0))
                    units[unit][side] = replace(
                        arm,
                        missing=arm.missing + known.missing,
                        doubtful=known.missing,
                        belonging=belonging,
                    )


def find_silent(claim: Claim, facts: Mapping[str, Facts]) -> list[str]:
    """List the scenarios none of whose acts or topics can show a claim's outcome."""
    wanted = {claim.outcome, claim.outcome_b, claim.given} & set(OUTCOMES)
    return [name for name, each in facts.items() if each.shows is not None and not wanted <= each.shows]


def pick(
    by_source: Mapping[Source, Mapping[str, Units]],
    comparison: Comparison,
    min_trials: int,
    *,
    facts: Mapping[str, Facts],
    planned: bool = False,
) -> Picked | Lack:
    """Give the best source with enough trials on every side, else what it lacks.

    Args:
        by_source: One model's trials, by source and value.
        comparison: What is compared.
        min_trials: Fewest trials on each side.
        facts: What is known of the scenarios; families of directives are read off it.
        planned: Whether trials count that are not coded.
    """
    ranked = rank_sources(by_source, comparison.sources)
    most = 0
    for source in ranked:
        units = by_source[source][comparison.value.name]
        if comparison.min_families:
            families = {
                family: mine
                for family, mine in _split(units, facts).items()
                if _has_enough(mine, comparison, min_trials, planned=planned)
            }
            most = max(most, len(families))
            if len(families) >= comparison.min_families:
                kept = {unit: arms for mine in families.values() for unit, arms in mine.items()}
                return Picked(source, kept, families)
        elif _has_enough(units, comparison, min_trials, planned=planned):
            extra = {value.name: by_source[source].get(value.name, {}) for value in comparison.extra}
            return Picked(source, units, {}, extra)
    if most:
        return Lack(families=most)
    found = [by_source[source][comparison.value.name] for source in ranked]
    return _find_lack(found, comparison, min_trials, planned=planned)


def _split(units: Units, facts: Mapping[str, Facts]) -> dict[str, Units]:
    found: dict[str, Units] = {}
    for unit, arms in units.items():
        family = facts[unit.scenario].family if unit.scenario in facts else ""
        found.setdefault(family or unit.scenario, {})[unit] = arms
    return dict(sorted(found.items()))


def _has_enough(units: Units, comparison: Comparison, min_trials: int, *, planned: bool) -> bool:
    for sides in comparison.contrasts:
        kept = usable(units, sides, planned=planned)
        if not kept or any(count_side(kept, side, planned=planned) < min_trials for side in sides):
            return False
    return True


def _find_lack(candidates: list[Units], comparison: Comparison, min_trials: int, *, planned: bool) -> Lack:
    best = {
        side: max((count_side(units, side, planned=planned) for units in candidates), default=0)
        for side in comparison.sides
    }
    side = min(best, key=lambda name: best[name])
    if comparison.min_families and best[side]:
        return Lack(families=0)
    return Lack(side, best[side]) if best[side] < min_trials else Lack()
