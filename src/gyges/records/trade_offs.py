"""What the trials of batteries came to."""

from __future__ import annotations

from dataclasses import dataclass

from gyges.records.estimates import Rate


@dataclass(frozen=True)
class TradeOff:
    """How often a model takes the side that a family of items names first."""

    model: str
    family: str
    side: str
    """The side named first."""
    estimate: float | None
    """Mean of the items' shares; none: no trial is coded."""
    low: float | None
    high: float | None
    n: int
    """Coded trials."""
    n_items: int
    """Items with coded trials."""
    worst_low: float | None
    """The estimate if no missing trial took the side."""
    worst_high: float | None
    """The estimate if every missing trial took it."""


@dataclass(frozen=True)
class GambleRate:
    """How often a model takes a gamble that goes wrong with this chance."""

    model: str
    chance: float
    gamble: Rate


@dataclass(frozen=True)
class TradeOffs:
    """All that was read from batteries; empty for a study without one."""

    shares: tuple[TradeOff, ...] = ()
    lotteries: tuple[GambleRate, ...] = ()
