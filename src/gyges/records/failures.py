"""Where trials failed: how often at each level of each factor, and whether that is more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SCENARIO: Final = "scenario"
"""Stands for the scenarios beside the factors."""


@dataclass(frozen=True)
class FailedCell:
    """How many of a model's trials at one level failed."""

    model: str
    factor: str
    """A factor, or `scenario`."""
    level: str
    n: int
    """Trials planned at it."""
    failed: int
    share: float
    causes: dict[str, int]
    """Cause to failed trials; causes that did not occur are left out."""


@dataclass(frozen=True)
class BalanceTest:
    """Whether a model's failed trials are spread evenly over the levels of a factor."""

    model: str
    factor: str
    statistic: float
    df: int
    p: float
    """Of failing equally often at every level, within each scenario and protocol."""
    p_holm: float
    """The same, adjusted over the model's factors."""
    method: str
    """`chi-squared`, or `permutation` where few failures are expected."""
    balanced: bool
    lowest: str
    """The level with the smallest share of failed trials."""
    lowest_share: float
    highest: str
    highest_share: float
