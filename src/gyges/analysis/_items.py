"""Trade-off items as evidence for claims: shares, odds, and one scale for things compared in pairs.

*Shares:* y = mean of the m items' shares, with SE² the largest of

- p̃(1 − p̃)/(n + 2), p̃ = (x + 1)/(n + 2), which holds if all items are alike;
- s²/m, s² the variance between the family's own items;
- (p̃(1 − p̃)/n̄ + (p̃(1 − p̃))² τ²)/m, n̄ the trials of an item, with τ² the spread between items of one
  family in log-odds, from all families together by the method of moments.

Six items alone say little of how far items lie apart, all families together much more; so t has the items
less the families as its degrees of freedom. Fewer than five items speak for themselves: x/n and the first
variance alone, with a normal quantile. Odds are logit y. Gambles take no part in τ²:
their chances set them apart.

*Bradley–Terry:* logit P(i over j) = θ_i − θ_j, each family's shares averaged over its items and weighed by
its trials; fitted as a conditional logit between two alternatives. SE² from ℐ⁻¹ (Σ_f n_f² x_f x_fᵀ SE_f²)
ℐ⁻¹, with SE_f² and t as above.

References:
    Bradley & Terry (1952), Rank analysis of incomplete block designs. Biometrika 39.
    Wilson (1927), Probable inference. JASA 22. Hauck & Donner (1977), Wald's test as applied to hypotheses in
    logit analysis. JASA 72.
    Agresti & Caffo (2000), Simple and effective confidence intervals for proportions. Am. Stat. 54.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._intervals import quantile_95
from gyges.analysis._trade_offs import MIN_ITEMS, ItemCount
from gyges.records.estimates import Estimate, Scope
from gyges.utility import Choices, fit_logit

Floats = NDArray[np.float64]

_RIDGE = 0.1
_WORST = (0, 1)


@dataclass(frozen=True)
class Share:
    """How often the side named first is taken, over the items of a family."""

    value: float
    variance: float
    df: float
    n: int
    n_items: int
    worst: tuple[float, float]
    """The value if no missing trial took that side, and if all did."""

    @property
    def scope(self) -> Scope:
        """What an interval of it is about."""
        return "items like these" if self.n_items >= MIN_ITEMS else "these items only"


@dataclass(frozen=True)
class Spread:
    """How far items of one family lie apart."""

    tau2: float
    """Variance between them in log-odds."""
    df: float
    """Items less families."""


def find_spread(counts: Sequence[ItemCount]) -> Spread:
    """Find how far items of one family lie apart, from all families together."""
    families: dict[str, list[ItemCount]] = {}
    for count in counts:
        if count.n and count.chance is None:
            families.setdefault(count.family, []).append(count)
    known = [mine for mine in families.values() if len(mine) > 1]
    excess = size = 0.0
    for mine in known:
        even = _even(mine)
        excess += statistics.variance(each.first / each.n for each in mine)
        excess -= even * statistics.fmean(1 / each.n for each in mine)
        size += even**2
    return Spread(max(0.0, excess / size) if size else 0.0, float(sum(len(mine) - 1 for mine in known)))


def _even(counts: Sequence[ItemCount]) -> float:
    """Give p̃(1 − p̃) of all trials of a family."""
    tried = (sum(each.first for each in counts) + 1) / (sum(each.n for each in counts) + 2)
    return tried * (1 - tried)


def find_share(counts: Sequence[ItemCount], spread: Spread) -> Share:
    """Find a family's share; at least one item has a coded trial.

    Args:
        counts: The family's items.
        spread: How far items lie apart, from all families together.
    """
    coded = [count for count in counts if count.n]
    n, m, even = sum(count.n for count in coded), len(coded), _even(coded)
    binomial = even / (n + 2)
    if m < MIN_ITEMS:
        return Share(
            sum(count.first for count in coded) / n, binomial, math.inf, n, m, _fill(counts, by_item=False)
        )
    shares = [count.first / count.n for count in coded]
    own = statistics.variance(shares) / m
    pooled = (even * statistics.fmean(1 / count.n for count in coded) + even**2 * spread.tau2) / m
    variance = max(binomial, own, pooled)
    return Share(math.fsum(shares) / m, variance, max(spread.df, m - 1.0), n, m, _fill(counts, by_item=True))


def _fill(counts: Sequence[ItemCount], *, by_item: bool) -> tuple[float, float]:
    worst = []
    for took in _WORST:
        filled = [(each.first + took * each.missing, each.n + each.missing) for each in counts]
        if by_item:
            worst.append(math.fsum(first / n for first, n in filled) / len(filled))
        else:
            worst.append(sum(first for first, _ in filled) / sum(n for _, n in filled))
    return worst[0], worst[1]


def estimate_share(share: Share, *, factor: float = 1.0) -> Estimate:
    """Estimate `factor` times how far a share is above one half."""
    low, high = (factor * (each - 0.5) for each in share.worst)
    return _estimate(share, factor * (share.value - 0.5), factor * math.sqrt(share.variance), (low, high))


def estimate_odds(share: Share) -> Estimate:
    """Estimate the log-odds of a share; half a trial is added to either side, so that they are finite.

    Towards even odds the interval ends where Wilson's does, for as many trials as the share's variance is
    worth, and the standard error is that distance: near 0 and 1 the delta method's grows faster than the odds
    themselves. Away from them it ends where the delta method says.
    """
    value, low, high = (_logit(each, share.n) for each in (share.value, *share.worst))
    p = 1 / (1 + math.exp(-value))
    reach = quantile_95(share.df)
    far = reach * math.sqrt(share.variance) / (p * (1 - p))
    near = abs(value) - _odds_towards_even(max(p, 1 - p), p * (1 - p) / share.variance, reach)
    below, above = (near, far) if value >= 0 else (far, near)
    found = _estimate(share, value, near / reach, (low, high))
    return replace(found, low=value - below, high=value + above)


def _odds_towards_even(p: float, n: float, reach: float) -> float:
    """Give the log-odds of that end of Wilson's interval which is nearer to one half; p is no less."""
    square = reach * reach / n
    inner = reach * math.sqrt(p * (1 - p) / n + square / (4 * n))
    limit = (p + square / 2 - inner) / (1 + square)
    return math.log(limit / (1 - limit))


