"""Rates corrected for judge error: post-stratified by what the judge said, in each arm on its own.

*Model:* with j the judge's code and y the truth, an arm's rate is
θ = P(j=1)·P(y=1|j=1) + P(j=0)·P(y=1|j=0). All trials of the arm show P(j), the labelled ones P(y|j); each has
a Beta(½, ½) prior, the estimate is the posterior mean and the interval that of draws from the posterior.
Labels may be drawn at one rate among the trials coded yes and at another among those coded no (half from each
is best): the two are never mixed. Within arm and code they must be drawn at random, or count for the trials
that they stand for (`gyges.estimands.pool_cells`); then labels stands for how many they are worth.
Of a question with several answers, the rate of each is corrected with all others as the one other code.
Nothing is borrowed between arms: a judge that errs more in one of them would make an effect out of nothing.

References:
    Tenenbein (1970), A double sampling scheme for estimating from binomial data with misclassifications. JASA
    65. Cochran (1977), Sampling Techniques, 12.2. Brown, Cai & DasGupta (2001), Interval estimation for a
    binomial proportion. Stat. Sci. 16 (the prior).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

N_DRAWS: Final = 4000
_PRIOR: Final = 0.5
_SAYS: Final = ("no", "yes")
OTHERWISE: Final = "otherwise"
"""How several answers together are named in reasons."""


@dataclass(frozen=True)
class ArmCounts:
    """The trials of several arms, a row each; a column a code, the answer in question last."""

    judged: Ints
    """Trials with a code."""
    labelled: Ints | Floats
    """Those of them with a label; where labels count for unequal numbers of trials, what they are worth."""
    confirmed: Ints | Floats
    """Those of them whose label says yes, or gives the answer in question, likewise."""
    codes: tuple[str, ...] = _SAYS
    """What the columns were coded as."""

    def pool(self) -> ArmCounts:
        """Give one arm of all."""
        parts = (self.judged, self.labelled, self.confirmed)
        judged, labelled, confirmed = (part.sum(axis=0, keepdims=True) for part in parts)
        return ArmCounts(judged, labelled, confirmed, self.codes)


class CorrectedRates(NamedTuple):
    """Corrected rates of several arms; NaN where there is no correction."""

    rates: Floats
    draws: Floats
    """Arms × draws from the posterior."""
    reasons: tuple[str, ...]
    """Why there is none; empty where there is one."""


def correct_rates(counts: ArmCounts, *, seed: int, n_draws: int = N_DRAWS) -> CorrectedRates:
    """Correct the rates of arms for judge error.

    Args:
        counts: The arms' trials by code and label.
        seed: Seed of the draws.
        n_draws: Draws from the posterior; their quantiles are the interval.
    """
    rng = np.random.default_rng(seed)
    weights: Floats = counts.judged.astype(np.float64) + _PRIOR
    yes, no = _count_true(counts)
    shares = _draw_shares(weights, n_draws, rng)
    true = rng.beta(yes[:, None], no[:, None], size=shares.shape)
    draws = (shares * true).sum(axis=-1)
    rates = (weights / weights.sum(axis=1, keepdims=True) * yes / (yes + no)).sum(axis=1)
    reasons = find_reasons(counts)
    unknown = np.array([bool(reason) for reason in reasons], dtype=bool)
    draws[unknown], rates[unknown] = np.nan, np.nan
    return CorrectedRates(rates, draws, reasons)


def _draw_shares(weights: Floats, n_draws: int, rng: np.random.Generator) -> Floats:
    """Draw the shares of codes from Dirichlet distributions, last code first, as a chain of Betas."""
    n_arms, n_codes = weights.shape
    shares = np.empty((n_arms, n_draws, n_codes))
    left = np.ones((n_arms, n_draws))
    for code in range(n_codes - 1, 0, -1):
        rest = weights[:, :code].sum(axis=1)
        part = rng.beta(weights[:, code][:, None], rest[:, None], size=(n_arms, n_draws))
        shares[..., code] = left * part
        left = left * (1 - part)
    shares[..., 0] = left
    return shares


def draw_confirmed(counts: ArmCounts, *, seed: int, n_draws: int = N_DRAWS) -> tuple[Floats, Floats]:
    """Give the shares truly so among the trials of each code.

    Returns:
        Posterior means, arms × codes, and draws, arms × draws × codes.
    """
    yes, no = _count_true(counts)
    size = (len(yes), n_draws, yes.shape[1])
    draws: Floats = np.random.default_rng(seed).beta(yes[:, None], no[:, None], size=size)
    means: Floats = np.divide(yes, yes + no)
    return means, draws


def _count_true(counts: ArmCounts) -> tuple[Floats, Floats]:
    yes: Floats = counts.confirmed.astype(np.float64) + _PRIOR
    no: Floats = (counts.labelled - counts.confirmed).astype(np.float64) + _PRIOR
    return yes, no


def find_reasons(counts: ArmCounts) -> tuple[str, ...]:
    """Say for each arm why it cannot be corrected; empty where it can."""
    arms = zip(counts.judged, counts.labelled, strict=True)
    return tuple(_find_reason(judged, labelled, counts.codes) for judged, labelled in arms)


def _find_reason(judged: Ints, labelled: Ints | Floats, codes: Sequence[str]) -> str:
    if not judged.any():
        return "no trial of this arm is coded"
    if not labelled.any():
        return "judge unchecked: no label in this arm"
    for code, word in enumerate(codes):
        if judged[code] and not labelled[code]:
            return f"judge unchecked: no label among the {judged[code]:,} trials coded {word}"
    return ""


def find_limits(draws: Floats) -> tuple[Floats, Floats]:
    """Give the ends of the 95 % intervals of draws, arm by arm; NaN where there are none."""
    low, high = np.quantile(draws, (0.025, 0.975), axis=-1)
    return low, high


def subtract(
    found: CorrectedRates, arms: Sequence[int], references: Sequence[int]
) -> tuple[Floats, Floats, Floats]:
    """Give differences of arms with the ends of their intervals: nothing ties the draws of two arms."""
    first, second = np.asarray(arms, dtype=int), np.asarray(references, dtype=int)
    low, high = find_limits(found.draws[first] - found.draws[second])
    return found.rates[first] - found.rates[second], low, high
