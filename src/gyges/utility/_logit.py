"""The conditional logit: which weights make the choices that were seen the likeliest.

*Model:* in choice set t act a is taken with probability p_ta = exp(o_ta + x_ta·β) / Σ_b exp(o_tb + x_tb·β)
over the acts open there, where o is what is known of their utility beforehand (0 as a rule). With n_ta the
times it was taken and n_t their sum,

    ℓ(β) = Σ_t Σ_a n_ta log p_ta − ½ λ Σ_k (s_k β_k)²

where s_k is the spread of feature k among the acts open together (root of its mean variance within choice
sets). ℓ is concave; Newton's method with the exact Hessian Σ_t n_t Σ_a p_ta (x_ta − x̄_t)(x_ta − x̄_t)ᵀ + λ
S², halving a step that does not climb. The ridge λ is weak: it is a normal prior with standard deviation
1/√λ on the effect of one spread, felt only where acts are separated perfectly, which would send β to
infinity.

References:
    McFadden (1974), Conditional logit analysis of qualitative choice behavior. In Frontiers in
    Econometrics. Albert & Anderson (1984), On the existence of maximum likelihood estimates in logistic
    regression. Biometrika.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RIDGE: Final = 1.0
_STEPS: Final = 60
_HALVINGS: Final = 30
_TOLERANCE: Final = 1e-9
_FLAT: Final = 1e-8
"""Share of the largest eigenvalue below which a direction counts as flat."""


@dataclass(frozen=True)
class Choices:
    """Choice sets, and how often each act of them was taken.

    Shapes: T choice sets of at most A acts, K features.
    """

    features: Floats
    """T × A × K; 0 where there is no act."""
    is_open: Bools
    """T × A."""
    counts: Floats
    """T × A; whole numbers, or what is expected of a known policy."""
    known: Floats | None = None
    """T × A: utility that stands beforehand; none: 0."""

    def take(self, kept: Bools) -> Choices:
        """Give some of the choice sets."""
        known = None if self.known is None else self.known[kept]
        return Choices(self.features[kept], self.is_open[kept], self.counts[kept], known)

    @property
    def totals(self) -> Floats:
        """Trials in each choice set; shape (T,)."""
        found: Floats = self.counts.sum(axis=1)
        return found

    def center(self, shares: Floats) -> Floats:
        """Give the features less their mean under `shares` in each choice set."""
        mean: Floats = np.einsum("ta,tak->tk", shares, self.features)
        found: Floats = np.where(self.is_open[..., None], self.features - mean[:, None, :], 0.0)
        return found


@dataclass(frozen=True)
class LogitFit:
    """Weights, and how well they are known."""

    weights: Floats
    """K."""
    information: Floats
    """K × K: the exact Hessian with the ridge."""
    identified: Bools
    """K: whether the choice sets tell a weight from the others at all."""
    spread: Floats
    """K: the features' spread among the acts open together."""

    @property
    def covariance(self) -> Floats:
        """K × K, if the model holds."""
        return np.asarray(np.linalg.pinv(self.information, hermitian=True), dtype=np.float64)


def find_shares(choices: Choices, weights: Floats) -> Floats:
    """Give the probability of each act; shape T × A, 0 where there is no act."""
    worth = choices.features @ weights
    if choices.known is not None:
        worth = worth + choices.known
    utility = np.where(choices.is_open, worth, -np.inf)
    odds = np.exp(utility - utility.max(axis=1, keepdims=True))
    found: Floats = odds / odds.sum(axis=1, keepdims=True)
    return found


def find_losses(choices: Choices, shares: Floats) -> Floats:
    """Give the log loss of each choice set, −Σ n log p, in nats; shape (T,)."""
    logs = np.log(np.where(choices.counts > 0, np.maximum(shares, 1e-300), 1.0))
    found: Floats = -(choices.counts * logs).sum(axis=1)
    return found


def find_scatter(choices: Choices) -> Floats:
    """Give the features' mean covariance among the acts open together, over trials; shape K × K."""
    even = choices.is_open / choices.is_open.sum(axis=1, keepdims=True)
    centered = choices.center(even)
    weighted = centered * np.sqrt(choices.totals[:, None] * even)[..., None]
    flat = weighted.reshape(-1, weighted.shape[-1])
    found: Floats = flat.T @ flat / max(float(choices.totals.sum()), 1.0)
    return found


def find_identified(scatter: Floats) -> Bools:
    """Say of each weight whether choices among these sets can tell it from the others.

    A weight is not identified when its feature never differs within a choice set, or when it has a part in a
    combination of features that never does.
    """
    spread = np.sqrt(np.diag(scatter))
    varies = spread > 1e-9
    found = np.zeros(len(spread), dtype=bool)
    if not varies.any():
        return found
    scaled = scatter[np.ix_(varies, varies)] / np.outer(spread[varies], spread[varies])
    values, vectors = np.linalg.eigh(scaled)
    flat = vectors[:, values < _FLAT * values.max()]
    found[varies] = (flat**2).sum(axis=1) < 1e-6
    return found


def _inform(choices: Choices, weight: Floats, shares: Floats) -> Floats:
    """Give Σ_t Σ_a w_ta x_ta x_taᵀ − Σ_t w_t x̄_t x̄_tᵀ, which takes no centered copy of the features."""
    flat = choices.features.reshape(-1, choices.features.shape[-1])
    mean = np.einsum("ta,tak->tk", shares, choices.features)
    found: Floats = flat.T @ (flat * weight.reshape(-1, 1))
    found -= mean.T @ (mean * weight.sum(axis=1)[:, None])
    return found


def fit_logit(choices: Choices, *, ridge: float = RIDGE, start: Floats | None = None) -> LogitFit:
    """Fit the weights; those not identified come out at 0 or share what they have in common, and say so.

    Args:
        choices: What was chosen; at least one choice set.
        ridge: λ of the penalty, per squared effect of one spread.
        start: Where to begin; without, at 0.
    """
    scatter = find_scatter(choices)
    spread: Floats = np.sqrt(np.diag(scatter))
    penalty = ridge * np.where(spread > 1e-9, spread, 1.0) ** 2
    weights: Floats = np.zeros(len(spread)) if start is None else start.copy()
    totals = choices.totals[:, None]

    def climb(at: Floats) -> tuple[float, Floats]:
        shares = find_shares(choices, at)
        return -float(find_losses(choices, shares).sum()) - 0.5 * float(penalty @ at**2), shares

    height, shares = climb(weights)
    information = np.diag(penalty)
    for _ in range(_STEPS):
        surplus = choices.counts - totals * shares
        gradient = np.einsum("ta,tak->k", surplus, choices.features) - penalty * weights
        information = _inform(choices, totals * shares, shares) + np.diag(penalty)
        step = np.linalg.solve(information, gradient)
        for _ in range(_HALVINGS):
            higher, at = climb(weights + step)
            if higher >= height:
                break
            step = step / 2
        else:
            break
        weights, shares, gain, height = weights + step, at, higher - height, higher
        if gain <= _TOLERANCE * (1 + abs(height)):
            break
    return LogitFit(weights, information, find_identified(scatter), spread)
