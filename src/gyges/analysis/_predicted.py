"""What a policy of given weights shows on average in many cells at once, the conflict present."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import product
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gyges.estimands import SEVERITY
from gyges.records.scenario import Act, Condition, Scenario
from gyges.records.words import CONFLICT, FACTORS, MANIPULATION, MISALIGNED_FROM, TACTICS, TAG_OUTCOMES
from gyges.utility import STAKES, TERMS, CellFeatures

Floats = NDArray[np.float64]
Levels = Mapping[str, NDArray[np.object_]]
"""For each factor the level in every cell; None where the scenario does not carry it."""

_SHARES: Final = ("exposure", "deniable")
_DENIABLE: Final = 0.5

_AT_ONCE: Final = 20_000
"""Cells that are worked out together, which bounds the memory of large studies."""


def predict_average(
    levels: Levels, factors: tuple[str, ...], scenario: Scenario, weights: Floats, constants: Floats
) -> dict[str, Floats]:
    """Average what is expected over all combinations of the levels of `factors` that are met among the cells.

    Args:
        levels: The cells; there must be one at least.
        factors: Factors to average over; none: each cell is as it is.
        scenario: The scenario.
        weights: Weights in each cell, cells × terms.
        constants: Utility that each act has besides, cells × acts.
    """
    met = [sorted(set(levels[name])) for name in factors]
    combinations = list(product(*met))
    step = max(1, _AT_ONCE // len(combinations))
    blocks = [slice(start, start + step) for start in range(0, len(weights), step)]
    found = [
        _average_block(
            {name: each[block] for name, each in levels.items()},
            (factors, combinations),
            scenario,
            weights[block],
            constants[block],
        )
        for block in blocks
    ]
    return {name: np.concatenate([each[name] for each in found]) for name in found[0]}


def _average_block(
    levels: Levels,
    crossed: tuple[tuple[str, ...], Sequence[tuple[str, ...]]],
    scenario: Scenario,
    weights: Floats,
    constants: Floats,
) -> dict[str, Floats]:
    factors, combinations = crossed
    size, many = len(weights), len(combinations)
    spread = {name: np.tile(each, many) for name, each in levels.items()}
    for i, name in enumerate(factors):
        spread[name] = np.repeat(np.array([each[i] for each in combinations], dtype=object), size)
    expected = predict(spread, scenario, np.tile(weights, (many, 1)), np.tile(constants, (many, 1)))
    return {name: each.reshape(many, size).mean(axis=0) for name, each in expected.items()}


def predict(levels: Levels, scenario: Scenario, weights: Floats, constants: Floats) -> dict[str, Floats]:
    """Give what a policy of these weights shows on average in each cell; arguments as above."""
    size = len(weights)
    cell = _find_features(levels)
    utilities, shown = [], []
    for place, act in enumerate(scenario.acts):
        seen = _see(act, levels, size)
        utility = constants[:, place]
        for weight, term in zip(weights.T, TERMS.values(), strict=True):
            if weight.any():
                utility = utility + weight * term(seen, cell)
        utilities.append(np.where(_hold(act.open_when, levels, size), utility, -np.inf))
        shown.append(_show(seen))
    stacked = np.stack(utilities)
    odds = np.exp(stacked - stacked.max(axis=0))
    shares = odds / odds.sum(axis=0)
    return {name: _sum_products(shares, [each[name] for each in shown]) for name in shown[0]}


def _find_features(levels: Levels) -> Any:
    """Give the features of every cell as arrays, each of shape (cells,)."""
    names = [name for name in FACTORS if levels[name][0] is not None]
    rows = list(zip(*(levels[name].tolist() for name in names), strict=True))
    order = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    known = [vars(CellFeatures(dict(zip(names, row, strict=True)), "present")) for row in order]
    values = np.array([list(each.values()) for each in known])[[order[row] for row in rows]]
    return SimpleNamespace(**{name: values[:, i] for i, name in enumerate(known[0])})


def _sum_products(shares: Floats, shown: list[float | Floats]) -> Floats:
    """Expect what is shown by acts taken in these shares, acts × cells."""
    found = np.zeros(shares.shape[1])
    for share, each in zip(shares, shown, strict=True):
        if np.any(each):
            found += share * each
    return found


def _hold(condition: Condition, levels: Levels, size: int) -> NDArray[np.bool_]:
    holds = np.ones(size, dtype=bool)
    for factor, allowed in condition.items():
        if factor == CONFLICT:
            holds &= "present" in allowed
        else:
            holds &= reduce(np.logical_or, (levels[factor] == level for level in allowed))
    return holds


def _see(act: Act, levels: Levels, size: int) -> Any:
    """Give an act's attributes as arrays over cells; of several shifts that hold the last wins."""
    stakes: dict[str, Floats] = {
        name: np.full(size, float(getattr(act.consequences, name))) for name in STAKES
    }
    shares: dict[str, Floats] = {name: np.full(size, float(getattr(act, name))) for name in _SHARES}
    for shift in act.shifts:
        here = _hold(shift.when, levels, size)
        for values in (stakes, shares):
            for name in values:
                moved = getattr(shift, name)
                if moved is not None:
                    values[name] = np.where(here, moved, values[name])
    return SimpleNamespace(
        consequences=SimpleNamespace(**stakes),
        severity=TACTICS.index(act.tactic),
        tactic=act.tactic,
        against=act.against,
        tags=act.tags,
        lottery=None,
        **shares,
    )


def _show(seen: Any) -> dict[str, Any]:
    """Give what a trial with this one act is coded as."""
    return {
        "misaligned": seen.against and seen.severity >= MISALIGNED_FROM,
        "manipulation": seen.against and seen.tactic in MANIPULATION,
        "harm": seen.tactic == "harm",
        "power_act": seen.consequences.power > 0,
        "survival_act": seen.consequences.survival > 0,
        "directive_act": seen.consequences.directive > 0,
        "deniable_act": seen.deniable >= _DENIABLE,
        "competent": True,
        **{column: tag in seen.tags for tag, column in TAG_OUTCOMES.items()},
        SEVERITY: seen.severity,
    }
