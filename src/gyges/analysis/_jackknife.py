"""Intervals for what is fitted to all units together, with the unit as what inference counts.

*Model:* θ̂ is fitted to the sum of the units' counts, so it is about their mixture, and a unit without events
says what it has to say. With five or more scenarios, its covariance is the jackknife's over S units,
V = (S−1)/S · Σ_u (θ̂₍₋ᵤ₎ − θ̄)(θ̂₍₋ᵤ₎ − θ̄)ᵀ, where θ̂₍₋ᵤ₎ is fitted without unit u, and intervals have S − 1
degrees of freedom: about scenarios like these. In no direction may it be smaller than F, the inverse of the
information in the trials: with F^½ U diag(λ) Uᵀ F^½ = V, every λ is held at 1 or more, or units that all
happen to agree would be taken for certainty. With fewer scenarios the covariance is F itself, which where
units differ is too large rather than too small: about these only.

References:
    Tukey (1958), Bias and confidence in not quite large samples. Ann. Math. Stat. 29 (abstract).
    Lipsitz, Laird & Harrington (1990), Using the jackknife to estimate the variance of regression estimators
    from repeated measures studies. Commun. Stat. 19.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._intervals import quantile_95
from gyges.estimands import MIN_SCENARIOS, Unit
from gyges.records.estimates import Scope

_NOTHING = 1e-12

Array = NDArray[np.float64]
Counts = TypeVar("Counts")


class Fit(NamedTuple):
    """Parameters with the inverse of the information in the trials."""

    values: Array
    covariance: Array


class Spread(NamedTuple):
    """Parameters with a covariance over what inference counts, and what the inference is about."""

    values: Array
    covariance: Array
    df: float
    scope: Scope
    n_scenarios: int
    without: Array
    """Parameters fitted without each unit in turn; no rows where it is about these scenarios only."""
    inner: Array
    """The inverse of the information in the trials."""

    def find_se(self, weights: Array) -> float:
        """Give the standard error of a weighted sum of the parameters."""
        return math.sqrt(max(0.0, float(weights @ self.covariance @ weights)))

    def half_width(self, weights: Array) -> float:
        """Give half the width of its 95 % interval."""
        return quantile_95(self.df) * self.find_se(weights)

    def draw(self, n: int, seed: int) -> Array:
        """Draw parameters from their t distribution; shape (n, parameters)."""
        rng = np.random.default_rng(seed)
        values, axes = np.linalg.eigh(self.covariance)
        root = axes * np.sqrt(np.maximum(values, 0.0))
        scale = 1.0 if math.isinf(self.df) else np.sqrt(self.df / rng.chisquare(self.df, size=(n, 1)))
        found: Array = self.values + rng.standard_normal((n, len(self.values))) @ root.T * scale
        return found


def spread_fit(fit: Callable[[Sequence[Unit]], Fit], units: Sequence[Unit]) -> Spread:
    """Fit all units together, and find the covariance that goes with their number.

    Args:
        fit: Fits the counts of the units it is given.
        units: All units, in a fixed order.
    """
    whole = fit(units)
    n_scenarios = len({unit.scenario for unit in units})
    if n_scenarios < MIN_SCENARIOS:
        none = np.empty((0, len(whole.values)))
        these: Scope = "these scenarios only"
        return Spread(*whole, math.inf, these, n_scenarios, without=none, inner=whole.covariance)
    size = len(units)
    without = np.array([fit([*units[:i], *units[i + 1 :]]).values for i in range(size)])
    centered = without - without.mean(axis=0)
    covariance = _hold((size - 1) / size * centered.T @ centered, whole.covariance)
    return Spread(
        values=whole.values,
        covariance=covariance,
        df=size - 1.0,
        scope="scenarios like these",
        n_scenarios=n_scenarios,
        without=without,
        inner=whole.covariance,
    )


def _hold(covariance: Array, least: Array) -> Array:
    """Hold a covariance at another one or more, in every direction; where that is 0, it stays 0."""
    values, axes = np.linalg.eigh(least)
    kept = values > _NOTHING * max(1.0, float(values.max(initial=0.0)))
    root = axes[:, kept] * np.sqrt(values[kept])
    inverse = axes[:, kept] / np.sqrt(values[kept])
    ratios, turned = np.linalg.eigh(inverse.T @ covariance @ inverse)
    wide = root @ turned
    found: Array = wide * np.maximum(ratios, 1.0) @ wide.T
    return found
