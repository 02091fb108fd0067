"""The parts of a verdict as people read them: a rate with its bound, an effect with what would matter."""

from __future__ import annotations

from gyges.claims._gates import exponentiate, turn_back
from gyges.claims._parts import Part
from gyges.records.claim import Claim
from gyges.records.verdicts import VerdictPart


def show_parts(claim: Claim, parts: tuple[Part, ...], weakest: Part) -> tuple[VerdictPart, ...]:
    """Give a claim's parts, each on its own scale; none where the claim is all of one piece."""
    if not any(part.name for part in parts):
        return ()
    return tuple(_show(claim, part, is_weakest=part == weakest) for part in parts)


def _show(claim: Claim, part: Part, *, is_weakest: bool) -> VerdictPart:
    estimate = part.estimate
    if part.is_bound and claim.bound is not None:
        # What is tested is the room left below the bound; what a reader looks for is the rate.
        return VerdictPart(
            name=part.name.removeprefix(f"{claim.bound:g} − "),
            estimate=claim.bound - estimate.estimate,
            low=claim.bound - estimate.high,
            high=claim.bound - estimate.low,
            n=estimate.n,
            bound=claim.bound,
            is_weakest=is_weakest,
        )
    numbers = (*turn_back(claim, estimate), part.sesoi)
    value, low, high, sesoi = map(exponentiate, numbers) if part.scale == "log" else numbers
    return VerdictPart(
        part.name, value, low, high, estimate.n, sesoi=sesoi, is_weakest=is_weakest, unit=part.unit
    )
