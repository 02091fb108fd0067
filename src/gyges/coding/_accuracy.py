"""Sensitivity and specificity against labels that were drawn by what the judges said.

*Model:* labels are drawn by stratum s, the majority's answer; drawing half of them from a rare yes would make
every judge look more sensitive than it is (verification bias). With π_s the share of all units in s,
sensitivity = Σ π_s P(j=1, y=1|s)/Σ π_s P(y=1|s), and specificity likewise. Within a stratum, P(y=1|s) and
P(j=1|y, s) have Beta(½, ½) priors; the interval is that of draws from the posterior. Labels of a stratum that
stand for unequal numbers w of units count by them, together for the (Σw)²/Σw² labels they are worth (Kish).

References:
    Begg & Greenes (1983), Assessment of diagnostic tests when disease verification is subject to selection
    bias. Biometrics 39.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gyges.coding._agreement import Measured
from gyges.coding._ratings import Codes

N_DRAWS: Final = 4000
Floats = NDArray[np.float64]


class Accuracy(NamedTuple):
    """What a coder of yes and no finds, and what it leaves alone."""

    sensitivity: Measured
    specificity: Measured


def weigh_units(cells: NDArray[np.integer[Any]], truth: Codes) -> Floats:
    """Give each labelled unit the number of units of its cell that it stands for; zero for the others."""
    _, place = np.unique(cells, return_inverse=True)
    labelled = truth >= 0
    sizes, n_labels = np.bincount(place), np.bincount(place, weights=labelled)
    return np.where(labelled, sizes[place] / np.where(n_labels > 0, n_labels, 1)[place], 0.0)


def measure_accuracy(
    codes: Codes, truth: Codes, strata: Codes, *, seed: int, weights: Floats | None = None
) -> Accuracy:
    """Measure a coder's sensitivity and specificity.

    Args:
        codes: The coder's answer for each unit, 1 for yes; −1: none.
        truth: Each unit's label; −1: none.
        strata: What labels were drawn by: the majority's answer; units with −1 are passed over.
        seed: Seed of the draws.
        weights: How many units each labelled one stands for; none: the same within each stratum.
    """
    w = np.ones(truth.size) if weights is None else weights
    known = strata >= 0
    met = np.unique(strata[known])
    sizes = np.array([(strata == s).sum() for s in met], dtype=float)
    shown = known & (codes >= 0) & (truth >= 0)
    # Strata × label × answer.
    counts = np.array(
        [_cross(truth[mine], codes[mine], w[mine]) for mine in (shown & (strata == s) for s in met)]
    )
    counts = counts.reshape(met.size, 2, 2)
    labelled = counts.sum(axis=(1, 2))
    if not labelled.any():
        return Accuracy(*[Measured(None, reason="no labels")] * 2)
    if (labelled == 0).any():
        return Accuracy(*[Measured(None, reason="one of the judges' answers has no label")] * 2)
    follows = bool((codes[known] == strata[known]).all())
    drawn = _draw(counts, sizes, seed, met if follows else None)
    shares = counts / labelled[:, None, None] * (sizes / sizes.sum())[:, None, None]
    joint = shares.sum(axis=0)
    return Accuracy(_give(joint[1], 1, drawn[0], "yes"), _give(joint[0], 0, drawn[1], "no"))


def _cross(truth: Codes, codes: Codes, weights: Floats) -> Floats:
    """Count labels by answer, by their weights, scaled to how many labels they are worth."""
    table = np.bincount(2 * truth.astype(int) + codes, weights=weights, minlength=4).reshape(2, 2)
    squares = float((weights**2).sum())
    scaled: Floats = table * (weights.sum() / squares if squares else 0.0)
    return scaled


def _give(joint: Floats, right: int, drawn: Floats, label: str) -> Measured:
    if joint.sum() == 0:
        return Measured(None, reason=f"no label says {label}")
    low, high = np.quantile(drawn, (0.025, 0.975))
    value = float(joint[right] / joint.sum())
    return Measured(value, min(float(low), value), max(float(high), value))


def _draw(
    counts: Floats, sizes: Floats, seed: int, answers: NDArray[np.int16] | None
) -> tuple[Floats, Floats]:
    """Draw sensitivity and specificity; where the coder is its own stratum, its answers are known."""
    rng = np.random.default_rng(seed)
    by_label = counts.sum(axis=2)
    true = rng.beta(0.5 + by_label[:, 1], 0.5 + by_label[:, 0], size=(N_DRAWS, len(sizes)))
    if answers is None:
        said = rng.beta(0.5 + counts[:, :, 1], 0.5 + counts[:, :, 0], size=(N_DRAWS, len(sizes), 2))
    else:
        said = np.broadcast_to(answers[:, None].astype(float), (N_DRAWS, len(sizes), 2))
    size = rng.dirichlet(sizes + 0.5, size=N_DRAWS)
    found = (size * true * said[:, :, 1]).sum(axis=1) / (size * true).sum(axis=1)
    spared = (size * (1 - true) * (1 - said[:, :, 0])).sum(axis=1) / (size * (1 - true)).sum(axis=1)
    return found, spared
