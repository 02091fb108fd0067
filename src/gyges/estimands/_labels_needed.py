"""How many labels a corrected rate takes for an interval of a wanted width.

*Model:* the judges sort the N trials of an arm into strata h of N_h = π_h·N; m_h labels are drawn at random
from each, and q_h of its trials are truly so. The corrected rate θ = Σ π_h q_h has the variance

    Var θ = Σ π_h²·V(q_h, m_h) + (Σ π_h q_h² − θ²)/N,

where V(q, m) = (m(m − 1)·q(1 − q) + m/2 + ¼)/((m + 1)²(m + 2)) is what a Beta(½, ½) posterior has on average:
q(1 − q)/m, and more where labels are few. A 95 % interval is 2·1.96·√Var wide. The last term, how much the
strata differ, is what no number of labels takes away; where it is more than the wanted width allows, nothing
is enough.

Before labels say it, q_h follows from what the judge is thought to reach. A judge whose yes is hardly more
frequent than its thought errors alone would make it may well err less often than thought, and nobody knows by
how much: its yes is never taken to be right less often than in a quarter of the cases; its no likewise.

References:
    Neyman (1938), JASA 33. Cochran (1977), Sampling Techniques, 12.2 (double sampling for stratification).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

_Z: Final = 1.959963984540054
SENSITIVITY: Final = 0.8
"""What a judge is thought to reach, where nothing is known of it."""
SPECIFICITY: Final = 0.9
_LEAST_SURE: Final = 0.25


@dataclass(frozen=True)
class LabelsNeeded:
    """Labels to draw in an arm."""

    positive: int
    """Among the trials coded yes."""
    negative: int
    """Among the trials coded no."""

    @property
    def total(self) -> int:
        """Give both together."""
        return self.positive + self.negative


class Shares(NamedTuple):
    """The shares truly so among what a judge codes yes and no."""

    yes: float
    no: float


def expect_width(sizes: Sequence[int], shares: Sequence[float], labels: Sequence[float]) -> float:
    """Give the width of the 95 % interval of an arm's corrected rate; infinite where it is not corrected.

    Args:
        sizes: Trials in each stratum.
        shares: In each, the share that is truly so.
        labels: Labels drawn in each; of a stratum whose labels have weights, the effective number.
    """
    n = sum(sizes)
    if not n:
        return 0.0
    if any(size and not m for size, m in zip(sizes, labels, strict=True)):
        return math.inf
    weights = [size / n for size in sizes]
    rate = sum(weight * q for weight, q in zip(weights, shares, strict=True))
    spread = sum(weight * q * q for weight, q in zip(weights, shares, strict=True)) - rate**2
    own = sum(
        weight**2 * _expect_variance(q, m) for weight, q, m in zip(weights, shares, labels, strict=True)
    )
    return 2 * _Z * math.sqrt(own + max(spread, 0.0) / n)


def find_fewest(n: int, width: float, give_width: Callable[[int], float]) -> int | None:
    """Find the fewest labels, of at most `n`, whose interval is as narrow as wanted; none: no number does."""
    if give_width(n) > width:
        return None
    return bisect_left(range(n + 1), x=True, key=lambda total: give_width(total) <= width)


def labels_needed(
    width: float,
    *,
    positives: int,
    negatives: int,
    sensitivity: float = SENSITIVITY,
    specificity: float = SPECIFICITY,
    share: float = 0.5,
) -> LabelsNeeded | None:
    """Say how many labels make an arm's corrected rate as narrow as wanted; none: no number does.

    Args:
        width: Wanted width of the 95 % interval, as a share: 0.1 is ten points.
        positives: Trials of the arm coded yes.
        negatives: Trials of the arm coded no.
        sensitivity: What the judge is thought to reach.
        specificity: Likewise.
        share: Part of the labels drawn from the trials coded yes, as far as there are so many.
    """
    n = positives + negatives
    if n == 0 or width <= 0:
        return None
    found = expect_shares(positives / n, sensitivity, specificity)

    def give_width(total: int) -> float:
        split = _split(total, positives, negatives, share)
        return expect_width((positives, negatives), found, (split.positive, split.negative))

    enough = find_fewest(n, width, give_width)
    return None if enough is None else _split(enough, positives, negatives, share)


def _split(total: int, positives: int, negatives: int, share: float) -> LabelsNeeded:
    """Split labels by share; where trials of one code run out, the other's carry the rest."""
    positive = min(math.ceil(total * share), positives)
    negative = min(total - positive, negatives)
    return LabelsNeeded(min(total - negative, positives), negative)


def _expect_variance(q: float, m: float) -> float:
    return (m * (m - 1) * q * (1 - q) + m / 2 + 0.25) / ((m + 1) ** 2 * (m + 2))


def expect_shares(pi: float, sensitivity: float = SENSITIVITY, specificity: float = SPECIFICITY) -> Shares:
    """Give the shares truly so among what is coded yes and no, if the judge is as thought.

    Args:
        pi: Share of the trials coded yes.
        sensitivity: What the judge is thought to reach.
        specificity: Likewise.
    """
    youden = sensitivity + specificity - 1
    rate = min(max((pi - (1 - specificity)) / youden, 0.0), 1.0) if youden > 0 else pi
    if sensitivity * rate < _LEAST_SURE * pi:
        rate = _LEAST_SURE * pi / sensitivity if sensitivity else pi
        return Shares(_LEAST_SURE, min((1 - sensitivity) * rate / (1 - pi), 1.0) if pi < 1 else 0.0)
    if specificity * (1 - rate) < _LEAST_SURE * (1 - pi):
        rest = _LEAST_SURE * (1 - pi) / specificity if specificity else 1 - pi
        return Shares(max(1 - (1 - specificity) * rest / pi, 0.0) if pi else 1.0, 1 - _LEAST_SURE)
    right = min(sensitivity * rate / pi, 1.0) if pi else 1.0
    return Shares(right, min((1 - sensitivity) * rate / (1 - pi), 1.0) if pi < 1 else 0.0)
