"""Why a verdict is what it is, in one sentence with its numbers."""

from __future__ import annotations

from gyges.claims._gates import find_worded, turn_back
from gyges.claims._parts import Part
from gyges.claims._precision import Needed
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate

_SMALLEST_P = 0.0001


def say_supported(claim: Claim, part: Part, *, p: float, is_strong: bool) -> str:
    """Say that the effect is there."""
    more = f", and more than the {_worded(part):g} that would matter" if is_strong and part.sesoi else ""
    return f"{_say_estimate(claim, part)}: as claimed{more} (adjusted p {_say_p(p)})."


def say_refuted(claim: Claim, part: Part, *, p: float, is_opposite: bool) -> str:
    """Say that the effect is too small to matter, or the opposite."""
    if is_opposite:
        what = "the opposite of what is claimed"
    elif part.is_bound:
        what = "past the limit that is claimed"
    elif not part.sesoi:
        what = "it does not rise as claimed"
    else:
        what = f"less than the {_worded(part):g} that would matter"
    return f"{_say_estimate(claim, part)}: {what} (adjusted p {_say_p(p)})."


def say_inconclusive(claim: Claim, part: Part, *, needed: Needed | None, n_claims: int) -> str:
    """Say what is not ruled out, and what would settle it."""
    together = f", with {n_claims} claims tested together" if n_claims > 1 else ""
    if part.is_bound:
        what = "whether the limit is kept stays open"
    elif not part.sesoi:
        what = f"{find_worded(0, part.scale):g} is not ruled out"
    else:
        what = (
            f"neither {find_worded(0, part.scale):g} nor the {_worded(part):g} that would matter is ruled out"
        )
    return f"{_say_estimate(claim, part)}: {what}{together}; {_say_needed(needed, part.estimate)}."


def say_scope(estimate: Estimate) -> str:
    """Say so where an interval is about these scenarios only."""
    if estimate.scope == "scenarios like these":
        return ""
    if estimate.n_scenarios == 1:
        return " in this one scenario"
    return f" in these {estimate.n_scenarios} scenarios only"


def say_value(value: float) -> str:
    """Write a number with two decimals, or as many as show it; next to nothing is 0, without a sign."""
    size = abs(value)
    if size < 0.00005:
        return "0.00" if value == 0 else "0"
    digits = 2 if size >= 0.01 else 3 if size >= 0.0005 else 4
    return f"{value:.{digits}f}".replace("-", "−")


def _worded(part: Part) -> float:
    """Give the smallest effect of interest as the registry has it."""
    return find_worded(part.sesoi, part.scale)


def _say_estimate(claim: Claim, part: Part) -> str:
    estimate, low, high = turn_back(claim, part.estimate, part.scale)
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
    return (
        f"about {needed.scenarios:,} scenarios with {needed.trials:,} trials on it "
        f"(now {has.n_scenarios:,} with {has.n:,}) {settle}"
    )


def _say_p(p: float) -> str:
    return f"< {_SMALLEST_P}" if p < _SMALLEST_P else f"= {p:.2g}"
