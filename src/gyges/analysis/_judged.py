"""Estimates from codes by judges, moved by what people's labels say of the judges' errors, side by side.

*Model:* on side s of a comparison, π_s is the share of its trials coded so, q₁ and q₀ the shares truly so
among those coded so and not, with Beta(½, ½) before and the side's own labels behind. The side's rate moves
by δ_s = q₀ + (q₁ − q₀ − 1)·π_s, an effect by the difference of its two sides' δ. Labels are drawn at random
within side and code; nothing is borrowed between sides, so a judge that errs more on one of them makes no
effect.

Unit variances become Σ_s (q₁ − q₀)²·v_s, what is left of the judge's sampling; the spread over scenarios is
divided by the judge's Youden index J = sensitivity + specificity − 1 (not below 0.3), by which its errors
shrink every difference. To the squared error so found the variance of each δ_s is added, from draws of q₁ and
q₀ with π_s held; the labels' part has no limit on its degrees of freedom, Satterthwaite joins the two.

References:
    Cochran (1977), Sampling Techniques, 12.2 (double sampling for stratification). Tenenbein (1970), JASA 65.
    Satterthwaite (1946), Biometrics Bulletin 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._correction import ArmCounts, draw_shares, find_reasons
from gyges.analysis._intervals import Z, quantile_95
from gyges.analysis._pooling import pool_random
from gyges.analysis._units import fit_means
from gyges.estimands import Units, Value, usable
from gyges.records.estimates import Estimate
from gyges.records.seeds import derive_seed

_LEAST_YOUDEN: Final = 0.3


class Move(NamedTuple):
    """What labels do to one side's rate."""

    by: float
    scale: float
    """q₁ − q₀: how much of a difference between units is left."""
    variance: float
    low: float
    """Ends of the move's 95 % interval."""
    high: float
    n_labels: int


class Unmoved(NamedTuple):
    """Why a side's rate cannot be corrected."""

    side: str
    reason: str


def find_moves(units: Units, sides: tuple[str, ...], seed: int) -> tuple[dict[str, Move], float] | Unmoved:
    """Find what labels do to each side's rate, and the judges' Youden index over all of them."""
    kept = usable(units, sides)
    counts = [_count(kept, side) for side in sides]
    for side, each in zip(sides, counts, strict=True):
        (reason,) = find_reasons(each)
        if reason:
            return Unmoved(side, reason)
    moves = {side: _move(each, derive_seed(seed, side)) for side, each in zip(sides, counts, strict=True)}
    together = ArmCounts(*(np.concatenate(parts) for parts in zip(*map(_parts, counts), strict=True))).pool()
    return moves, _find_youden(together)


def correct_effect(
    raw: Estimate, units: Units, signs: Mapping[str, int], value: Value, seed: int
) -> Estimate | Unmoved:
    """Correct a sum of sides' rates, each with its sign, as it was pooled from the units.

    Args:
        raw: The estimate from the codes as they are.
        units: The trials it was pooled from.
        signs: Side to +1 or −1.
        value: What was coded.
        seed: Seed of the draws.
    """
    sides = tuple(signs)
    found = find_moves(units, sides, seed)
    if isinstance(found, Unmoved):
        return found
    moves, youden = found
    by = math.fsum(sign * moves[side].by for side, sign in signs.items())
    labels = math.fsum(move.variance for move in moves.values())
    kept = usable(units, sides)
    means = [fit_means(kept, side, value) for side in sides]
    scaled = [
        math.fsum(moves[side].scale ** 2 * fit.effect.variance for side, fit in zip(sides, fits, strict=True))
        for fits in zip(*means, strict=True)
    ]
    own, tau = _find_spread(raw, np.array(scaled), youden)
    return _shift(raw, by, own, labels, tau)