def _logit(share: float, n: int) -> float:
    return math.log((share * n + 0.5) / ((1 - share) * n + 0.5))


def _estimate(share: Share, value: float, se: float, worst: tuple[float, float]) -> Estimate:
    half = quantile_95(share.df) * se
    return Estimate(
        estimate=value,
        low=value - half,
        high=value + half,
        se=se,
        df=share.df,
        n=share.n,
        n_scenarios=share.n_items,
        scope=share.scope,
        worst_low=worst[0],
        worst_high=worst[1],
    )


def fit_pairs(things: Sequence[str], families: Mapping[str, Share]) -> list[Estimate]:
    """Fit Bradley–Terry to the families' shares; give each thing's lead over the next, in log-odds.

    Args:
        things: What is compared, in the order asked about.
        families: `<thing>-vs-<thing>` to its share; they lead from every thing to every other.
    """
    shares = list(families.values())
    fit = _fit_pairs(things, families, np.array([each.value for each in shares]))
    m = sum(each.n_items for each in shares)
    scope: Scope = "items like these" if m - len(shares) >= MIN_ITEMS else "these items only"
    df = max(each.df for each in shares)
    found = []
    for step in range(len(things) - 1):
        lead = np.zeros(len(things))
        lead[step], lead[step + 1] = 1.0, -1.0
        value, se = float(lead @ fit.thetas), math.sqrt(float(lead @ fit.covariance @ lead))
        half = quantile_95(df) * se
        # A family's share moves the lead one way; the missing trials fall against it, or for it.
        rises = fit.contrasts @ fit.bread @ lead > 0
        ends = [
            _fit_pairs(
                things,
                families,
                np.array([e.worst[int(r == up)] for e, r in zip(shares, rises, strict=True)]),
            )
            for up in (False, True)
        ]
        found.append(
            Estimate(
                estimate=value,
                low=value - half,
                high=value + half,
                se=se,
                df=df,
                n=sum(each.n for each in shares),
                n_scenarios=m,
                scope=scope,
                worst_low=float(lead @ ends[0].thetas),
                worst_high=float(lead @ ends[1].thetas),
            )
        )
    return found


@dataclass(frozen=True)
class _Pairs:
    thetas: Floats
    bread: Floats
    covariance: Floats
    contrasts: Floats
    """F × things: 1 for the side named first, −1 for the other."""


def _fit_pairs(things: Sequence[str], families: Mapping[str, Share], shares: Floats) -> _Pairs:
    places = {name: i for i, name in enumerate(things)}
    features = np.zeros((len(families), 2, len(things)))
    for row, name in enumerate(families):
        for side, thing in enumerate(name.split("-vs-")):
            features[row, side, places[thing]] = 1.0
    n = np.array([float(each.n) for each in families.values()])
    counts = np.stack([shares * n, (1 - shares) * n], axis=1)
    fit = fit_logit(Choices(features, np.ones(counts.shape, dtype=bool), counts), ridge=_RIDGE)
    contrasts = features[:, 0] - features[:, 1]
    spread = n**2 * np.array([each.variance for each in families.values()])
    bread = fit.covariance
    meat = contrasts.T @ (contrasts * spread[:, None])
    return _Pairs(fit.weights, bread, bread @ meat @ bread, contrasts)
