"""How small an effect a design can detect, and how many trials an effect takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, sqrt

from scipy import special

FEWEST_SCENARIOS = 5
"""Fewer units than this speak only about themselves."""


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
    n_scenarios: int, n_each: float, assumptions: Assumptions | None = None
) -> float | None:
    """Give the risk difference that a design detects with the assumed power.

    *Model:* SE² = (τ² + 4p(1−p)/n_s)/S; effect = (t_{1−α/2, S−1} + t_{power, S−1})·SE.
    With fewer than five scenarios the effect is about these scenarios only: τ is 0, the quantiles are normal.

    Args:
        n_scenarios: Scenarios (more exactly settings) that vary the factor.
        n_each: Trials in each, half on each side of the contrast.
        assumptions: τ, p, α and power.

    Returns:
        The effect, or none when there are no trials.
    """
    if n_scenarios < 1 or n_each <= 0:
        return None
    known = assumptions or Assumptions()
    tau = known.tau if n_scenarios >= FEWEST_SCENARIOS else 0.0
    se = sqrt((tau**2 + 4 * known.p * (1 - known.p) / n_each) / n_scenarios)
    return _quantiles(n_scenarios, known) * se


def trials_needed(effect: float, n_scenarios: int, assumptions: Assumptions | None = None) -> int | None:
    """Give the trials in all that detect `effect` with the assumed power.

    *Model:* the planning formula of `detectable_effect`, solved for n_s, times S.

    Args:
        effect: Risk difference to detect.
        n_scenarios: Scenarios (more exactly settings) that vary the factor.
        assumptions: τ, p, α and power.

    Returns:
        Trials over all scenarios, or none when no number of trials in so few scenarios detects it.
    """
    if n_scenarios < 1 or effect <= 0:
        return None
    known = assumptions or Assumptions()
    tau = known.tau if n_scenarios >= FEWEST_SCENARIOS else 0.0
    room = n_scenarios * (effect / _quantiles(n_scenarios, known)) ** 2 - tau**2
    if room <= 0:
        return None
    return ceil(4 * known.p * (1 - known.p) / room) * n_scenarios


def _quantiles(n_scenarios: int, known: Assumptions) -> float:
    df = n_scenarios - 1 if n_scenarios >= FEWEST_SCENARIOS else inf
    return float(special.stdtrit(df, 1 - known.alpha / 2) + special.stdtrit(df, known.power))
