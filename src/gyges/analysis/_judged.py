"""Estimates from codes by judges, moved by what people's labels say of the judges' errors, side by side.

*Model:* on side s of a comparison, π₁ is the share of its trials that judges coded as the outcome and π₀ that
of all others, and q_k the share of these that truly have it, with Beta(½, ½) before and the side's own labels
behind. The side's rate moves by δ_s = q₁·π₁ + q₀·π₀ − π₁, an effect by the difference of its two sides' δ.
Labels are drawn at random within the arms of their draw and the judges' answers, and count for the trials of
these (`gyges.estimands.pool_cells`); nothing is borrowed between sides, so a judge that errs more on one of
them makes no effect.

Unit variances become Σ_s c_s·v_s, c = (q₁ − q₀)²: what is left of the judge's sampling. The spread over
scenarios is divided by the judge's Youden index J = sensitivity + specificity − 1 (not below 0.3), by which
its errors shrink every difference. To the
squared error so found the variance of each δ_s is added, from draws of the q_k with the π_k held; the labels'
part has no limit on its degrees of freedom, and Satterthwaite joins the two.

References:
    Cochran (1977), Sampling Techniques, 12.2 (double sampling for stratification). Tenenbein (1970), JASA 65.
    Satterthwaite (1946), Biometrics Bulletin 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._correction import OTHERWISE, ArmCounts, draw_confirmed, find_reasons
from gyges.analysis._intervals import Z, quantile_95
from gyges.analysis._pooling import pool_random
from gyges.analysis._units import fit_means
from gyges.estimands import Units, Value, pool_cells, usable
from gyges.records.estimates import Estimate
from gyges.records.seeds import derive_seed

_LEAST_YOUDEN: Final = 0.3


class Move(NamedTuple):
    """What labels do to one side's rate."""

    by: float
    scale: float
    """√c: how much of the judge's sampling is left."""
    variance: float
    low: float
    """Ends of the move's 95 % interval."""
    high: float


class Unmoved(NamedTuple):
    """Why a side's rate cannot be corrected."""

    side: str
    reason: str


def find_moves(units: Units, sides: tuple[str, ...], seed: int) -> tuple[dict[str, Move], float] | Unmoved:
    """Find what labels do to each side's rate, and the judges' Youden index over all of them."""
    counts = _count(usable(units, sides), sides)
    for side, reason in zip(sides, find_reasons(counts), strict=True):
        if reason:
            return Unmoved(side, reason)
    has_outcome = any(
        each.is_outcome for arms in units.values() for side in sides for each in arms[side].strata
    )
    moves = {
        side: _move(_row_of(counts, place), has_outcome, derive_seed(seed, side))
        for place, side in enumerate(sides)
    }
    return moves, _find_youden(counts) if has_outcome else 1.0


def _row_of(counts: ArmCounts, place: int) -> ArmCounts:
    row = slice(place, place + 1)
    return ArmCounts(counts.judged[row], counts.labelled[row], counts.confirmed[row], counts.codes)


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
    moves, youden = found
    move = moves[side]
    reach = move.high - move.by if raw.estimate + move.by < bound else move.by - move.low
    tau = None if raw.tau is None else raw.tau / youden
    own = math.hypot(move.scale * raw.se, (tau or 0.0) / math.sqrt(len(raw.units)))
    moved = _shift(raw, move.by, own, max(move.variance, (reach / Z) ** 2), tau)
    return replace(moved, low=max(0.0, moved.low), high=min(1.0, moved.high))


def _count(units: Units, sides: tuple[str, ...]) -> ArmCounts:
    """Count each side's trials by what judges coded, over the cells of the labels' draw."""
    strata = [each for arms in units.values() for side in sides for each in arms[side].strata]
    places: dict[tuple[bool, str, str], int] = {}
    for each in strata:
        places.setdefault((each.is_outcome, each.answer, each.cell), len(places))
    found = np.zeros((3, len(sides), len(places)))
    for arms in units.values():
        for row, side in enumerate(sides):
            for each in arms[side].strata:
                place = places[each.is_outcome, each.answer, each.cell]
                found[:, row, place] += (each.n, each.labelled, each.confirmed)
    return _pool_sides(found, list(places))


def _pool_sides(found: NDArray[np.float64], cells: Sequence[tuple[bool, str, str]]) -> ArmCounts:
    """Put cells together to two codes, all other answers and the outcome; one nobody gave is left out."""
    columns, words = [], []
    for is_outcome in (False, True):
        answers = sorted({answer for given, answer, _ in cells if given == is_outcome})
        if answers:
            mine = np.array([given == is_outcome for given, _, _ in cells])
            sizes, labelled, confirmed = found[:, :, mine]
            columns.append((sizes.sum(axis=1), *pool_cells(sizes, labelled, confirmed)))
            words.append(answers[0] if len(answers) == 1 else OTHERWISE)
    n, worths, yeses = (np.stack(each, axis=1) for each in zip(*columns, strict=True))
    return ArmCounts(n.astype(np.int64), worths, yeses, tuple(words))


def _move(counts: ArmCounts, has_outcome: bool, seed: int) -> Move:
    means, draws = draw_confirmed(counts, seed=seed)
    shares = counts.judged[0] / counts.judged[0].sum()
    coded = float(shares[-1]) if has_outcome else 0.0
    rate = float(shares @ means[0])
    moved = draws[0] @ shares - coded
    low, high = np.quantile(moved, (0.025, 0.975))
    own = coded * (1 - coded)
    left = float(shares @ means[0] ** 2) - rate**2
    return Move(
        by=rate - coded,
        scale=math.sqrt(max(0.0, left) / own) if own > 0 else 1.0,
        variance=float(moved.var()),
        low=float(low),
        high=float(high),
    )


def _find_youden(counts: ArmCounts) -> float:
    """Give sensitivity + specificity − 1 over all sides, each with its own labels."""
    means, _ = draw_confirmed(counts, seed=0, n_draws=1)
    true = counts.judged * means
    false = counts.judged - true
    youden = true[:, -1].sum() / true.sum() - false[:, -1].sum() / false.sum()
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
