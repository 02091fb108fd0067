"""How small an effect a design can detect, and how many trials an effect takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, sqrt

from scipy import special

from gyges.estimands import MIN_SCENARIOS


@dataclass(frozen=True)
class Assumptions:
    """What the planning formula assumes."""

    tau: float = 0.10
    """Spread of the effect over scenarios."""
    p: float = 0.5
    """Rate of the outcome; 0.5 is the least favorable."""
    alpha: float = 0.05
    """Two-sided level of the test."""
    power: float = 0.80


def detectable_effect(
    n_units: int, n_each: float, assumptions: Assumptions | None = None, *, scenarios: int | None = None
) -> float | None:
    """Give the risk difference that a design detects with the assumed power.

    *Model:* SE² = (τ² + 4p(1−p)/n_s)/S; effect = (t_{1−α/2, S−1} + t_{power, S−1})·SE.
    With fewer than five scenarios the effect is about these scenarios only: τ is 0, the quantiles are normal.

    Args:
        n_units: Units of inference, S: the scenarios' settings that vary the factor.
        n_each: Trials in each, half on each side of the contrast.
        assumptions: τ, p, α and power.
        scenarios: Distinct scenarios among them; none: as many as units.

    Returns:
        The effect, or none when there are no trials.
    """
    if n_units < 1 or n_each <= 0:
        return None
    known = assumptions or Assumptions()
    is_population = (n_units if scenarios is None else scenarios) >= MIN_SCENARIOS
    tau = known.tau if is_population else 0.0
    se = sqrt((tau**2 + 4 * known.p * (1 - known.p) / n_each) / n_units)
    return _quantiles(n_units, known, is_population=is_population) * se


def trials_needed(effect: float, n_units: int, assumptions: Assumptions | None = None) -> int | None:
    """Give the trials in all that detect `effect` with the assumed power.

    *Model:* the planning formula of `detectable_effect`, solved for n_s, times S.

    Args:
        effect: Risk difference to detect.
        n_units: Scenarios that vary the factor.
        assumptions: τ, p, α and power.

    Returns:
        Trials over all scenarios, or none when no number of trials in so few scenarios detects it.
    """
    if n_units < 1 or effect <= 0:
        return None
    known = assumptions or Assumptions()
    is_population = n_units >= MIN_SCENARIOS
    tau = known.tau if is_population else 0.0
    room = n_units * (effect / _quantiles(n_units, known, is_population=is_population)) ** 2 - tau**2
    if room <= 0:
        return None
    return ceil(4 * known.p * (1 - known.p) / room) * n_units


def _quantiles(n_units: int, known: Assumptions, *, is_population: bool) -> float:
    df = n_units - 1 if is_population else inf
    return float(special.stdtrit(df, 1 - known.alpha / 2) + special.stdtrit(df, known.power))
