"""Effects within a unit: means, differences and slopes, with variances that never vanish.

A yes-or-no arm with x events in n trials has variance p̃(1 − p̃)/(n + 2), p̃ = (x + 1)/(n + 2): one event and
one non-event are added to the arm, so rates of 0 and 1 keep an honest variance. The estimate itself is the
plain difference of rates, which is unbiased. Other values have ((Σ(y − ȳ)² + ½)/(n − 1))/n: half a squared
rung is added.

References:
    Agresti & Caffo (2000), Simple and effective confidence intervals for proportions. Am. Stat. 54.
    Hainmueller, Hopkins & Yamamoto (2014), Causal inference in conjoint analysis. Political Analysis 22.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gyges.analysis._counts import Arm, Sides, Unit, Units, Value
from gyges.analysis._pooling import UnitFit
from gyges.records.estimates import UnitEffect

MIN_ARM = 2
"""Fewest coded trials on each side of a unit."""


def fit_means(units: Units, side: str, value: Value) -> list[UnitFit]:
    """Mean of the value on one side, within each unit that has it."""
    return _fit(units, {side: 1.0}, value)


def fit_differences(units: Units, side: str, reference: str, value: Value) -> list[UnitFit]:
    """Difference of means between two sides, within each unit that has both."""
    return _fit(units, {side: 1.0, reference: -1.0}, value)


def fit_slopes(units: Units, levels: Sequence[str], value: Value) -> list[UnitFit]:
    """Least-squares rise for one step of equally spaced levels, within each unit that has all of them."""
    fits = []
    for unit, sides in units.items():
        arms = [sides.get(level) for level in levels]
        if any(arm is None or arm.n < MIN_ARM for arm in arms):
            continue
        n = [arm.n for arm in arms if arm is not None]
        center = sum(i * size for i, size in enumerate(n)) / sum(n)
        spread = sum(size * (i - center) ** 2 for i, size in enumerate(n))
        weights = {level: n[i] * (i - center) / spread for i, level in enumerate(levels)}
        fits.append(_combine(unit, sides, weights, value))
    return fits


def _fit(units: Units, weights: Mapping[str, float], value: Value) -> list[UnitFit]:
    return [
        _combine(unit, sides, weights, value)
        for unit, sides in units.items()
        if all(side in sides and sides[side].n >= MIN_ARM for side in weights)
    ]


def _combine(unit: Unit, sides: Sides, weights: Mapping[str, float], value: Value) -> UnitFit:
    estimate = variance = spread = low = high = 0.0
    n = 0
    for side, weight in weights.items():
        arm = sides[side]
        part = weight**2 * _variance(arm, value)
        estimate += weight * arm.mean
        variance += part
        spread += part**2 / (arm.n - 1)
        n += arm.n
        bounds = _worst(arm, value)
        low += weight * (bounds[0] if weight > 0 else bounds[1])
        high += weight * (bounds[1] if weight > 0 else bounds[0])
    effect = UnitEffect(
        unit=unit.name,
        scenario=unit.scenario,
        estimate=estimate,
        variance=variance,
        n=n,
        worst_low=min(low, estimate),
        worst_high=max(high, estimate),
    )
    return UnitFit(effect, df=math.inf if value.is_binary else variance**2 / spread)


def _variance(arm: Arm, value: Value) -> float:
    if value.is_binary:
        p = (arm.total + 1) / (arm.n + 2)
        return p * (1 - p) / (arm.n + 2)
    deviations = arm.squares - arm.total**2 / arm.n
    return (max(0.0, deviations) + 0.5) / (arm.n - 1) / arm.n


def _worst(arm: Arm, value: Value) -> tuple[float, float]:
    trials = arm.n + arm.missing
    return (arm.total + value.low * arm.missing) / trials, (arm.total + value.high * arm.missing) / trials
