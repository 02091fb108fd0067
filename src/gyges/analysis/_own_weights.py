"""Weights that predict one scenario's trials without their own outcomes.

*Model:* β_s = β₍₋ₛ₎ + δ, with β₍₋ₛ₎ fitted to all other scenarios, and each act of s has a constant γ of its
own. δ and γ are fitted to the choices in s under a ridge that draws them to 0. The scenario's cells are dealt
into folds, and each fold is predicted from the others, so no trial has a part in its own prediction. How
strong the ridge is, without limit among the choices (δ = γ = 0), is what predicts held-out folds best in the
*other* scenarios: where all scenarios share one policy they are predicted as one, where they do not each is
predicted by itself.

References:
    Wager, Du, Taylor & Tibshirani (2016), High-dimensional regression adjustments in randomized experiments.
    PNAS 113. Chernozhukov et al. (2018), Double/debiased machine learning. Econometrics Journal 21.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._weights import WeightFit
from gyges.estimands import ChoiceTable
from gyges.records.words import CONFLICT, FACTORS
from gyges.utility import Choices, find_losses, find_shares, fit_logit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cell = tuple[str, ...]

FOLDS: Final = 5
RIDGES: Final = (math.inf, 16.0, 4.0)
"""Penalties per squared effect of one spread; without limit: the scenario has nothing of its own."""


@dataclass(frozen=True)
class OwnWeights:
    """One scenario's weights, by fold."""

    folds: Mapping[Cell, int]
    """The fold of each cell with choices; any fold may predict another cell."""
    weights: Floats
    """Folds × terms: fitted without that fold."""
    constants: Floats
    """Folds × acts, in the scenario's order."""

    def place(self, cells: Sequence[Cell]) -> Ints:
        """Give the fold of each cell."""
        return np.array([self.folds.get(cell, 0) for cell in cells], dtype=np.int64)


def name_cell(conflict: str, levels: Sequence[str | None]) -> Cell:
    """Name a cell by its levels, in the order of `FACTORS`."""
    return (conflict, *(level or "" for level in levels))


def fit_own(table: ChoiceTable, fit: WeightFit, acts: Mapping[str, int]) -> dict[str, OwnWeights]:
    """Fit every scenario's own weights.

    Args:
        table: One model's choices, in two scenarios at least.
        fit: Its weights, with those without each scenario.
        acts: How many acts each scenario has.
    """
    tried = {
        name: _try(table, place, fit.without[place], acts[name])
        for place, name in enumerate(table.scenarios)
        if name in acts
    }
    found = {}
    for name, (folds, options) in tried.items():
        losses = [
            math.fsum(other[option].loss for each, (_, other) in tried.items() if each != name)
            for option in range(len(RIDGES))
        ]
        best = options[losses.index(min(losses))]
        found[name] = OwnWeights(folds, best.weights, best.constants)
    return found


@dataclass(frozen=True)
class _Option:
    loss: float
    weights: Floats
    constants: Floats


def _try(
    table: ChoiceTable, place: int, shared: Floats, n_acts: int
) -> tuple[dict[Cell, int], list[_Option]]:
    here = np.flatnonzero(table.scenario == place)
    cells = [name_cell(table.levels[CONFLICT][i], [table.levels[name][i] for name in FACTORS]) for i in here]
    folds = {cell: number % FOLDS for number, cell in enumerate(dict.fromkeys(cells))}
    fold = np.array([folds[cell] for cell in cells])
    choices = _add_constants(table, here, shared, n_acts)
    return folds, [_fit_folds(choices, fold, shared, ridge) for ridge in RIDGES]


def _add_constants(table: ChoiceTable, here: Ints, shared: Floats, n_acts: int) -> Choices:
    """Give a scenario's choices with a feature an act besides, and what the shared weights say beforehand."""
    features = table.choices.features[here]
    own = (table.places[here][..., None] == np.arange(n_acts)).astype(float)
    return Choices(
        features=np.concatenate([features, own], axis=2),
        is_open=table.choices.is_open[here],
        counts=table.choices.counts[here],
        known=features @ shared,
    )


def _fit_folds(choices: Choices, fold: Ints, shared: Floats, ridge: float) -> _Option:
    n_terms, n_all = len(shared), choices.features.shape[2]
    moved = np.zeros((FOLDS, n_all))
    loss = 0.0
    for place in range(FOLDS):
        held = fold == place
        if math.isfinite(ridge) and not held.all():
            moved[place] = fit_logit(choices.take(~held), ridge=ridge).weights
        if held.any():
            out = choices.take(held)
            loss += float(find_losses(out, find_shares(out, moved[place])).sum())
    return _Option(loss, shared + moved[:, :n_terms], moved[:, n_terms:])
