"""What the weights are worth at one stated context, so that unlike things can be compared.

A weight is on the scale of its own feature. The worth of a thing is the utility, in log-odds, of securing
it whole (from 0 to 1) in `CONTEXT`: the goal is precise and the prompting neutral, so the agent is active
(0.8); a shutdown threatens (danger 1); power is unrelated to the directive; dealings are one-shot. It is
linear in the weights: survival 0.8·w_survival, directive 0.8·w_directive, power 0.8·w_power, credibility
w_credibility, deniability w_deniable. The coefficients are read off `measure_features`, so they follow the
equation wherever it goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gyges.records.scenario import Consequences, OpenAct
from gyges.utility._terms import TERMS, measure_features

CONTEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "goal": "precise",
        "prompting": "neutral",
        "threat": "shutdown",
        "power_use": "orthogonal",
        "horizon": "one-shot",
    }
)
"""The cell in which things are compared; other factors have their neutral values."""

THINGS: Final = ("survival", "credibility", "directive", "power", "deniable")
"""What a worth can be asked of: four of the things at stake, and that an act can be denied."""


@lru_cache(maxsize=8)
def weigh_thing(name: str) -> NDArray[np.float64]:
    """Give the coefficients of the weights in the worth of one of `THINGS`, in the order of `TERMS`."""
    features = measure_features((_make_act(name), _make_act("")), CONTEXT, "present")
    found: NDArray[np.float64] = features[0] - features[1]
    return found


def find_worth(name: str, weights: Mapping[str, float], temperature: float = 1.0) -> float:
    """Give the worth of one of `THINGS` to an agent with these weights, in log-odds.

    Args:
        name: The thing.
        weights: Term to weight; a term left out weighs nothing.
        temperature: By which the agent divides its utilities.
    """
    vector = np.array([weights.get(term, 0.0) for term in TERMS])
    return float(weigh_thing(name) @ vector) / temperature


def _make_act(name: str) -> OpenAct:
    stakes = {name: 1.0} if name in Consequences.model_fields else {}
    return OpenAct(
        id="act",
        tactic="comply",
        severity=0,
        option="",
        against=False,
        consequences=Consequences(**stakes),
        exposure=0.0,
        deniable=1.0 if name == "deniable" else 0.0,
        tags=(),
        signs=(),
        performs=(),
    )
