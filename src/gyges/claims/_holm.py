"""Holm's correction for several tests made together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Adjusted(NamedTuple):
    """A p value after the correction, and the number of tests it had to allow for."""

    p: float
    tests: int


def adjust_holm(p_values: Sequence[float]) -> list[Adjusted]:
    """Adjust p values by Holm's step-down method, keeping their order.

    *Model:* with p_(1) ≤ … ≤ p_(m), the adjusted p_(i) is the largest (m − j + 1)·p_(j), j ≤ i, at most 1.

    *References:* Holm (1979), Scandinavian Journal of Statistics 6.
    """
    m = len(p_values)
    adjusted = [Adjusted(1.0, m)] * m
    largest = 0.0
    for rank, index in enumerate(sorted(range(m), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (m - rank) * p_values[index]))
        adjusted[index] = Adjusted(largest, m - rank)
    return adjusted
