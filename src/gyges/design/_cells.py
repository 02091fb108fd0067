"""Which cells each kind of design runs in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

import numpy as np
import polars as pl

from gyges.design._places import Place, split_by_weight
from gyges.records.claim import Claim
from gyges.records.study import DesignKind
from gyges.records.words import CONFLICT, FACTORS

Cell = dict[str, str]


def draw_cells(place: Place, n: int) -> pl.DataFrame:
    """Draw `n` conjoint cells: each varied factor's levels in exact proportion, in an order of its own.

    Every factor is permuted by a seed derived from its name, so what is added later leaves it as it was.
    """
    columns: dict[str, list[str] | list[None]] = {}
    for factor in FACTORS:
        if factor in place.weights:
            levels = list(place.weights[factor])
            counts = split_by_weight(n, list(place.weights[factor].values()))
            column = np.repeat(np.array(levels, dtype=object), counts)
            order = np.random.default_rng(place.seed(factor, "conjoint")).permutation(n)
            columns[factor] = column[order].tolist()
        else:
            columns[factor] = [place.base[factor]] * n if factor in place.base else [None] * n
    return pl.DataFrame(columns, schema=dict.fromkeys(FACTORS, pl.Utf8))


def list_cells(kind: DesignKind, place: Place, claims: Sequence[Claim]) -> list[Cell]:
    """List the cells that a part of this kind runs in `place`, each once."""
    if kind == "contrasts":
        needed = (cell for claim in claims for cell in needed_cells(claim, place))
        found = _unique([place.base, *_one_at_a_time(place), *needed])
        return found if len(found) > 1 else []
    if kind == "conjunctions":
        return _unique(cell for claim in claims for cell in conjunction_cells(claim, place))
    if kind == "full-factorial":
        return [
            place.base | dict(zip(place.weights, levels, strict=True))
            for levels in product(*place.weights.values())
        ]
    return [place.base]


def count_factorial(place: Place) -> int:
    """Count the cells of the full factorial without listing them."""
    return prod(len(weights) for weights in place.weights.values())


def conjunction_cells(claim: Claim, place: Place) -> Iterator[Cell]:
    """Give the cell a conjunction is about and its neighbors, each with one condition turned.

    A claim of another kind, or one whose factors the place does not vary, gives none. A zone is compared with
    all that lies outside it, so it takes drawn cells and none of its own.
    """
    if claim.kind == "conjunction":
        yield from _cell_and_neighbors(claim, place)


def needed_cells(claim: Claim, place: Place) -> Iterator[Cell]:
    """Give the cells a claim needs beyond one factor at a time: those it names by several factors.

    Besides conjunctions these are a rate's own cell, and the cell in which a model should be passive with its
    neighbors.
    """
    if claim.kind in {"conjunction", "inactive"}:
        yield from _cell_and_neighbors(claim, place)
    elif claim.kind in {"rate-bound", "rate-difference"}:
        yield from list(_cell_and_neighbors(claim, place))[:1]


def _cell_and_neighbors(claim: Claim, place: Place) -> Iterator[Cell]:
    if claim.scenarios and place.scenario not in claim.scenarios:
        return
    inside: Cell = {}
    turned: Cell = {}
    for factor, levels in claim.within.items():
        if factor == CONFLICT:
            continue
        known = [level for level in FACTORS.get(factor, ()) if level in place.weights.get(factor, {})]
        asked = [level for level in levels if level in known]
        others = [level for level in known if level not in levels]
        if not asked or not others:
            return
        inside[factor] = asked[0]
        turned[factor] = opposite_level(factor, asked[0], others)
    yield place.base | inside
    for factor, level in turned.items():
        yield place.base | inside | {factor: level}


def opposite_level(factor: str, level: str, others: Sequence[str]) -> str:
    """Give the level among `others` that is farthest from `level` in the factor's natural order."""
    order = FACTORS[factor]
    return max(others, key=lambda other: abs(order.index(other) - order.index(level)))


def _one_at_a_time(place: Place) -> Iterator[Cell]:
    for factor, weights in place.weights.items():
        for level in weights:
            yield place.base | {factor: level}


def _unique(cells: Iterator[Cell] | Sequence[Cell]) -> list[Cell]:
    found = {tuple(sorted(cell.items())): cell for cell in cells}
    return list(found.values())
