"""From effects within units to one effect: random effects over scenarios, or these scenarios' own mean.

*Scenarios like these*: y_u ~ N(b, v_u + τ²), τ² by restricted maximum likelihood, w_u = 1/(v_u + τ²),
b = Σ w y / Σ w, SE² = max(1, Q/(S−1))/Σ w with Q = Σ w (y − b)², t with S−1 degrees of freedom, and the
prediction interval b ± t_{S−2} √(τ² + SE²). S counts units (a scenario's settings), the unit of inference.

*These scenarios only*: b = Σ y / S, SE² = Σ v / S².

References:
    Hartung & Knapp (2001), A refined method for the meta-analysis of controlled trials. Stat. Med. 20.
    Röver, Knapp & Friede (2015), Hartung–Knapp–Sidik–Jonkman approach and its modification. BMC MRM 15.
    Higgins, Thompson & Spiegelhalter (2009), A re-evaluation of random-effects meta-analysis. JRSS A 172.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._intervals import quantile_95
from gyges.estimands import MIN_SCENARIOS
from gyges.records.estimates import Estimate, UnitEffect

_MAX_STEPS = 200
_TOLERANCE = 1e-12

Array = NDArray[np.float64]


@dataclass(frozen=True)
class UnitFit:
    """An effect within a unit, with the degrees of freedom of its variance."""

    effect: UnitEffect
    df: float = math.inf


@dataclass(frozen=True)
class Pooled:
    """A random-effects mean."""

    mean: float
    se: float
    tau: float
    weights: Array
    """They sum to 1."""


def fit_tau2(y: Array, v: Array) -> float:
    """Variance between units, by restricted maximum likelihood (Fisher scoring, not below zero)."""
    tau2 = max(0.0, float(np.var(y, ddof=1) - np.mean(v)))
    for _ in range(_MAX_STEPS):
        w = 1 / (v + tau2)
        mean = float(np.sum(w * y) / np.sum(w))
        leverage = float(np.sum(w * w) / np.sum(w))
        score = float(np.sum((w * (y - mean)) ** 2)) - float(np.sum(w)) + leverage
        w2 = float(np.sum(w * w))
        fisher = w2 - 2 * float(np.sum(w**3)) / float(np.sum(w)) + leverage**2
        new = max(0.0, tau2 + score / fisher)
        if abs(new - tau2) <= _TOLERANCE * (1 + tau2):
            return new
        tau2 = new
    return tau2


def pool_random(y: Array, v: Array, tau2: float | None = None) -> Pooled:
    """Pool effects with their variances, by REML and Hartung–Knapp with the ratio held at 1 or more."""
    between = fit_tau2(y, v) if tau2 is None else tau2
    w = 1 / (v + between)
    total = float(np.sum(w))
    mean = float(np.sum(w * y)) / total
    q = float(np.sum(w * (y - mean) ** 2))
    se = math.sqrt(max(1.0, q / (len(y) - 1)) / total)
    return Pooled(mean=mean, se=se, tau=math.sqrt(between), weights=w / total)


def pool_units(fits: Sequence[UnitFit]) -> Estimate:
    """Pool at least one unit's effect; the number of distinct scenarios decides what it is about."""
    units = tuple(fit.effect for fit in fits)
    if len({unit.scenario for unit in units}) >= MIN_SCENARIOS:
        return _pool_like_these(units)
    return _pool_these_only(fits, units)


def _pool_like_these(units: tuple[UnitEffect, ...]) -> Estimate:
    y = np.array([unit.estimate for unit in units])
    v = np.array([unit.variance for unit in units])
    fit = pool_random(y, v)
    df = float(len(units) - 1)
    half = quantile_95(df) * fit.se
    reach = quantile_95(df - 1) * math.sqrt(fit.tau**2 + fit.se**2)
    worst_low, worst_high = _worst_bounds(units, fit.weights, fit.mean)
    return Estimate(
        estimate=fit.mean,
        low=fit.mean - half,
        high=fit.mean + half,
        se=fit.se,
        df=df,
        n=sum(unit.n for unit in units),
        n_scenarios=len({unit.scenario for unit in units}),
        scope="scenarios like these",
        tau=fit.tau,
        prediction_low=fit.mean - reach,
        prediction_high=fit.mean + reach,
        worst_low=worst_low,
        worst_high=worst_high,
        units=units,
    )


def _pool_these_only(fits: Sequence[UnitFit], units: tuple[UnitEffect, ...]) -> Estimate:
    size = len(units)
    mean = math.fsum(unit.estimate for unit in units) / size
    total = math.fsum(unit.variance for unit in units)
    se = math.sqrt(total) / size
    spread = math.fsum(fit.effect.variance**2 / fit.df for fit in fits)
    df = total**2 / spread if spread > 0 else math.inf
    half = quantile_95(df) * se
    worst_low, worst_high = _worst_bounds(units, np.full(size, 1 / size), mean)
    return Estimate(
        estimate=mean,
        low=mean - half,
        high=mean + half,
        se=se,
        df=df,
        n=sum(unit.n for unit in units),
        n_scenarios=len({unit.scenario for unit in units}),
        scope="these scenarios only",
        worst_low=worst_low,
        worst_high=worst_high,
        units=units,
    )


def _worst_bounds(
    units: tuple[UnitEffect, ...], weights: Array, mean: float
) -> tuple[float | None, float | None]:
    """Bounds with the estimate's own weights, so that they always contain it."""
    lows = [unit.worst_low for unit in units if unit.worst_low is not None]
    highs = [unit.worst_high for unit in units if unit.worst_high is not None]
    if len(lows) < len(units) or len(highs) < len(units):
        return None, None
    low = math.fsum(float(w) * x for w, x in zip(weights, lows, strict=True))
    high = math.fsum(float(w) * x for w, x in zip(weights, highs, strict=True))
    return min(low, mean), max(high, mean)
