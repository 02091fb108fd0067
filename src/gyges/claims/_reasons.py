"""Why a verdict is what it is, in one sentence with its numbers."""

from __future__ import annotations

from gyges.claims._gates import exponentiate, turn_back
from gyges.claims._parts import Part
from gyges.claims._precision import Needed
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate

_SMALLEST_P = 0.0001


def say_supported(claim: Claim, part: Part, *, p: float, is_strong: bool) -> str:
    """Say that the effect is there."""
    more = f", and more than the {_say_sesoi(part)} that would matter" if is_strong and part.sesoi else ""
    return f"{_say_estimate(claim, part)}: as claimed{more} (adjusted p {say_p(p)})."


def say_refuted(claim: Claim, part: Part, *, p: float, is_opposite: bool) -> str:
    """Say that the effect is too small to matter, or the opposite."""
    if is_opposite:
        what = "the opposite of what is claimed"
    elif part.is_bound:
        what = "past the limit that is claimed"
    elif not part.sesoi:
        what = "it does not rise as claimed"
    else:
        what = f"less than the {_say_sesoi(part)} that would matter"
    return f"{_say_estimate(claim, part)}: {what} (adjusted p {say_p(p)})."


def say_inconclusive(claim: Claim, part: Part, *, needed: Needed | None, n_claims: int) -> str:
    """Say what is not ruled out, and what would settle it."""
    together = f", with {n_claims} claims tested together" if n_claims > 1 else ""
    if part.is_bound:
        what = "whether the limit is kept stays open"
    elif not part.sesoi:
        what = f"{_say_none(part)} is not ruled out"
    else:
        what = f"neither {_say_none(part)} nor the {_say_sesoi(part)} that would matter is ruled out"
    return f"{_say_estimate(claim, part)}: {what}{together}; {_say_needed(needed, part.estimate)}."


def _say_none(part: Part) -> str:
    """Say what no effect is: 0, or a ratio of 1."""
    return "1" if part.scale == "log" else "0"


def _say_sesoi(part: Part) -> str:
    return f"{exponentiate(part.sesoi) if part.scale == 'log' else part.sesoi:g}"


def say_scope(estimate: Estimate) -> str:
    """Say so where an interval is about these scenarios or items only."""
    if estimate.scope.endswith("like these"):
        return ""
    what = "item" if "items" in estimate.scope else "scenario"
    if estimate.n_scenarios == 1:
        return f" in this one {what}"
    return f" in these {estimate.n_scenarios} {what}s only"


def say_value(value: float) -> str:
    """Write a number with two decimals, or as many as show it; next to nothing is 0, without a sign."""
    size = abs(value)
    if size < 0.00005:
        return "0.00" if value == 0 else "0"
    digits = 2 if size >= 0.01 else 3 if size >= 0.0005 else 4
    return f"{value:.{digits}f}".replace("-", "−")


def _say_estimate(claim: Claim, part: Part) -> str:
    numbers = turn_back(claim, part.estimate)
    estimate, low, high = map(exponentiate, numbers) if part.scale == "log" else numbers
    what = f"The weakest part ({part.name})" if part.name else "The estimate"
    return (
        f"{what} is {say_value(estimate)} (95 % interval {say_value(low)} to {say_value(high)})"
        f"{say_scope(part.estimate)}"
    )


def _say_needed(needed: Needed | None, has: Estimate) -> str:
    if needed is None:
        return "no practical number of trials would settle it if the estimate holds"
    settle = "would settle it if the estimate holds"
    if needed.scenarios is None:
        return f"about {needed.trials:,} trials on it (now {has.n:,}) {settle}"
    what = "items" if has.scope == "items like these" else "scenarios"
    return (
        f"about {needed.scenarios:,} {what} with {needed.trials:,} trials on it "
        f"(now {has.n_scenarios:,} with {has.n:,}) {settle}"
    )


def say_p(p: float) -> str:
    """Write a p value with its sign, to stand behind a name."""
    return f"< {_SMALLEST_P}" if p < _SMALLEST_P else f"= {p:.2g}"
