"""What people's labels say, and how many of them a wanted interval takes.

*Model:* with a share π of an arm's N trials coded yes, q₁ and q₀ the shares truly so among those coded yes
and no, and m₁ and m₀ labels drawn at random from the two, the corrected rate θ = π·q₁ + (1 − π)·q₀ has

    Var θ = π²·q₁(1 − q₁)/m₁ + (1 − π)²·q₀(1 − q₀)/m₀ + (q₁ − q₀)²·π(1 − π)/N.

A 95 % interval is 2·1.96·√Var wide; with m₁ = s·m and m₀ = (1 − s)·m this is solved for m. The last term is
what all labels of the world cannot take away: more of it than the wanted width, and no number is enough.

References:
    Cochran (1977), Sampling Techniques, 12.2 (double sampling for stratification).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

_Z: Final = 1.959963984540054
_EDGE: Final = 0.02
"""A share is planned no nearer to none or all than this: nobody knows it so well beforehand."""

UNIT: Final = ("trial", "item", "act")
"""Columns that name what an answer or a label is about."""


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


def settle_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Give one value for each trial, item and act: the majority of the labellers; nothing for a tie.

    Args:
        labels: Columns `trial`, `item`, `act`, `labeller`, `value` and, where one labeller may stand twice,
            `at`: the latest counts, and takes back what went before if its value is null.
    """
    votes = latest_labels(labels).group_by(*UNIT, "value").agg(votes=pl.len())
    most = votes.filter(pl.col("votes") == pl.col("votes").max().over(UNIT))
    return most.filter(pl.len().over(UNIT) == 1).select(*UNIT, "value").sort(*UNIT)


def latest_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Give each labeller's last word on each trial, item and act, without what was taken back."""
    ordered = labels.sort("at", maintain_order=True) if "at" in labels.columns else labels
    return (
        ordered.select(
            pl.col("trial", "item").cast(pl.String),
            pl.col("act").cast(pl.String).fill_null(""),
            pl.col("labeller", "value").cast(pl.String),
        )
        .unique(subset=[*UNIT, "labeller"], keep="last", maintain_order=True)
        .drop_nulls("value")
        .sort(*UNIT, "labeller")
    )


def labels_needed(
    width: float,
    *,
    positives: int,
    negatives: int,
    sensitivity: float = 0.8,
    specificity: float = 0.9,
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
    pi = positives / n
    q_yes, q_no = _expect_shares(pi, sensitivity, specificity)
    room = (width / (2 * _Z)) ** 2 - (q_yes - q_no) ** 2 * pi * (1 - pi) / n
    if room <= 0:
        return None
    yes, no = pi**2 * q_yes * (1 - q_yes), (1 - pi) ** 2 * q_no * (1 - q_no)
    return _solve(room, (yes, no), (positives, negatives), share)


def _solve(
    room: float, spread: tuple[float, float], most: tuple[int, int], share: float
) -> LabelsNeeded | None:
    yes, no = spread
    total = yes / (room * share) + no / (room * (1 - share))
    positive, negative = math.ceil(total * share), math.ceil(total * (1 - share))
    if positive > most[0]:
        # All trials coded yes are labelled; those coded no carry the rest.
        positive = most[0]
        room -= yes / positive if positive else 0.0
        negative = math.ceil(no / room) if room > 0 else most[1] + 1
    elif negative > most[1]:
        negative = most[1]
        room -= no / negative if negative else 0.0
        positive = math.ceil(yes / room) if room > 0 else most[0] + 1
    if positive > most[0] or negative > most[1]:
        return None
    return LabelsNeeded(positive, negative)


def _expect_shares(pi: float, sensitivity: float, specificity: float) -> tuple[float, float]:
    """Give the shares truly so among what is coded yes and no, if the judge is as thought."""
    youden = sensitivity + specificity - 1
    rate = min(max((pi - (1 - specificity)) / youden, 0.0), 1.0) if youden > 0 else pi
    q_yes = sensitivity * rate / pi if pi else 0.0
    q_no = (1 - sensitivity) * rate / (1 - pi) if pi < 1 else 0.0
    return min(max(q_yes, _EDGE), 1 - _EDGE), min(max(q_no, _EDGE), 1 - _EDGE)
