"""How well the values predict scenarios they were not fitted to.

*Model:* each scenario is predicted by the weights fitted in all the others. Its log loss is the mean −log p
of the acts chosen. The baseline is blind to the scenario: it knows which tactics are open, and how often
each is chosen elsewhere (a conditional logit with one constant a tactic and nothing else). With l and b the
two losses of each trial, the scenario's gain is g = 1 − Σl/Σb, and its variance that of the ratio, Σ(b(1 −
g) − l)²/(Σb)². Scenarios are what inference counts: their gains are pooled like any effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._pooling import UnitFit, pool_units
from gyges.analysis._weights import WeightFit
from gyges.estimands import ChoiceTable
from gyges.records.estimates import Estimate, UnitEffect
from gyges.records.values import CalibrationBin, Prediction
from gyges.records.words import TACTICS
from gyges.utility import Choices, find_shares, fit_logit

Floats = NDArray[np.float64]

N_BINS: Final = 10
_LEAST: Final = 1e-300


@dataclass(frozen=True)
class HeldOut:
    """What was predicted of each act, shape T × A, and what the losses came to."""

    table: ChoiceTable
    by_values: Floats
    by_tactics: Floats

    def predict(self, model: str) -> Iterator[tuple[Prediction, UnitFit]]:
        """Give each scenario's losses, and its gain as an effect to be pooled."""
        choices = self.table.choices
        ours, theirs = (_lose(shares) for shares in (self.by_values, self.by_tactics))
        even = np.log(choices.is_open.sum(axis=1))
        for place, name in enumerate(self.table.scenarios):
            here = self.table.scenario == place
            counts = choices.counts[here]
            n = float(counts.sum())
            loss, blind = (float((counts * each[here]).sum()) for each in (ours, theirs))
            gain = 1 - loss / blind
            rest = counts * (theirs[here] * (1 - gain) - ours[here]) ** 2
            effect = UnitEffect(name, name, gain, float(rest.sum()) / blind**2, round(n))
            guess = float(choices.totals[here] @ even[here])
            yield Prediction(model, name, round(n), loss / n, blind / n, guess / n, gain), UnitFit(effect)

    def calibrate(self, model: str) -> Iterator[CalibrationBin]:
        """Hold the predicted probabilities of all acts against how often they were chosen."""
        choices = self.table.choices
        trials = np.broadcast_to(choices.totals[:, None], choices.counts.shape)[choices.is_open]
        chosen, predicted = choices.counts[choices.is_open], self.by_values[choices.is_open]
        bins = np.minimum((predicted * N_BINS).astype(np.int64), N_BINS - 1)
        for place in range(N_BINS):
            here = bins == place
            n = float(trials[here].sum())
            if n:
                mean, share = float(trials[here] @ predicted[here]) / n, float(chosen[here].sum()) / n
                yield CalibrationBin(model, place / N_BINS, (place + 1) / N_BINS, mean, share, round(n))


def hold_out(table: ChoiceTable, fit: WeightFit) -> HeldOut:
    """Predict each scenario from all the others; there must be at least two."""
    ours, theirs = (np.zeros(table.choices.counts.shape) for _ in range(2))
    blind = blind_to_scenario(table)
    for place in range(len(table.scenarios)):
        here = table.scenario == place
        ours[here] = find_shares(table.choices.take(here), fit.without[place])
        constants = fit_logit(blind.take(~here)).weights
        theirs[here] = find_shares(blind.take(here), constants)
    return HeldOut(table, ours, theirs)


def blind_to_scenario(table: ChoiceTable) -> Choices:
    """Give the same choices with nothing known of an act but its tactic."""
    rungs = (table.rungs[..., None] == np.arange(len(TACTICS))).astype(float)
    return Choices(rungs, table.choices.is_open, table.choices.counts)


def pool_gains(fits: list[UnitFit]) -> Estimate:
    """Pool the scenarios' gains."""
    return pool_units(fits)


def _lose(shares: Floats) -> Floats:
    found: Floats = -np.log(np.maximum(shares, _LEAST))
    return found