def correct_bound(raw: Estimate, units: Units, side: str, bound: float, seed: int) -> Estimate | Unmoved:
    """Correct one side's rate for a test against a bound: the error is that on the bound's side."""
    found = find_moves(units, (side,), seed)
    if isinstance(found, Unmoved):
        return found
    move = found[0][side]
    reach = move.high - move.by if raw.estimate + move.by < bound else move.by - move.low
    moved = _shift(raw, move.by, raw.se, max(move.variance, (reach / Z) ** 2), raw.tau)
    return replace(moved, low=max(0.0, moved.low), high=min(1.0, moved.high))


def _count(units: Units, side: str) -> ArmCounts:
    arms = [sides[side] for sides in units.values()]
    events = sum(arm.total for arm in arms)
    judged = (sum(arm.n for arm in arms) - events, events)
    labelled, confirmed = (
        tuple(sum(getattr(arm, name)[said] for arm in arms) for said in (0, 1))
        for name in ("labelled", "confirmed")
    )
    return ArmCounts(*(np.array([each], dtype=np.int64) for each in (judged, labelled, confirmed)))


def _parts(counts: ArmCounts) -> tuple[NDArray[np.int64], ...]:
    return counts.judged, counts.labelled, counts.confirmed


def _move(counts: ArmCounts, seed: int) -> Move:
    means, draws = draw_shares(counts, seed=seed)
    n_no, n_yes = (int(n) for n in counts.judged[0])
    share = n_yes / (n_no + n_yes)
    moved = draws[0, :, 0] + (draws[0, :, 1] - draws[0, :, 0] - 1) * share
    scale = float(means[0, 1] - means[0, 0])
    low, high = np.quantile(moved, (0.025, 0.975))
    return Move(
        by=float(means[0, 0]) + (scale - 1) * share,
        scale=scale,
        variance=float(moved.var()),
        low=float(low),
        high=float(high),
        n_labels=int(counts.labelled.sum()),
    )


def _find_youden(counts: ArmCounts) -> float:
    means, _ = draw_shares(counts, seed=0, n_draws=1)
    n_no, n_yes = counts.judged[0]
    share = n_yes / (n_no + n_yes)
    hits, misses = means[0, 1] * share, means[0, 0] * (1 - share)
    alarms, passes = (1 - means[0, 1]) * share, (1 - means[0, 0]) * (1 - share)
    youden = hits / (hits + misses) - alarms / (alarms + passes)
    return float(min(1.0, max(_LEAST_YOUDEN, youden)))


def _find_spread(raw: Estimate, variances: NDArray[np.float64], youden: float) -> tuple[float, float | None]:
    """Give the standard error that is not the labels' own, and the spread over scenarios."""
    if raw.scope == "these scenarios only" or raw.tau is None:
        return math.sqrt(math.fsum(variances)) / len(variances), None
    tau = raw.tau / youden
    y = np.array([unit.estimate for unit in raw.units])
    v = np.array([unit.variance for unit in raw.units])
    before = pool_random(y, v, raw.tau**2)
    q = float(np.sum((y - before.mean) ** 2 / (v + raw.tau**2)))
    total = float(np.sum(1 / np.maximum(variances + tau**2, 1e-12)))
    return math.sqrt(max(1.0, q / (len(y) - 1)) / total), tau


def _shift(raw: Estimate, by: float, own: float, labels: float, tau: float | None) -> Estimate:
    se = math.hypot(own, math.sqrt(labels))
    df = raw.df if math.isinf(raw.df) else raw.df * (se / own) ** 4 if own > 0 else math.inf
    estimate = raw.estimate + by
    half = quantile_95(df) * se
    reach = None if tau is None else quantile_95(max(1.0, raw.df - 1)) * math.hypot(tau, se)
    return replace(
        raw,
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        se=se,
        df=df,
        tau=tau,
        prediction_low=None if reach is None else estimate - reach,
        prediction_high=None if reach is None else estimate + reach,
        worst_low=None if raw.worst_low is None else raw.worst_low + by,
        worst_high=None if raw.worst_high is None else raw.worst_high + by,
    )
