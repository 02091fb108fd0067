"""What people's labels say, and how many of them a wanted interval takes.

*Model:* with a share π of an arm's N trials coded yes, q₁ and q₀ the shares truly so among those coded yes
and no, and m₁ and m₀ labels drawn at random from the two, the corrected rate has the variance

    Var θ = π²·V(q₁, m₁) + (1 − π)²·V(q₀, m₀) + (q₁ − q₀)²·π(1 − π)/N,

where V(q, m) = (m(m − 1)·q(1 − q) + m/2 + ¼)/((m + 1)²(m + 2)) is what a Beta(½, ½) posterior has on average:
q(1 − q)/m, and more where labels are few. A 95 % interval is 2·1.96·√Var wide. The last term is what no
number of labels takes away; where it is more than the wanted width allows, nothing is enough.

References:
    Cochran (1977), Sampling Techniques, 12.2 (double sampling for stratification).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import polars as pl

_Z: Final = 1.959963984540054

LABEL: Final = "label:"
"""How the name of a coder begins who is a person."""

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


def gather_labels(answers: pl.DataFrame, labels: pl.DataFrame | None) -> pl.DataFrame:
    """Give all that people said: the labels, and the answers whose coder is `label:<name>`."""
    coder = pl.col("coder").cast(pl.String)
    own = answers.filter(coder.str.starts_with(LABEL)).with_columns(labeller=coder.str.strip_prefix(LABEL))
    tables = [latest_labels(own)] if labels is None else [latest_labels(own), latest_labels(labels)]
    return latest_labels(pl.concat(tables))


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

    def is_enough(total: int) -> bool:
        found = _split(total, positives, negatives, share)
        yes, no = _expect_variance(q_yes, found.positive), _expect_variance(q_no, found.negative)
        return pi**2 * yes + (1 - pi) ** 2 * no <= room

    if not is_enough(n):
        return None
    enough = bisect_left(range(n + 1), x=True, key=is_enough)
    return _split(enough, positives, negatives, share)


def _split(total: int, positives: int, negatives: int, share: float) -> LabelsNeeded:
    """Split labels by share; where trials of one code run out, the other's carry the rest."""
    positive = min(math.ceil(total * share), positives)
    negative = min(total - positive, negatives)
    return LabelsNeeded(min(total - negative, positives), negative)


def _expect_variance(q: float, m: int) -> float:
    return (m * (m - 1) * q * (1 - q) + m / 2 + 0.25) / ((m + 1) ** 2 * (m + 2))


def _expect_shares(pi: float, sensitivity: float, specificity: float) -> tuple[float, float]:
    """Give the shares truly so among what is coded yes and no, if the judge is as thought."""
    youden = sensitivity + specificity - 1
    rate = min(max((pi - (1 - specificity)) / youden, 0.0), 1.0) if youden > 0 else pi
    q_yes = sensitivity * rate / pi if pi else 0.0
    q_no = (1 - sensitivity) * rate / (1 - pi) if pi < 1 else 0.0
    return min(q_yes, 1.0), min(q_no, 1.0)
