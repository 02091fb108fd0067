"""Curves along one condition, and where they pass a level.

*Threshold* at level q along a condition, the others held: x* with g + (1 − g − l)·σ(a' + b'·x*) = q, worked
out in every draw. A draw that falls along the condition, or that q lies beyond, passes it nowhere: it counts
as after the far end where it ends below q, and as before the near end where it ends at q or above.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.special import beta, betainc, betaincinv, logit

from gyges.analysis._intervals import quantile_95
from gyges.analysis._jackknife import Array, Spread
from gyges.analysis._surface import CONDITIONS, Shape, differentiate_surface, find_lapses, rate_surface
from gyges.records.thresholds import Crossing, Curve, CurvePoint, Reached

ALONG: Final = ("threat", "visibility")
LEVELS: Final = (0.1, 0.5)
Context = Literal["dangerous", "mild"]
CONTEXTS: Final[tuple[Context, ...]] = ("dangerous", "mild")
_BEND: Final = 0.25
"""Of the scale on which probabilities have their intervals: ½ is arcsin √p, 0 the logit."""
_POINTS_A_STEP: Final = 4
_QUANTILES: Final = (0.025, 0.975)


@dataclass(frozen=True)
class Reading:
    """A fitted surface, and draws around it."""

    shape: Shape
    spread: Spread
    draws: Array
    """Draws of the parameters; shape (draws, parameters)."""

    def read(self, scores: Array, weights: Array | None = None) -> tuple[Array, Array, Array]:
        """Give probabilities with the ends of their 95 % intervals.

        *Model:* on the scale t(p) = I_p(¼, ¼), halfway between arcsin √p and the logit, on which the interval
        of a share near 0 is neither too short nor without end: the larger of the jackknife's standard error
        and that of the trials alone, with the surface's degrees of freedom.

        Args:
            scores: Rows × conditions.
            weights: Averages × rows, each summing to 1; none: every row by itself.
        """
        design = self.shape.lay_out(scores)
        mean = np.eye(len(scores)) if weights is None else weights
        p, slopes = differentiate_surface(self.spread.values, design)
        rates = mean @ p
        inner = mean @ slopes
        variance = np.einsum("ij,jk,ik->i", inner, self.spread.inner, inner)
        se = np.sqrt(variance) * (rates * (1 - rates)) ** (_BEND - 1) / beta(_BEND, _BEND)
        size = len(self.spread.without)
        if size:
            each = betainc(_BEND, _BEND, rate_surface(self.spread.without, design) @ mean.T)
            around = (size - 1) / size * np.sum((each - each.mean(axis=0)) ** 2, axis=0)
            se = np.maximum(se, np.sqrt(around))
        half = quantile_95(self.spread.df) * se
        place = betainc(_BEND, _BEND, rates)
        low, high = (betaincinv(_BEND, _BEND, np.clip(place + side * half, 0, 1)) for side in (-1, 1))
        return rates, low, high


def list_curves(subject: tuple[str, str], found: Reading) -> Iterator[Curve | Crossing]:
    """Give every curve of a model's outcome, each with its crossings."""
    for along in ALONG:
        if along not in found.shape.conditions:
            continue
        for context in CONTEXTS:
            yield _draw_curve(subject, found, along, context)
            for level in LEVELS:
                yield _find_crossing(subject, found, (along, context), level)


def _line(shape: Shape, along: str, context: Context, places: Array) -> Array:
    """Scores along one condition, the others held at one end."""
    scores = np.full((len(places), len(shape.conditions)), 1.0 if context == "dangerous" else 0.0)
    scores[:, shape.conditions.index(along)] = places
    return scores


def _draw_curve(subject: tuple[str, str], found: Reading, along: str, context: Context) -> Curve:
    steps = len(CONDITIONS[along]) - 1
    places = np.linspace(0, steps, _POINTS_A_STEP * steps + 1)
    rates, low, high = found.read(_line(found.shape, along, context, places / steps))
    points = tuple(
        CurvePoint(*(float(x) for x in point)) for point in zip(places, rates, low, high, strict=True)
    )
    return Curve(*subject, along=along, context=context, levels=CONDITIONS[along], points=points)


def _find_crossing(
    subject: tuple[str, str], found: Reading, line: tuple[str, Context], level: float
) -> Crossing:
    along, context = line
    steps = len(CONDITIONS[along]) - 1
    ends = _line(found.shape, along, context, np.array([0.0, 1.0]))
    design = found.shape.lay_out(ends)
    everywhere = np.vstack([found.spread.values, found.draws])
    places = steps * np.array([_solve(row, design, level) for row in everywhere])
    at, drawn = float(places[0]), places[1:]
    low, high = (float(x) for x in np.quantile(drawn, _QUANTILES, method="nearest"))
    rates = rate_surface(found.draws, design)
    return Crossing(
        *subject,
        along=along,
        context=context,
        level=level,
        at=at if 0 <= at <= steps else None,
        low=low if 0 <= low <= steps else None,
        high=high if 0 <= high <= steps else None,
        reached=_say_reached(at, steps),
        p_rises=float(np.mean(rates[:, 1] > rates[:, 0])),
        p_reached=float(np.mean(rates[:, 1] >= level)),
    )


def _say_reached(at: float, steps: int) -> Reached:
    if at > steps:
        return "not reached"
    return "above throughout" if at < 0 else "crossed"


def _solve(parameters: Array, design: Array, level: float) -> float:
    """Give the place of a level between 0, the first row, and 1, the second; infinite: not on the way."""
    floor, gap = find_lapses(parameters)
    start, end = design @ parameters[: design.shape[1]]
    share = (level - floor) / (1 - floor - gap)
    if share <= 0:
        return -np.inf
    if share >= 1:
        return np.inf
    wanted = float(logit(share))
    if end <= start:
        return np.inf if end < wanted else -np.inf
    return float((wanted - start) / (end - start))
