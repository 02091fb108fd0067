"""How many labels a corrected rate needs for an interval of a wanted width."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gyges.labelling._draw import UNDECIDED, Cell, Pool, Task, share_in_arm
from gyges.records.codebook import YES

_Z = 1.959963984540054
_RIGHT = {True: 0.8, False: 0.1}
"""Share of true yes where the judge says yes, and where it says no, before any label speaks to it."""

_ENOUGH = 10
"""Labels of a stratum from which on they, and no assumption, say how often its judge is right."""


class Need(NamedTuple):
    """What an arm needs for the wanted width."""

    n: int
    """Labels, the ones there are already counted in."""
    width: float
    """Width that so many give; above the wanted one where even labelling all would not do."""


def count_needed(sizes: Sequence[int], rates: Sequence[float], width: float) -> Need:
    """Count the labels of one arm that make the corrected rate's 95 % interval as narrow as wanted.

    Args:
        sizes: Trials in each of the judges' answers.
        rates: In each, the share whose true answer is the one in question.
        width: The wanted width, both sides together.

    Model:
        Double sampling for stratification: the N trials of an arm are a sample, the judge sorts all of them
        into strata h with N_h = π_h N, and n_h of each, shared out evenly, are labelled.
        θ = Σ π_h p_h;  Var θ̂ = θ(1 − θ)/N + Σ π_h² p_h (1 − p_h) (1/n_h − 1/N_h);  width = 2 · 1.96 · √Var.

    References:
        Cochran (1977), *Sampling Techniques*, 3rd ed., section 12.2; Neyman (1938), JASA 33, 101–116.
    """
    total = sum(sizes)
    low, high = min(total, sum(1 for size in sizes if size)), total
    if _width_of(high, sizes, rates) > width:
        return Need(high, _width_of(high, sizes, rates))
    while low < high:
        middle = (low + high) // 2
        if _width_of(middle, sizes, rates) <= width:
            high = middle
        else:
            low = middle + 1
    return Need(low, _width_of(low, sizes, rates))


def _width_of(n: int, sizes: Sequence[int], rates: Sequence[float]) -> float:
    total = sum(sizes)
    if not total:
        return 0.0
    rate = sum(size * p for size, p in zip(sizes, rates, strict=True)) / total
    variance = rate * (1 - rate) / total
    for size, p, share in zip(sizes, rates, share_in_arm(n, sizes), strict=True):
        if size and not share:
            return math.inf
        if size:
            variance += (size / total) ** 2 * p * (1 - p) * (1 / share - 1 / size)
    return 2 * _Z * math.sqrt(variance)


def plan_width(pool: Pool, width: float, labelled: Mapping[Task, str | None]) -> dict[tuple[str, ...], Need]:
    """Count what every arm of a question needs; of several answers, the one that needs most.

    Args:
        pool: All that the question could be asked about.
        width: The wanted width of each arm's interval.
        labelled: What people said so far; with ten labels in a stratum, they say how right its judge is.
    """
    return {arm: _plan_arm(pool, arm, width, labelled) for arm in pool.arms}


def _plan_arm(pool: Pool, arm: tuple[str, ...], width: float, labelled: Mapping[Task, str | None]) -> Need:
    strata = [stratum for stratum in pool.strata(arm) if stratum != UNDECIDED]
    cells = [pool.cells[Cell(arm, stratum)] for stratum in strata]
    values = [YES] if pool.item.answer == "yes-no" else strata
    needs = [
        count_needed(
            [len(tasks) for tasks in cells],
            [
                _find_rate(tasks, stratum, value, labelled)
                for stratum, tasks in zip(strata, cells, strict=True)
            ],
            width,
        )
        for value in values
    ]
    return max(needs, default=Need(0, 0.0))


def _find_rate(tasks: Sequence[Task], stratum: str, value: str, labelled: Mapping[Task, str | None]) -> float:
    said = [labelled[task] for task in tasks if labelled.get(task) is not None]
    if len(said) < _ENOUGH:
        return _RIGHT[stratum == value]
    return (sum(each == value for each in said) + 0.5) / (len(said) + 1)
