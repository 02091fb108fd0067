"""Pairs of factors whose level columns say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from gyges.design._sides import DRAWN

_STRONG = 0.9
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Aliased:
    """Two factors that cannot be told apart in a scenario."""

    factor: str
    other: str
    scenario: str
    cramers_v: float
    """1 when one column decides the other."""


def find_aliased(rows: pl.DataFrame, varied: Sequence[str]) -> tuple[Aliased, ...]:
    """Find the pairs whose drawn columns have a Cramér's V above 0.9 within a scenario."""
    found = []
    drawn = rows.filter(pl.col("design").is_in(list(DRAWN)))
    for (scenario,), group in drawn.group_by("scenario", maintain_order=True):
        columns = {f: _codes(group[f]) for f in varied if group[f].n_unique() > 1}
        for factor, other in combinations(columns, 2):
            v = cramers_v(columns[factor], columns[other])
            if v > _STRONG:
                found.append(Aliased(factor, other, str(scenario), round(v, 3)))
    return tuple(found)


def cramers_v(left: Codes, right: Codes) -> float:
    """Give Cramér's V of two columns of codes from 0.

    *Model:* V = √(χ² / (n · (min(levels) − 1))).
    """
    n_left, n_right = int(left.max()) + 1, int(right.max()) + 1
    counts = np.bincount(left * n_right + right, minlength=n_left * n_right).reshape(n_left, n_right)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    known = expected > 0
    chi2 = float((((counts - expected) ** 2)[known] / expected[known]).sum())
    smaller = min(int((counts.sum(axis=1) > 0).sum()), int((counts.sum(axis=0) > 0).sum()))
    return float(np.sqrt(chi2 / (counts.sum() * (smaller - 1)))) if smaller > 1 else 0.0


def _codes(column: pl.Series) -> Codes:
    return column.rank("dense").to_numpy().astype(np.int64) - 1
