"""Rates held against a bound, with a standard error that is honest when there are no events.

*Model:* p̂ = mean of the units' rates, n' = S²/Σ 1/n_u. The standard error is the distance from p̂ to
Wilson's limit on the bound's side, in standard normal quantiles: p̂ ± SE·z is that limit, so a test against
the bound agrees with Wilson's score interval. Over scenarios like these, at least the random-effects one.
"""

from __future__ import annotations

import math
from dataclasses import replace

from gyges.analysis._intervals import Z, wilson
from gyges.analysis._pooling import pool_units
from gyges.analysis._units import fit_means
from gyges.estimands import Units, Value
from gyges.records.estimates import Estimate


def pool_rates(units: Units, side: str, value: Value, *, bound: float) -> Estimate:
    """Pool the units' rates on one side, for a test against `bound`."""
    estimate = pool_units(fit_means(units, side, value))
    rate = min(1.0, max(0.0, estimate.estimate))
    sizes = [unit.n for unit in estimate.units]
    low, high = wilson(rate, len(sizes) ** 2 / math.fsum(1 / n for n in sizes))
    se = (high - rate) / Z if rate < bound else (rate - low) / Z
    if estimate.scope == "these scenarios only":
        return replace(estimate, low=low, high=high, se=se, df=math.inf)
    return replace(
        estimate,
        low=max(0.0, min(low, estimate.low)),
        high=min(1.0, max(high, estimate.high)),
        se=max(se, estimate.se),
    )
