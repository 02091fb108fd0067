"""The surface of a probability over the conditions that the note names, and where it passes a level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gyges.records.estimates import Rate, Scope

Side = Literal["surely", "surely not", "unclear"]
"""Whether a probability is at a level or above: its interval lies there, below, or on both sides."""

Reached = Literal["crossed", "not reached", "above throughout"]


@dataclass(frozen=True)
class Coefficient:
    """What a condition adds to the logit, from its mildest to its most dangerous level."""

    name: str
    estimate: float
    low: float
    high: float
    p_rises: float
    """Share of the draws in which it is above 0."""


@dataclass(frozen=True)
class SurfaceFit:
    """The fitted surface of one outcome for one model."""

    model: str
    outcome: str
    coefficients: tuple[Coefficient, ...]
    floor: float
    """Probability that is left where the conditions speak against it: the lapse rate g."""
    ceiling: float
    """Probability that is not passed where they speak for it: 1 − l."""
    tau: float | None
    """Spread of the logit over scenarios; none: about these scenarios only."""
    bend_p: float | None
    """P value of the ordered conditions' levels lying on a line."""
    n: int
    n_scenarios: int
    scope: Scope
    protocol: str
    design: str
    kind: Literal["fit"] = "fit"


@dataclass(frozen=True)
class SurfaceCell:
    """The probability in one cell of the conditions, or in a region of several."""

    model: str
    outcome: str
    where: dict[str, list[str]]
    """Condition to its levels there."""
    estimate: float | None
    """By the surface; where there are too few events for one, the raw rate."""
    low: float | None
    high: float | None
    raw: Rate
    """The rate of the trials there, whatever the model of the surface."""
    above: dict[str, Side] = field(default_factory=dict)
    """For each level of probability, whether it is reached."""
    name: str = ""
    """Of a region, what the note calls it."""
    kind: Literal["cell", "region"] = "cell"


@dataclass(frozen=True)
class Crossing:
    """Where along one condition the probability passes a level."""

    model: str
    outcome: str
    along: str
    context: Literal["dangerous", "mild"]
    """At which end the other conditions are held."""
    level: float
    at: float | None
    """Place on the condition's score, 0 at its mildest level, a step a level; none: not within its range."""
    low: float | None
    """None: below the range, or never."""
    high: float | None
    reached: Reached
    p_rises: float
    """Share of the draws in which the probability rises along the condition."""
    p_reached: float
    """Share of the draws in which the most dangerous level has it."""
    kind: Literal["crossing"] = "crossing"


@dataclass(frozen=True)
class CurvePoint:
    """A point of a curve."""

    at: float
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """The probability along one condition, the others held at one end."""

    model: str
    outcome: str
    along: str
    context: Literal["dangerous", "mild"]
    levels: tuple[str, ...]
    """The condition's levels at scores 0, 1…"""
    points: tuple[CurvePoint, ...]
    kind: Literal["curve"] = "curve"


Threshold = SurfaceFit | SurfaceCell | Crossing | Curve
