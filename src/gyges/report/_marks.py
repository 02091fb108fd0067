"""Where a plot's marks go: numbers to places, so that templates only draw.

Places are in the units of a row's drawing, `WIDTH` across.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 240
_MARGIN: Final = 8


@dataclass(frozen=True)
class Axis:
    """A straight scale across a drawing."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Give the place of a value; beyond the axis, its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(_MARGIN + share * (WIDTH - 2 * _MARGIN), 1)

    def ticks(self) -> list[float]:
        """Give the ends, the middle and the quarters."""
        return [self.low + part * (self.high - self.low) / 4 for part in range(5)]


@dataclass(frozen=True)
class Mark:
    """A dot with its interval, as places."""

    dot: float
    low: float
    high: float
    is_cut_low: bool
    """Whether the interval goes on beyond the axis's left end."""
    is_cut_high: bool


SHARES: Final = Axis(0.0, 1.0)
"""The scale of rates."""


ODDS: Final = Axis(-2.0, 2.0)
"""The scale of odds and ratios, in powers of ten."""

ODDS_ENDS: Final = ("odds 0.01", "100")


def log_odds(value: float | None) -> float | None:
    """Give a ratio's place in powers of ten."""
    return None if value is None else math.log10(max(value, 1e-12))


def make_mark(axis: Axis, value: float | None, low: float | None, high: float | None) -> Mark | None:
    """Place an estimate with its interval; none where there is none."""
    if value is None:
        return None
    low, high = (value if low is None else low), (value if high is None else high)
    return Mark(axis.at(value), axis.at(low), axis.at(high), low < axis.low, high > axis.high)


def fit_axis(values: Iterable[float | None], *, step: float, most: float) -> Axis:
    """Give the smallest scale around zero that holds the values, in whole steps."""
    largest = max((abs(value) for value in values if value is not None), default=step)
    reach = min(max(math.ceil(largest / step - 1e-9), 1) * step, most)
    return Axis(-reach, reach)
