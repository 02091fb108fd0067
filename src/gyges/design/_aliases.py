"""What a plan cannot tell apart: factors from each other, and effects from interactions.

Drawn cells are checked as they came out. Matched cells differ from the base cell in few factors, so there
the effect of a factor is its effect at the base levels of the others: it cannot be told from its interactions
with them, but for pairs whose four cells (neither, one, the other, both off the base) are all there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from gyges.estimands import LAST_RESORT, OFF_BASE
from gyges.records.words import CONFLICT, FACTORS

_STRONG = 0.9
_DRAWN = ("conjoint", "full-factorial")
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Aliased:
    """Two factors that cannot be told apart in a scenario."""

    factor: str
    other: str
    scenario: str
    cramers_v: float
    """1 when one column decides the other."""
    design: str
    """`conjoint`, `full-factorial`, or `matched`."""
    protocol: str


@dataclass(frozen=True)
class Checked:
    """One set of trials that are compared with each other, and what can be told apart in it."""

    design: str
    """`conjoint`, `full-factorial`, or `matched`."""
    protocol: str
    pairs: int
    """Pairs of factors that were checked, over scenarios."""
    aliased: int
    """Those that cannot be told apart."""
    conditional: tuple[str, ...] = ()
    """Factors whose effect holds at the base levels of all others alone, and is one with its interactions."""
    separable: tuple[tuple[str, str], ...] = ()
    """Pairs of these whose interaction has cells of its own in some scenario."""


def check_aliases(
    trials: pl.DataFrame, varied: Sequence[str]
) -> tuple[tuple[Aliased, ...], tuple[Checked, ...]]:
    """Check every set of trials: factors with a Cramér's V above 0.9 within a scenario are aliased."""
    found: list[Aliased] = []
    checked = []
    for design, protocol, rows in _split(trials):
        mine, pairs = _check_pairs(rows, varied, design, protocol)
        found += mine
        conditional, separable = _find_conditional(rows, varied) if design == "matched" else ((), ())
        if pairs or conditional:
            checked.append(Checked(design, protocol, pairs, len(mine), conditional, separable))
    return tuple(found), tuple(checked)


def _split(trials: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    # Trials that withhold acts compare what is offered, and no factors.
    present = trials.filter((pl.col(CONFLICT) == "present") & (pl.col("design") != LAST_RESORT))
    kind = pl.col("design").cast(pl.String)
    marked = present.with_columns(
        kind=pl.when(kind.is_in(_DRAWN)).then(kind).otherwise(pl.lit("matched")),
        way=pl.col("protocol").cast(pl.String),
    )
    for (design, protocol), rows in marked.sort("kind", "way", maintain_order=True).group_by(
        "kind", "way", maintain_order=True
    ):
        yield str(design), str(protocol), rows


def _check_pairs(
    rows: pl.DataFrame, varied: Sequence[str], design: str, protocol: str
) -> tuple[list[Aliased], int]:
    found = []
    pairs = 0
    for (scenario,), group in rows.group_by("scenario", maintain_order=True):
        columns = {f: _codes(group[f]) for f in varied if group[f].n_unique() > 1}
        for factor, other in combinations(columns, 2):
            pairs += 1
            v = cramers_v(columns[factor], columns[other])
            if v > _STRONG:
                found.append(Aliased(factor, other, str(scenario), round(v, 3), design, protocol))
    return found, pairs


def _find_conditional(
    rows: pl.DataFrame, varied: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    bits = {name: 1 << i for i, name in enumerate(FACTORS)}
    met = rows.select(pl.col("scenario").cast(pl.String), pl.col(OFF_BASE)).unique()
    cells: dict[str, set[int]] = {}
    for scenario, off in met.iter_rows():
        cells.setdefault(scenario, set()).add(off)
    conditional = tuple(f for f in varied if any(bits[f] in mine and 0 in mine for mine in cells.values()))
    separable = tuple(
        (f, g)
        for f, g in combinations(varied, 2)
        if any({0, bits[f], bits[g], bits[f] | bits[g]} <= mine for mine in cells.values())
    )
    return conditional, separable


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
