"""One-sided tests of what a claim asserts, part by part.

A claim of several parts holds when all of them hold. So it is supported by its least convincing part (an
intersection–union test needs no correction), and refuted by its most damning one (Bonferroni over the parts).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scipy import special

from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding


@dataclass(frozen=True)
class Part:
    """Something a claim asserts to be above 0, and the smallest value that would matter."""

    name: str
    estimate: Estimate
    sesoi: float
    is_bound: bool = False
    """Whether it is the distance of a rate from its limit, where any excess refutes."""


@dataclass(frozen=True)
class Tested:
    """P values of a claim, before any correction for other claims."""

    p_supported: float
    """Of no effect."""
    p_refuted: float
    """Of an effect of the SESOI or more."""
    p_strong: float
    """Of an effect below the SESOI."""
    p_opposite: float
    """Of an effect not below 0."""
    weakest: Part
    """The part that supports it least."""


def split_parts(claim: Claim, finding: Finding) -> tuple[Part, ...]:
    """Give the parts that decide a claim; other parts of its finding only illustrate it."""
    sesoi = claim.sesoi or 0.0
    has_parts = claim.kind in {"conjunction", "inactive"} or bool(claim.also)
    if has_parts and finding.parts:
        return tuple(
            Part(name, estimate, 0.0, is_bound=True)
            if claim.kind == "inactive" and i == 0
            else Part(name, estimate, sesoi)
            for i, (name, estimate) in enumerate(finding.parts)
        )
    return (Part("", finding.estimate, sesoi),) if finding.estimate is not None else ()


def try_parts(parts: tuple[Part, ...]) -> Tested:
    """Test a claim's parts together."""
    k = len(parts)
    effects = [part for part in parts if not part.is_bound]
    return Tested(
        p_supported=max(p_above(part.estimate, 0.0) for part in parts),
        p_refuted=min(1.0, k * min(p_below(part.estimate, part.sesoi) for part in parts)),
        p_strong=max(p_above(part.estimate, part.sesoi) for part in parts),
        p_opposite=min([1.0, *(k * p_below(part.estimate, 0.0) for part in effects)]),
        weakest=max(parts, key=lambda part: (p_above(part.estimate, 0.0), -part.estimate.estimate)),
    )


def at_worst(parts: tuple[Part, ...], *, low: bool) -> tuple[Part, ...]:
    """Give the parts under the least (`low`) or the most favorable filling-in of missing trials."""
    return tuple(replace(part, estimate=_move(part.estimate, low=low)) for part in parts)


def p_above(estimate: Estimate, value: float) -> float:
    """Give the one-sided p value of the truth being at most `value`."""
    if estimate.se <= 0:
        return 0.0 if estimate.estimate > value else 1.0
    return float(special.stdtr(estimate.df, (value - estimate.estimate) / estimate.se))


def p_below(estimate: Estimate, value: float) -> float:
    """Give the one-sided p value of the truth being at least `value`."""
    if estimate.se <= 0:
        return 0.0 if estimate.estimate < value else 1.0
    return float(special.stdtr(estimate.df, (estimate.estimate - value) / estimate.se))


def _move(estimate: Estimate, *, low: bool) -> Estimate:
    worst = estimate.worst_low if low else estimate.worst_high
    return estimate if worst is None else replace(estimate, estimate=worst)
