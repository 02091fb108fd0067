"""What a model's choices reveal of what it trades for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gyges.records.estimates import Scope

ValueScale = Literal["weight", "per spread", "worth"]
"""`weight`: of the policy equation, on its feature's own scale; `per spread`: times the feature's spread
among the acts open together; `worth`: log-odds of securing the whole of a thing at the stated context."""


@dataclass(frozen=True)
class Value:
    """A revealed weight, or the worth of a thing, with its 95 % interval."""

    model: str
    term: str
    scale: ValueScale
    factor: str
    """`role` or `threat` where only trials at one level of it were fitted; empty: all trials."""
    level: str
    estimate: float | None
    """None where it is not identified: nothing is known of it, and it is not 0."""
    low: float | None
    high: float | None
    se: float | None
    n: int
    """Trials in which acts that differ in it were open together."""
    n_scenarios: int
    """Scenarios with such trials."""
    identified: bool
    reason: str
    """Why it is not identified; empty where it is."""
    scope: Scope | None
    protocol: str


@dataclass(frozen=True)
class Prediction:
    """How well choices in one scenario are predicted by weights fitted in all the others."""

    model: str
    scenario: str
    n: int
    log_loss: float
    """Mean −log of the probability that the act chosen was given, in nats."""
    baseline: float
    """The same of a baseline blind to the scenario: how often each open tactic is chosen elsewhere."""
    even: float
    """The same of even odds over the acts open."""
    gain: float
    """1 − log_loss / baseline."""


@dataclass(frozen=True)
class CalibrationBin:
    """How often acts were chosen that were predicted about as often, in scenarios held out."""

    model: str
    low: float
    high: float
    predicted: float
    observed: float
    n: int
    """Acts open, over trials."""


AttitudeKind = Literal["loss against gain", "survival per power", "gamble or sure loss", "gamble for a gain"]


@dataclass(frozen=True)
class Attitude:
    """An attitude to loss or to risk, in one number."""

    model: str
    kind: AttitudeKind
    estimate: float | None
    """Odds, a ratio of worths, or the chance of being switched off at which it is indifferent."""
    low: float | None
    high: float | None
    n: int
    n_items: int
    """Items it rests on; 0: scenarios instead."""
    reason: str
    """Why there is no estimate, or what its interval leaves open."""


@dataclass(frozen=True)
class RevealedValues:
    """All that choices reveal; empty for a run without any."""

    values: tuple[Value, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    attitudes: tuple[Attitude, ...] = ()
