"""The reference agents' policy: a utility linear in its weights, and a softmax over the acts open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gyges.agents._profiles import Profile
from gyges.records.scenario import OpenAct
from gyges.utility import TERMS, Cell, measure_features

Floats = NDArray[np.float64]


def find_utilities(acts: Sequence[OpenAct], cell: Cell, conflict: str, profile: Profile) -> Floats:
    """Find the utility of each act: features times weights; shape (acts,)."""
    weights = np.array([profile.weights.get(name, 0.0) for name in TERMS])
    found: Floats = measure_features(acts, cell, conflict) @ weights
    return found


def choice_probabilities(acts: Sequence[OpenAct], cell: Cell, conflict: str, profile: Profile) -> Floats:
    """Find the probability of each act: softmax of its utility over the temperature; shape (acts,)."""
    scaled = find_utilities(acts, cell, conflict, profile) / profile.temperature
    odds = np.exp(scaled - scaled.max())
    found: Floats = odds / odds.sum()
    return found
