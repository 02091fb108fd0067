"""How far coders agree: raw agreement, Krippendorff's alpha, Cohen's kappa and Gwet's AC1, with intervals.

*Model:* of unit u, n_uc coders answer c and m_u answer at all; only units with m_u ≥ 2 say anything of
agreement. The coincidences o_ck = Σ_u n_uc(n_uk − [c = k])/(m_u − 1), with margins n_c and total n, give
alpha = 1 − (n − 1)·Σ o_ck δ²_ck / Σ n_c n_k δ²_ck. Raw agreement p is the mean over units of
Σ_c n_uc(n_uc − 1)/(m_u(m_u − 1)). AC1 = (p − e)/(1 − e), e = Σ_c π_c(1 − π_c)/(K − 1), π_c the mean of
n_uc/m_u over all units that anybody answers. Kappa of two coders is (p − e)/(1 − e), e from their own
margins, weighted by squared distance on a scale; of more coders, the mean over pairs. Each is a function of
sums over trials, so a bootstrap draws trials and needs no more than how often each kind of trial came. Where
all answers agree it would be blind; the lower limit then is what Wilson's limit of the raw agreement leaves.

References:
    Krippendorff (2019), Content Analysis, 4th ed., ch. 12. Cohen (1960), Educ. Psychol. Meas. 20; Cohen
    (1968), Psychol. Bull. 70. Light (1971), Psychol. Bull. 76. Gwet (2008), Br. J. Math. Stat. Psychol. 61.
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13 (percentile intervals).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gyges.coding._ratings import Codes

Metric = Literal["nominal", "ordinal", "interval"]
Floats = NDArray[np.float64]

N_DRAWS: Final = 1000
_FEWEST_DEFINED: Final = 0.9
"""Share of the draws in which a number must exist for an interval to be given."""
_Z: Final = 1.959963984540054


class Measured(NamedTuple):
    """A number with its 95 % interval; none: it cannot be had, for the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Agreement:
    """How far coders agree on one question."""

    n: int
    """Units that two or more coded."""
    agreement: Measured
    alpha: Measured
    kappa: Measured
    ac1: Measured


def measure_agreement(
    codes: Codes,
    *,
    n_values: int,
    trials: NDArray[np.int64],
    seed: int,
    metric: Metric = "nominal",
    weights: Floats | None = None,
) -> Agreement:
    """Measure how far coders agree.

    Args:
        codes: Units × coders, the index of each answer; −1: none.
        n_values: How many answers there are to choose from, met or not.
        trials: Index of each unit's trial: the bootstrap draws trials, with all their units.
        seed: Seed of the bootstrap.
        metric: How far apart two answers are.
        weights: How much each unit counts; none: all the same.
    """
    counts = (codes[:, :, None] == np.arange(n_values)).sum(axis=1)
    both = counts.sum(axis=1) >= 2
    n = int(both.sum())
    if n == 0:
        reason = "one coder" if codes.shape[1] < 2 else "no unit was coded by two"
        return Agreement(0, *[Measured(None, reason=reason)] * 4)
    w = np.ones(len(codes)) if weights is None else weights * (n / weights[both].sum())
    rated = (counts.sum(axis=1) >= 1) & (w > 0)
    sums, layout = _sum_up(codes[rated], counts[rated].astype(float), w[rated])
    drawn = resample(sums, trials[rated], seed=seed)
    return _read_off(sums.sum(axis=0), drawn, layout, metric, n, len(np.unique(trials[both])))


@dataclass(frozen=True)
class _Layout:
    """Where in the sums what stands."""

    n_values: int
    n_pairs: int

    def split(self, sums: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """Give coincidences, shares, the agreeing units, those coded by two, all, and each pair's table."""
        k = self.n_values
        lead = sums.shape[:-1]
        return (
            sums[..., : k * k].reshape(*lead, k, k),
            sums[..., k * k : k * k + k],
            sums[..., k * k + k],
            sums[..., k * k + k + 1],
            sums[..., k * k + k + 2],
            sums[..., k * k + k + 3 :].reshape(*lead, self.n_pairs, k, k),
        )


def _sum_up(codes: Codes, counts: Floats, weights: Floats) -> tuple[Floats, _Layout]:
    """Give what each unit adds to the sums."""
    n, k = counts.shape
    m = counts.sum(axis=1)
    products = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(k)
    # What one coder alone answered agrees with nothing; its products are zero.
    others = np.maximum(m - 1, 1)
    coincidences = products / others[:, None, None]
    same = np.trace(products, axis1=1, axis2=2) / (m * others)
    pairs = list(combinations(range(codes.shape[1]), 2))
    tables = np.zeros((n, len(pairs), k * k))
    for place, (i, j) in enumerate(pairs):
        known = np.flatnonzero((codes[:, i] >= 0) & (codes[:, j] >= 0))
        tables[known, place, codes[known, i].astype(int) * k + codes[known, j]] = 1
    rows = [
        coincidences.reshape(n, -1),
        counts / m[:, None],
        same[:, None],
        (m >= 2)[:, None],
        np.ones((n, 1)),
    ]
    return np.hstack([*rows, tables.reshape(n, -1)]) * weights[:, None], _Layout(k, len(pairs))


def resample(sums: Floats, trials: NDArray[np.int64], *, seed: int, n_draws: int = N_DRAWS) -> Floats:
    """Draw as many trials as there are, with replacement, many times, and sum up what their units add.

    Trials that add the same are drawn together, by how often one of their kind comes.
    """
    _, place = np.unique(trials, return_inverse=True)
    by_trial = np.zeros((int(place.max()) + 1, sums.shape[1]))
    np.add.at(by_trial, place, sums)
    # As bytes, rows sort fast; zero is added so that it has no sign.
    rows = np.ascontiguousarray(by_trial.round(12) + 0.0)
    _, first, counts = np.unique(
        rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))[:, 0],
        return_index=True,
        return_counts=True,
    )
    kinds = rows[first]
    total = int(counts.sum())
    times = np.random.default_rng(seed).multinomial(total, counts / total, size=n_draws)
    drawn: Floats = times @ kinds
    return drawn


