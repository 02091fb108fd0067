"""How much more it takes to settle an inconclusive claim."""

from __future__ import annotations

from math import ceil, inf, log10
from typing import NamedTuple

from scipy import special

from gyges.claims._parts import Part

_POWER = 0.80
_MOST = 10_000_000
_STEPS = 30


class Needed(NamedTuple):
    """What settles a claim with 80 % power if its estimate holds."""

    trials: int
    scenarios: int | None
    """For a claim about scenarios like these; none: more trials in the same scenarios do."""


def find_needed(part: Part, alpha: float) -> Needed | None:
    """Find the trials, and for a population claim the scenarios, that settle a part at level `alpha`.

    *Model:* the estimate settles it when it lies (t_{1−α} + t_{power})·SE from the nearer hypothesis it would
    reject: 0 for support, the SESOI for refutation. SE² shrinks as 1/n. For these scenarios only, n is
    trials; for scenarios like these it is scenarios, since trials do not narrow the spread over scenarios.

    Returns:
        None where no practical number does: the estimate lies on what it would have to be told from.
    """
    known = part.estimate
    margin = max(known.estimate, part.sesoi - known.estimate)
    if margin <= 0 or known.se <= 0 or known.n < 1:
        return None
    is_population = known.scope.endswith("like these")
    factor = _growth(margin / known.se, alpha, known.n_scenarios if is_population else None)
    trials = known.n * factor
    if trials > _MOST:
        return None
    return Needed(_round_up(trials), _round_up(known.n_scenarios * factor) if is_population else None)


def _growth(ratio: float, alpha: float, n_scenarios: int | None) -> float:
    """Solve growth = ((t_{1−α} + t_{power}) / ratio)²; the quantiles depend on the scenarios then counted."""
    factor = 1.0
    for _ in range(_STEPS):
        df = inf if n_scenarios is None else max(2.0, n_scenarios * factor - 1)
        quantiles = special.stdtrit(df, 1 - alpha) + special.stdtrit(df, _POWER)
        factor = max(1.0, (factor + (float(quantiles) / ratio) ** 2) / 2)
    return factor


def _round_up(n: float) -> int:
    """Round up to two significant digits."""
    step: int = 10 ** max(0, int(log10(n)) - 1)
    return ceil(n / step) * step
