"""How many judges with independent errors a panel is worth.

*Model:* judge j of k answers unit u, whose label is c; what is left of its correctness once the judge's own
mean for that label is taken off is e_ju. Judges that err independently of each other, given the truth, have
correlation 0 in it, however good they are and whatever the mix of labels. With ρ̄ the mean correlation over
pairs, the mean of k judges has the variance of k_eff = k/(1 + (k − 1)·ρ̄) independent ones. A mean below 0 is
taken for 0: a panel is never counted as more judges than it has. The bootstrap draws trials.

References:
    Kish (1965), Survey Sampling, 5.4 (the design effect 1 + (n − 1)ρ). Clemen & Winkler (1985), Limits for
    the precision and value of information from dependent sources. Operations Research 33.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from gyges.coding._agreement import Measured, give_interval, resample
from gyges.coding._ratings import Codes

Floats = NDArray[np.float64]


def count_effective(
    codes: Codes,
    truth: Codes,
    *,
    trials: NDArray[np.int64],
    seed: int,
    weights: Floats | None = None,
) -> Measured:
    """Give the effective number of independent judges, or why it cannot be had.

    Args:
        codes: Units × judges, the index of each answer; −1: none.
        truth: Each unit's label; −1: none.
        trials: Index of each unit's trial.
        seed: Seed of the bootstrap.
        weights: How much each unit counts; none: all the same.
    """
    k = codes.shape[1]
    if k == 1:
        return Measured(1.0, 1.0, 1.0)
    known = truth >= 0
    if not known.any():
        return Measured(None, reason="no labels")
    w = np.ones(truth.size) if weights is None else weights
    sums, n_labels = _sum_up(codes[known], truth[known], w[known])
    found = _correlate(sums.sum(axis=0), k, n_labels)
    drawn = _correlate(resample(sums, trials[known], seed=seed), k, n_labels)
    reason = "no two judges err on the labelled trials: nothing to correlate"
    return give_interval(float(_discount(found, k)), _discount(drawn, k), reason)


def _discount(correlation: Floats, k: int) -> Floats:
    effective: Floats = k / (1 + (k - 1) * np.clip(correlation, 0, 1))
    return effective


def _sum_up(codes: Codes, truth: Codes, weights: Floats) -> tuple[Floats, int]:
    """Give what each unit adds: for each pair and label n, Σx, Σy and Σxy of being right."""
    is_right = codes == truth[:, None]
    met = np.unique(truth)
    columns = []
    for i, j in combinations(range(codes.shape[1]), 2):
        both = (codes[:, i] >= 0) & (codes[:, j] >= 0)
        for label in met:
            w = weights * (both & (truth == label))
            x, y = is_right[:, i], is_right[:, j]
            columns += [w, w * x, w * y, w * (x & y)]
    return np.stack(columns, axis=1), met.size


def _correlate(sums: Floats, k: int, n_labels: int) -> Floats:
    """Give the mean over pairs of the correlation within labels; NaN where no pair has one."""
    parts = sums.reshape(*sums.shape[:-1], k * (k - 1) // 2, n_labels, 4)
    n, x, y, xy = np.moveaxis(parts, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        safe = np.where(n > 0, n, np.nan)
        both = np.nansum(xy - x * y / safe, axis=-1)
        spread = np.nansum(x - x * x / safe, axis=-1) * np.nansum(y - y * y / safe, axis=-1)
        each = np.where(spread > 1e-9, both / np.sqrt(np.where(spread > 1e-9, spread, 1.0)), np.nan)
        known = np.isfinite(each)
        mean: Floats = np.where(known, each, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return mean
