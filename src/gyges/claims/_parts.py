"""One-sided tests of what a claim asserts, part by part.

A claim of several parts holds when all of them hold. So it is supported by its least convincing part (an
intersection–union test needs no correction), and refuted by its most damning one (Bonferroni over the parts).

A claim that u of its k parts hold is tested by partial conjunction: with p values in order,
p = (k − u + 1)·p_(u); it is refuted when k − u + 1 of them fail, p = u·p_(k − u + 1). All is u = k.

References:
    Benjamini & Heller (2008), Screening for partial conjunction hypotheses. Biometrics 64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

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
    unit: Literal["", "log-odds"] = ""
    """What it is measured in, where that is not what the claim's estimate is."""
    scale: Literal["", "log"] = ""
    """`log`: estimate and smallest value are logarithms of what is shown."""
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
    """Give the parts that decide a claim: those of its finding, or the estimate alone."""
    sesoi = claim.sesoi or 0.0
    if finding.scale == "log" and sesoi:
        sesoi = math.log(sesoi)
    if finding.parts:
        return tuple(
            Part(
                part.name,
                part.estimate,
                sesoi if part.role == "effect" else 0.0,
                part.unit,
                finding.scale,
                is_bound=part.role == "bound",
            )
            for part in finding.parts
        )
    return (Part("", finding.estimate, sesoi, scale=finding.scale),) if finding.estimate is not None else ()


def count_needed(claim: Claim, k: int) -> int:
    """Count how many of `k` parts must hold: all, or the claim's share of them, rounded up."""
    return -(-k * claim.at_least // claim.of) if claim.of else k


def try_parts(parts: tuple[Part, ...], needed: int | None = None) -> Tested:
    """Test a claim's parts together.

    Args:
        parts: What it asserts.
        needed: How many of them must hold; none: all.
    """
    k = len(parts)
    u = k if needed is None else needed
    by_support = sorted(parts, key=lambda part: (p_above(part.estimate, 0.0), -part.estimate.estimate))
    return Tested(
        p_supported=_hold(u, [p_above(part.estimate, 0.0) for part in parts]),
        p_refuted=_hold(k - u + 1, [p_below(part.estimate, part.sesoi) for part in parts]),
        p_strong=_hold(u, [p_above(part.estimate, part.sesoi) for part in parts]),
        p_opposite=_hold(
            k - u + 1, [1.0 if part.is_bound else p_below(part.estimate, 0.0) for part in parts]
        ),
        weakest=by_support[u - 1],
    )


def _hold(u: int, p_values: list[float]) -> float:
    """Give the p value of fewer than `u` of these alternatives holding."""
    return min(1.0, (len(p_values) - u + 1) * sorted(p_values)[u - 1])


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
