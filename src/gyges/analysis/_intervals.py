"""Intervals of single proportions, quantiles, and Benjamini–Hochberg."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from gyges.records.estimates import Rate

Z = float(ndtri(0.975))
"""Half-width of a normal 95 % interval in standard errors."""


def quantile_95(df: float) -> float:
    """Half-width of a 95 % interval in standard errors."""
    return Z if math.isinf(df) else float(stdtrit(df, 0.975))


def two_sided_p(estimate: float, se: float, df: float) -> float:
    """P value of no effect."""
    if se <= 0:
        return 1.0 if estimate == 0 else 0.0
    t = -abs(estimate) / se
    return 2 * float(ndtr(t) if math.isinf(df) else stdtr(df, t))


def wilson(rate: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion seen in `n` trials; `n` may be an effective number.

    References:
        Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22.
    """
    center = (rate + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    low = 0.0 if rate == 0 else max(0.0, center - half)
    high = 1.0 if rate == 1 else min(1.0, center + half)
    return low, high


def make_rate(events: int, n: int, missing: int = 0) -> Rate:
    """Rate of coded trials with Wilson's interval and its worst-case bounds over the missing."""
    trials = n + missing
    worst_low = events / trials if trials else None
    worst_high = (events + missing) / trials if trials else None
    if n == 0:
        return Rate(None, None, None, 0, missing, worst_low=worst_low, worst_high=worst_high)
    low, high = wilson(events / n, n)
    return Rate(events / n, low, high, n, missing, worst_low=worst_low, worst_high=worst_high)


def adjust_benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjust p values to bound the false discovery rate.

    References:
        Benjamini & Hochberg (1995), Controlling the false discovery rate. JRSS B 57.
    """
    if not p:
        return []
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(value) for value in adjusted]
