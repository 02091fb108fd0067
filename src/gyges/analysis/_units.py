"""Effects within a unit: means, differences and slopes, with variances that never vanish.

A yes-or-no arm with x events in n trials has variance p̃(1 − p̃)/n, p̃ = (x + ½)/(n + 1), the mean under
Jeffreys' prior, so rates of 0 and 1 keep an honest variance. The estimate itself is the plain difference of
rates, which is unbiased. Other values have ((Σ(y − ȳ)² + ½)/(n − 1))/n: half a squared rung is added, and to
yes or no less what is expected a quarter.

References:
    Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion. Statistical Science 16.
    Hainmueller, Hopkins & Yamamoto (2014), Causal inference in conjoint analysis. Political Analysis 22.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gyges.analysis._pooling import UnitFit
from gyges.estimands import MIN_ARM, Arm, Sides, Unit, Units, Value
from gyges.records.estimates import UnitEffect

_ADDED = 0.5
_ADDED_TO_RATE = 0.25


def fit_means(units: Units, side: str, value: Value) -> list[UnitFit]:
    """Mean of the value on one side, within each unit that has it."""
    return fit_sums(units, {side: 1.0}, value)


def fit_differences(units: Units, side: str, reference: str, value: Value) -> list[UnitFit]:
    """Difference of means between two sides, within each unit that has both."""
    return fit_sums(units, {side: 1.0, reference: -1.0}, value)


def fit_sums(units: Units, weights: Mapping[str, float], value: Value) -> list[UnitFit]:
    """Weighted sum of the sides' means, within each unit that has all of them."""
    return [_combine(unit, sides, weights, value) for unit, sides in _having(units, list(weights)).items()]


def fit_slopes(units: Units, levels: Sequence[str], value: Value) -> list[UnitFit]:
    """Least-squares rise for one step of equally spaced levels, within each unit that has all of them."""
    fits = []
    for unit, sides in _having(units, levels).items():
        n = [sides[level].n for level in levels]
        center = sum(i * size for i, size in enumerate(n)) / sum(n)
        spread = sum(size * (i - center) ** 2 for i, size in enumerate(n))
        weights = {level: n[i] * (i - center) / spread for i, level in enumerate(levels)}
        fits.append(_combine(unit, sides, weights, value))
    return fits


def fit_bends(units: Units, levels: Sequence[str], value: Value) -> list[list[UnitFit]]:
    """How much each step differs from the one before, for every pair of neighboring steps.

    All are 0 where the levels lie on a line, so they check a slope against free levels.
    """
    whole = _having(units, levels)
    return [
        fit_sums(whole, {levels[i]: 1.0, levels[i + 1]: -2.0, levels[i + 2]: 1.0}, value)
        for i in range(len(levels) - 2)
    ]


def fill_missing(units: Units, value: Value, *, with_outcome: bool) -> Units:
    """The units as they were if every missing trial had the outcome, or none had."""
    each = value.high if with_outcome else value.low
    return {
        unit: {
            side: Arm(
                n=arm.trials,
                missing=0,
                total=arm.total + each * arm.missing,
                squares=arm.squares + each**2 * arm.missing,
                events=arm.events + (arm.missing if with_outcome else 0),
            )
            for side, arm in sides.items()
        }
        for unit, sides in units.items()
    }


def _having(units: Units, sides: Sequence[str]) -> Units:
    return {
        unit: arms
        for unit, arms in units.items()
        if all(side in arms and arms[side].n >= MIN_ARM for side in sides)
    }


def _combine(unit: Unit, sides: Sides, weights: Mapping[str, float], value: Value) -> UnitFit:
    estimate = variance = spread = size = added = low = high = 0.0
    n = 0
    for side, weight in weights.items():
        arm = sides[side]
        part = weight**2 * _variance(arm, value)
        estimate += weight * arm.mean
        variance += part
        size += weight**2 / arm.n
        added += part - weight**2 * _plain_variance(arm, value)
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
    df = math.inf if value.is_binary else variance**2 / spread
    ends = [(weight * value.low, weight * value.high) for weight in weights.values()]
    limits = (sum(min(pair) for pair in ends), sum(max(pair) for pair in ends))
    return UnitFit(effect, df=df, size=size, added=max(0.0, added), limits=limits)


def _variance(arm: Arm, value: Value) -> float:
    if value.is_binary:
        p = (arm.total + 0.5) / (arm.n + 1)
        return p * (1 - p) / arm.n
    added = _ADDED_TO_RATE if value.is_adjusted and value.high == 1 else _ADDED
    return _plain_variance(arm, value) + added / (arm.n - 1) / arm.n


def _plain_variance(arm: Arm, value: Value) -> float:
    """Variance of the arm's mean without what is added to keep it from vanishing."""
    if value.is_binary:
        return arm.mean * (1 - arm.mean) / arm.n
    return max(0.0, arm.squares - arm.total**2 / arm.n) / (arm.n - 1) / arm.n


def _worst(arm: Arm, value: Value) -> tuple[float, float]:
    trials = arm.n + arm.missing
    return (arm.total + value.low * arm.missing) / trials, (arm.total + value.high * arm.missing) / trials