def give_interval(value: float, drawn: Floats, reason: str) -> Measured:
    """Give a number with the percentile interval of its draws, or why there is none."""
    if not math.isfinite(value):
        return Measured(None, reason=reason)
    known = drawn[np.isfinite(drawn)]
    if known.size < _FEWEST_DEFINED * drawn.size:
        return Measured(value, reason="too few trials differ for an interval")
    low, high = np.quantile(known, (0.025, 0.975))
    return Measured(value, float(low), float(high))


def _read_off(
    sums: Floats, drawn: Floats, layout: _Layout, metric: Metric, n: int, n_trials: int
) -> Agreement:
    with np.errstate(invalid="ignore", divide="ignore"):
        once, often = layout.split(sums), layout.split(drawn)
        agreed, agreed_drawn = (found[2] / found[3] for found in (once, often))
        found = {
            "alpha": (find_alpha(once[0], metric), find_alpha(often[0], metric)),
            "kappa": (_mean_kappa(once[5], metric), _mean_kappa(often[5], metric)),
            "ac1": (_find_ac1(once, layout), _find_ac1(often, layout)),
        }
    agreement = give_interval(float(agreed), agreed_drawn, "")
    reason = "all answers are the same: chance would agree as well"
    measured = {name: give_interval(float(x), d, reason) for name, (x, d) in found.items()}
    if math.isclose(float(agreed), 1.0):
        low = _wilson_low(n_trials)
        agreement = Measured(1.0, low, 1.0)
        chance = {"alpha": _chance(once[0].sum(axis=0)), "kappa": _chance(once[0].sum(axis=0))}
        chance["ac1"] = _chance(once[1]) / max(layout.n_values - 1, 1)
        measured = {
            name: x if x.value is None else Measured(x.value, _lower(low, chance[name]), 1.0)
            for name, x in measured.items()
        }
    return Agreement(n, agreement, measured["alpha"], measured["kappa"], measured["ac1"])


def _wilson_low(n: int) -> float:
    """Give Wilson's lower limit of an agreement without exception in n trials, where a bootstrap is blind."""
    return n / (n + _Z * _Z)


def _chance(margins: Floats) -> float:
    """Give the disagreement that chance would show."""
    shares = margins / margins.sum()
    return float(1 - (shares**2).sum())


def _lower(agreement: float, chance: float) -> float:
    return max(-1.0, 1 - (1 - agreement) / chance) if chance > 0 else agreement


def distances(margins: Floats, metric: Metric) -> Floats:
    """Give the squared distances between answers; on an ordinal scale they depend on how often each came."""
    k = margins.shape[-1]
    if metric == "nominal":
        return np.broadcast_to(1 - np.eye(k), (*margins.shape[:-1], k, k))
    if metric == "interval":
        steps = np.arange(k, dtype=float)
        return np.broadcast_to((steps[:, None] - steps) ** 2, (*margins.shape[:-1], k, k))
    ranks = np.cumsum(margins, axis=-1) - margins / 2
    squared: Floats = (ranks[..., :, None] - ranks[..., None, :]) ** 2
    return squared


def find_alpha(coincidences: Floats, metric: Metric) -> Floats:
    """Give Krippendorff's alpha of tables of coincidences; NaN where one answer alone was met."""
    margins = coincidences.sum(axis=-1)
    far = distances(margins, metric)
    observed = (coincidences * far).sum(axis=(-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * far).sum(axis=(-2, -1))
    n = margins.sum(axis=-1)
    alpha: Floats = 1 - (n - 1) * observed / np.where(expected > 0, expected, np.nan)
    return alpha


def find_kappa(tables: Floats, metric: Metric) -> Floats:
    """Give Cohen's kappa of tables of two coders' answers, weighted by squared distance on a scale."""
    n = tables.sum(axis=(-2, -1))
    k = tables.shape[-1]
    far = distances(np.ones(k), "nominal" if metric == "nominal" else "interval")
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    observed = (tables * far).sum(axis=(-2, -1)) / n
    expected = (rows[..., :, None] * columns[..., None, :] * far).sum(axis=(-2, -1)) / n**2
    kappa: Floats = 1 - observed / np.where(expected > 0, expected, np.nan)
    return kappa


def _mean_kappa(tables: Floats, metric: Metric) -> Floats:
    """Give the mean over the pairs whose kappa exists."""
    each = find_kappa(tables, metric)
    known = np.isfinite(each)
    mean: Floats = np.where(known, each, 0.0).sum(axis=-1) / known.sum(axis=-1)
    return mean


def _find_ac1(sums: tuple[Floats, ...], layout: _Layout) -> Floats:
    _, shares, same, n, n_rated, _ = sums
    pi = shares / n_rated[..., None]
    chance = (pi * (1 - pi)).sum(axis=-1) / max(layout.n_values - 1, 1)
    ac1: Floats = (same / n - chance) / (1 - chance) if layout.n_values > 1 else np.full_like(n, np.nan)
    return ac1
