"""From effects within units to one effect: random effects over scenarios, or these scenarios' own mean.

*Scenarios like these*: y_u ~ N(b, v_u + τ²), τ² by restricted maximum likelihood, w_u = 1/(v_u + τ²),
b = Σ w y / Σ w, SE² = Σ w (y − b)² / ((S − 1) Σ w) + Σ w² a / (Σ w)², t with S − 1 degrees of freedom,
and the prediction interval b ± t_{S−2} √(τ² + SE²). S counts units (a scenario's settings), the unit of
inference.

Differences are weighted by their numbers of trials alone: v_u = σ² h_u with h_u = Σ c²/n over the unit's
arms and σ² = Σ v / Σ h. By their own variance, differences of rates would count most in scenarios near 0 or
1, where they are small too, and those of logits where they came out small: b would be pulled towards 0. a_u
is what the half trial added to a unit's variance: it keeps SE from vanishing where no arm has an event. The
ratio Q/(S − 1) is not held at 1 or more: where units do not differ, intervals would cover 98 to 99 %.

*These scenarios only*: b = Σ y / S, SE² = Σ v / S².

*Heterogeneity*: Q = Σ (y − ỹ)²/v with ỹ weighted by 1/v, and I² = max(0, (Q − (S − 1))/Q).

References:
    Hartung & Knapp (2001), A refined method for the meta-analysis of controlled trials. Stat. Med. 20.
    Higgins & Thompson (2002), Quantifying heterogeneity in a meta-analysis. Stat. Med. 21.
    Higgins, Thompson & Spiegelhalter (2009), A re-evaluation of random-effects meta-analysis. JRSS A 172.
    Shuster (2010), Empirical vs natural weighting in random effects meta-analysis. Stat. Med. 29.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._intervals import quantile_95
from gyges.estimands import MIN_SCENARIOS
from gyges.records.estimates import Estimate, UnitEffect

_MAX_STEPS = 200
_TOLERANCE = 1e-12
_LEAST_VARIANCE = 1e-12
"""Where all units say exactly the same they weigh alike."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class UnitFit:
    """An effect within a unit, with the degrees of freedom of its variance."""

    effect: UnitEffect
    df: float = math.inf
    size: float | None = None
    """Its variance if every trial's value had variance 1; none: it is weighted by its own variance."""
    added: float = 0.0
    """What its variance was given so as not to vanish."""
    limits: tuple[float, float] = (-math.inf, math.inf)
    """The least and the most the effect can be; intervals end there."""


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
    v = np.maximum(v, _LEAST_VARIANCE)
    tau2 = max(0.0, float(np.var(y, ddof=1) - np.mean(v)))
    for _ in range(_MAX_STEPS):
        w = 1 / (v + tau2)
        mean = float(np.sum(w * y) / np.sum(w))
        leverage = float(np.sum(w * w) / np.sum(w))
        score = float(np.sum((w * (y - mean)) ** 2)) - float(np.sum(w)) + leverage
        w2 = float(np.sum(w * w))
        fisher = w2 - 2 * float(np.sum(w**3)) / float(np.sum(w)) + leverage**2
        if fisher <= 0:
            # One unit outweighs all others, so they say nothing of what lies between units.
            return tau2
        new = max(0.0, tau2 + score / fisher)
        if abs(new - tau2) <= _TOLERANCE * (1 + tau2):
            return new
        tau2 = new
    return tau2


def pool_random(y: Array, v: Array, tau2: float | None = None, *, added: Array | None = None) -> Pooled:
    """Pool effects with their variances, by REML and Hartung–Knapp.

    Args:
        y: Effects, one a unit.
        v: Their variances.
        tau2: Variance between units; none: it is estimated.
        added: Variance of each effect that its spread over units may not show.
    """
    between = fit_tau2(y, v) if tau2 is None else tau2
    w = 1 / (np.maximum(v, _LEAST_VARIANCE) + between)
    total = float(np.sum(w))
    mean = float(np.sum(w * y)) / total
    variance = float(np.sum(w * (y - mean) ** 2)) / (len(y) - 1) / total
    if added is not None:
        variance += float(np.sum(w * w * added)) / total**2
    return Pooled(mean=mean, se=math.sqrt(variance), tau=math.sqrt(between), weights=w / total)


def pool_units(fits: Sequence[UnitFit]) -> Estimate:
    """Pool at least one unit's effect; the number of distinct scenarios decides what it is about."""
    scenarios = {fit.effect.scenario for fit in fits}
    estimate = _pool_like_these(fits) if len(scenarios) >= MIN_SCENARIOS else _pool_these_only(fits)
    estimate = _clip(estimate, min(fit.limits[0] for fit in fits), max(fit.limits[1] for fit in fits))
    if len(fits) == 1:
        return estimate
    y = np.array([fit.effect.estimate for fit in fits])
    spread = _measure_spread(y, np.array([fit.effect.variance for fit in fits]))
    i_squared = max(0.0, 1 - (len(fits) - 1) / spread) if spread else 0.0
    return replace(estimate, cochran_q=spread, i_squared=i_squared)


def _clip(estimate: Estimate, least: float, most: float) -> Estimate:
    def hold(x: float | None) -> float | None:
        return None if x is None else min(max(x, least), most)

    return replace(
        estimate,
        low=max(estimate.low, least),
        high=min(estimate.high, most),
        prediction_low=hold(estimate.prediction_low),
        prediction_high=hold(estimate.prediction_high),
    )


def _measure_spread(y: Array, v: Array) -> float:
    if not (v > 0).all():
        # Estimates without any error have no spread that could be told from it.
        return 0.0
    w = 1 / v
    return float(np.sum(w * (y - np.sum(w * y) / np.sum(w)) ** 2))


def _level(fits: Sequence[UnitFit]) -> Array:
    """Give the units' variances, as they would be with the same spread within all arms."""
    v = np.array([fit.effect.variance for fit in fits])
    sizes = np.array([fit.size for fit in fits if fit.size is not None])
    if len(sizes) < len(fits):
        return v
    return np.asarray(sizes * (math.fsum(v) / math.fsum(sizes)))


def _pool_like_these(fits: Sequence[UnitFit]) -> Estimate:
    units = tuple(fit.effect for fit in fits)
    y = np.array([unit.estimate for unit in units])
    fit = pool_random(y, _level(fits), added=np.array([each.added for each in fits]))
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


def _pool_these_only(fits: Sequence[UnitFit]) -> Estimate:
    units = tuple(fit.effect for fit in fits)
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
