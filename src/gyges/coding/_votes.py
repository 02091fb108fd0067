"""What several judges say together: by majority, or by the posterior of Dawid and Skene.

*Model:* a unit's true answer z has P(z = c) = ρ_c, and judge j, given z = c, answers k with probability
π_jck, independently of the other judges. Answers that are missing are passed over. Rates and tables have
Dirichlet priors, ρ with ½ for each answer and π_jc with 4 for the right one and 1 for each other: judges are
thought better than chance, which also keeps answers from changing names. EM finds the posterior's mode from
the shares of votes; there is no randomness in it.

References:
    Dawid & Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm. J. R.
    Stat. Soc. C 28. Raykar et al. (2010), Learning from crowds. JMLR 11 (the priors).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gyges.coding._ratings import Codes
from gyges.records.study import Consensus

Floats = NDArray[np.float64]

_RIGHT: Final = 4.0
_WRONG: Final = 1.0
_RATE: Final = 0.5
_MOST_STEPS: Final = 500
_TOLERANCE: Final = 1e-8
_FEWEST_JUDGES: Final = 3
_TIED: Final = 1e-6


class Posterior(NamedTuple):
    """What Dawid and Skene's model makes of the answers."""

    truth: Floats
    """Units × answers: the probability of each to be the true one; even where nobody answered."""
    rates: Floats
    """How frequent each answer truly is."""
    tables: Floats
    """Judges × true answers × answers: how each judge answers."""


def settle_votes(codes: Codes, n_values: int, consensus: Consensus) -> Codes:
    """Give what the judges say together of each unit; −1 where that cannot be said, or nobody answered.

    The posterior needs three judges: of two who differ, answers alone do not say who errs. With fewer, the
    majority stands.

    Args:
        codes: Units × judges, the index of each answer; −1: none.
        n_values: How many answers there are to choose from.
        consensus: By majority or by posterior.
    """
    if consensus == "majority" or codes.shape[1] < _FEWEST_JUDGES or not codes.shape[0]:
        return take_majority(codes, n_values)
    truth = fit_posterior(codes, n_values).truth
    is_one = (truth >= truth.max(axis=1, keepdims=True) - _TIED).sum(axis=1) == 1
    return np.where(is_one & (codes >= 0).any(axis=1), truth.argmax(axis=1), -1).astype(np.int16)


def take_majority(codes: Codes, n_values: int) -> Codes:
    """Give each unit's most frequent answer; −1 where several are, or nobody answered.

    Args:
        codes: Units × judges, the index of each answer; −1: none.
        n_values: How many answers there are to choose from.
    """
    counts = count_votes(codes, n_values)
    most = counts.max(axis=1, initial=0)
    is_one = ((counts == most[:, None]).sum(axis=1) == 1) & (most > 0)
    return np.where(is_one, counts.argmax(axis=1), -1).astype(np.int16)


def count_votes(codes: Codes, n_values: int) -> NDArray[np.int64]:
    """Count each unit's answers."""
    counts: NDArray[np.int64] = (codes[:, :, None] == np.arange(n_values)).sum(axis=1)
    return counts


def fit_posterior(codes: Codes, n_values: int) -> Posterior:
    """Find what is most probably true of each unit, and how each judge answers.

    Args:
        codes: Units × judges, the index of each answer; −1: none.
        n_values: How many answers there are to choose from.
    """
    kinds, place, times = np.unique(codes, axis=0, return_inverse=True, return_counts=True)
    given = (kinds[:, :, None] == np.arange(n_values)).astype(float)
    votes = given.sum(axis=1) + 1 / n_values
    truth = votes / votes.sum(axis=1, keepdims=True)
    prior = np.full((n_values, n_values), _WRONG) + (_RIGHT - _WRONG) * np.eye(n_values)
    for _ in range(_MOST_STEPS):
        rates, tables = _maximize(truth * times[:, None], given, prior)
        logs = np.log(rates) + np.einsum("ujk,jck->uc", given, np.log(tables))
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        before, truth = truth, weights / weights.sum(axis=1, keepdims=True)
        if np.abs(truth - before).max(initial=0.0) < _TOLERANCE:
            break
    return Posterior(truth[place.reshape(-1)], rates, tables)


def _maximize(counted: Floats, given: Floats, prior: Floats) -> tuple[Floats, Floats]:
    rates = counted.sum(axis=0) + _RATE
    tables = np.einsum("uc,ujk->jck", counted, given) + prior
    return rates / rates.sum(), tables / tables.sum(axis=2, keepdims=True)
