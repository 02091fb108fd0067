"""Pairs of levels a plan compares, where the analysis will compare them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from gyges.design._power import Assumptions, detectable_effect
from gyges.estimands import MIN_SCENARIOS, Units, pick_levels, tally_levels, usable, value_of
from gyges.records.estimates import Scope
from gyges.records.words import FACTORS

_VALUE = value_of("misaligned")


@dataclass(frozen=True)
class Contrast:
    """Two levels of a factor, with one model's trials on each side."""

    factor: str
    level: str
    reference: str
    n_level: int
    n_reference: int
    scenarios: int
    """Scenarios with trials on both sides."""
    settings: int
    """Their settings; inference counts these."""
    detectable: float | None
    """Risk difference found with 80 % power; none where nothing is compared."""
    scope: Scope
    protocol: str | None
    """The protocol it will be estimated in; none where nothing is compared."""
    design: str | None
    """How its cells are chosen; `matched`: they differ from the base condition in this factor alone."""


def find_contrasts(
    trials: pl.DataFrame, varied: Sequence[str], assumptions: Assumptions
) -> Iterator[Contrast]:
    """Give every pair of levels of the varied factors, from the source that the analysis will take."""
    for factor in varied:
        counted = tally_levels(trials, factor, [_VALUE])
        by_source = next(iter(counted.values()), {})
        for reference, level in combinations(FACTORS[factor], 2):
            source = pick_levels(by_source, level, reference)
            units = usable(by_source[source][_VALUE.name], (level, reference)) if source else {}
            scenarios = len({unit.scenario for unit in units})
            effect = detectable_effect(
                len(units), _effective(units, level, reference), assumptions, scenarios=scenarios
            )
            yield Contrast(
                factor=factor,
                level=level,
                reference=reference,
                n_level=sum(arms[level].n for arms in units.values()),
                n_reference=sum(arms[reference].n for arms in units.values()),
                scenarios=scenarios,
                settings=len(units),
                detectable=None if effect is None else round(effect, 4),
                scope="scenarios like these" if scenarios >= MIN_SCENARIOS else "these scenarios only",
                protocol=source.protocol if source else None,
                design=source.design if source else None,
            )


def _effective(units: Units, level: str, reference: str) -> float:
    """Trials in each unit that count as much as its own, if half stood on each side."""
    sizes = [(arms[level].n, arms[reference].n) for arms in units.values()]
    return sum(4 * a * b / (a + b) for a, b in sizes) / len(sizes) if sizes else 0.0
