"""What each kind of claim asserts, estimated part by part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from gyges.analysis._bounds import pool_rates
from gyges.analysis._intervals import two_sided_p
from gyges.analysis._pooling import pool_units
from gyges.analysis._turn import turn
from gyges.analysis._units import fill_missing, fit_bends, fit_differences, fit_means, fit_slopes
from gyges.estimands import Comparison, Picked, Units, usable
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import FoundPart, Role

_BEND_ALPHA = 0.05


class Measured(NamedTuple):
    """What a claim's trials come to."""

    parts: tuple[FoundPart, ...]
    worst: tuple[Estimate, ...] = ()
    """For a limit: the rate if no missing trial had the outcome, and if all had."""
    note: str = ""


def measure(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    """Estimate all that a claim asserts on the trials picked for it, signed as it asserts them: above 0."""
    return _KINDS[claim.kind](claim, comparison, picked)


def _measure_differences(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    sides = comparison.contrasts
    return Measured(tuple(_differ(claim, comparison, picked.units, pair) for pair in sides))


def _differ(
    claim: Claim, comparison: Comparison, units: Units, pair: tuple[str, ...], role: Role = "effect"
) -> FoundPart:
    side, reference = pair
    fits = fit_differences(units, side, reference, comparison.value)
    return FoundPart(f"{side} − {reference}", turn(pool_units(fits), claim.direction), role)


def _measure_mean(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    (side,) = comparison.sides
    fits = fit_means(picked.units, side, comparison.value)
    return Measured((FoundPart(comparison.value.name, turn(pool_units(fits), claim.direction)),))


def _measure_bound(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    """The rate of each value, and what it would be if no missing trial had it, or all had."""
    (side,) = comparison.sides
    bound = claim.bound or 0.0
    tried = [(comparison.value, picked.units)]
    tried += [(value, picked.extra[value.name]) for value in comparison.extra]
    kept = [(value, units) for value, units in tried if usable(units, (side,))]
    parts, worst = [], []
    for value, units in kept:
        name = side if len(kept) == 1 else f"{value.name} of {side}"
        parts.append(FoundPart(name, pool_rates(units, side, value, bound=bound)))
        if picked.missing_share or len(kept) > 1:
            filled = [fill_missing(units, value, with_outcome=each) for each in (False, True)]
            worst += [pool_rates(each, side, value, bound=bound) for each in filled]
    lacking = [value.name for value, units in tried if not usable(units, (side,))]
    note = f"No trial has the code {lacking[0]}, so that part is left out." if lacking else ""
    return Measured(tuple(parts), worst=tuple(worst), note=note)


def _measure_above(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    """How far the rate lies above its bound."""
    (side,) = comparison.sides
    rate = pool_units(fit_means(picked.units, side, comparison.value))
    bound = claim.bound or 0.0
    return Measured((FoundPart(f"{side} − {bound:g}", turn(rate, 1, -bound)),))


def _measure_activation(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    ((active, inactive),) = comparison.contrasts
    bound = claim.bound or 0.0
    rate = pool_rates(picked.units, inactive, comparison.value, bound=bound)
    below = FoundPart(f"{bound:g} − rate with {inactive}", turn(rate, -1, bound), "bound")
    return Measured((below, _differ(claim, comparison, picked.units, (active, inactive))))


def _measure_slope(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    """The slope of a line through the levels, each step by itself, and whether a line fits at all."""
    levels = list(comparison.sides)
    fits = fit_slopes(picked.units, levels, comparison.value)
    rise = FoundPart(f"rise for a step of {claim.factor}", turn(pool_units(fits), claim.direction))
    steps = _list_steps(claim, comparison, picked)
    return Measured((rise, *steps), note=_check_line(claim, comparison, picked, steps))


def _measure_dose(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    """The whole difference, and each step on the way."""
    levels = list(comparison.sides)
    whole = _differ(claim, comparison, picked.units, (levels[-1], levels[0]))
    return Measured((whole, *_list_steps(claim, comparison, picked)))


def _list_steps(claim: Claim, comparison: Comparison, picked: Picked) -> tuple[FoundPart, ...]:
    pairs = pairwise(comparison.sides)
    return tuple(_differ(claim, comparison, picked.units, (b, a), "step") for a, b in pairs)


def _check_line(claim: Claim, comparison: Comparison, picked: Picked, steps: tuple[FoundPart, ...]) -> str:
    """Say so where the levels do not lie on a line (Bonferroni over neighboring steps)."""
    bends = [pool_units(fits) for fits in fit_bends(picked.units, list(comparison.sides), comparison.value)]
    if not bends:
        return ""
    p = min(1.0, len(bends) * min(two_sided_p(each.estimate, each.se, each.df) for each in bends))
    if p > _BEND_ALPHA:
        return ""
    sizes = " and ".join(f"{claim.direction * step.estimate.estimate:.2f}" for step in steps)
    return f"The levels do not lie on a line (p = {p:.2g}): the steps are {sizes}.".replace("-", "−")


def _measure_families(claim: Claim, comparison: Comparison, picked: Picked) -> Measured:
    ((side, reference),) = comparison.contrasts
    found = []
    for family, units in picked.families.items():
        fits = fit_differences(units, side, reference, comparison.value)
        found.append(FoundPart(family, turn(pool_units(fits), claim.direction)))
    return Measured(tuple(found))


_KINDS: Final[Mapping[str, Callable[[Claim, Comparison, Picked], Measured]]] = {
    "contrast": _measure_differences,
    "rate-difference": _measure_mean,
    "inactive": _measure_activation,
    "conjunction": _measure_differences,
    "zone": _measure_differences,
    "openness": _measure_differences,
    "control": _measure_differences,
    "convergence": _measure_families,
    "rate-bound": _measure_bound,
    "rate-above": _measure_above,
    "given-difference": _measure_differences,
    "slope": _measure_slope,
    "dose": _measure_dose,
}
