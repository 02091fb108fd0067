"""How many labels a corrected rate needs for an interval of a wanted width, arm by arm.

The formula is `gyges.estimands.expect_width`, as it is for `labels_needed`: for each answer, the trials that
the judges gave it and the others are two strata, and the labels of the others are worth what they are when
the analysis puts them together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gyges.estimands import expect_shares, expect_width, find_fewest
from gyges.labelling._draw import UNDECIDED, Cell, Pool, Task, share_in_arm
from gyges.records.codebook import YES

_ENOUGH = 10
"""Labels of a stratum from which on they, and no assumption, say how often its judge is right."""


class Need(NamedTuple):
    """What an arm needs for the wanted width."""

    n: int
    """Labels, the ones there are already counted in."""
    width: float
    """Width that so many give; above the wanted one where even labelling all would not do."""


def count_needed(sizes: Sequence[int], place: int, shares: tuple[float, float], width: float) -> Need:
    """Count the labels of one arm that make an answer's corrected rate as narrow as wanted.

    Args:
        sizes: Trials to each of the judges' answers; the labels are shared out over them evenly.
        place: Which of them the rate is of.
        shares: The share truly so among the trials with that answer, and among all others.
        width: The wanted width of the 95 % interval, both sides together.
    """
    total = sum(sizes)
    others = [i for i in range(len(sizes)) if i != place]

    def give_width(n: int) -> float:
        labels = share_in_arm(n, sizes)
        rest = _count_worth([sizes[i] for i in others], [labels[i] for i in others])
        return expect_width((sizes[place], total - sizes[place]), shares, (labels[place], rest))

    n = find_fewest(total, width, give_width)
    n = total if n is None else n
    return Need(n, give_width(n))


def _count_worth(sizes: Sequence[int], labels: Sequence[int]) -> float:
    """Give what labels of several strata are worth together; 0 where one of them has none."""
    if any(size and not n for size, n in zip(sizes, labels, strict=True)):
        return 0.0
    uneven = math.fsum(size**2 / n for size, n in zip(sizes, labels, strict=True) if n)
    return sum(sizes) ** 2 / uneven if uneven else 0.0


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
    sizes = [len(tasks) for tasks in cells]
    needs = []
    for value in values:
        place = strata.index(value) if value in strata else len(strata)
        all_sizes = [*sizes, 0]
        mine = cells[place] if place < len(cells) else ()
        others = [task for i, tasks in enumerate(cells) if i != place for task in tasks]
        thought = expect_shares(all_sizes[place] / sum(sizes))
        shares = (
            _find_rate(mine, value, labelled, thought.yes),
            _find_rate(others, value, labelled, thought.no),
        )
        needs.append(count_needed(all_sizes, place, shares, width))
    return max(needs, default=Need(0, 0.0))


def _find_rate(
    tasks: Sequence[Task], value: str, labelled: Mapping[Task, str | None], thought: float
) -> float:
    said = [labelled[task] for task in tasks if labelled.get(task) is not None]
    if len(said) < _ENOUGH:
        return thought
    return (sum(each == value for each in said) + 0.5) / (len(said) + 1)
