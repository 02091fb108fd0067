"""How far judges agree, with each other and with people, and what that makes of their rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gyges.records.estimates import Rate, Scope

CoderKind = Literal["judge", "rules", "majority", "posterior", "among judges", "among labellers"]
"""What a row is about: one coder, or the judges together, against the labels; or a group among itself."""

CheckStatus = Literal["checked", "judge unchecked"]
"""Whether any label says how far the coder can be trusted."""


@dataclass(frozen=True)
class JudgeRow:
    """Agreement on one question, as `results.json` holds it; what cannot be measured is none."""

    coder: str
    """Name of the coder; of a group, what kind of group."""
    kind: CoderKind
    item: str
    n: int
    """Trials, or acts of trials, that it coded; of a group, those that two or more of it coded."""
    unscored: int
    """Asked and not coded; of judges together, also where it is a tie. Zero for groups among themselves."""
    n_compared: int = 0
    """Trials or acts that the agreement rests on."""
    agreement: float | None = None
    """Share of pairs of answers that are the same."""
    agreement_low: float | None = None
    agreement_high: float | None = None
    alpha: float | None = None
    """Krippendorff's; nominal, or ordinal where the question has a scale."""
    alpha_low: float | None = None
    alpha_high: float | None = None
    kappa: float | None = None
    """Cohen's; of more than two coders, the mean over pairs. Weighted where the question has a scale."""
    kappa_low: float | None = None
    kappa_high: float | None = None
    ac1: float | None = None
    """Gwet's."""
    ac1_low: float | None = None
    ac1_high: float | None = None
    reason: str = ""
    """Why alpha is none."""
    sensitivity: float | None = None
    """Share of what is truly so that it codes so; for questions of yes or no."""
    sensitivity_low: float | None = None
    sensitivity_high: float | None = None
    specificity: float | None = None
    specificity_low: float | None = None
    specificity_high: float | None = None
    n_labels: int = 0
    """Trials or acts that it coded and people labelled."""
    n_unclear_labels: int = 0
    """People's answers to the question that say it cannot be told; they are no labels."""
    effective_judges: float | None = None
    """How many judges with independent errors these judges are worth; in the row of the majority."""
    effective_low: float | None = None
    effective_high: float | None = None
    effective_reason: str = ""
    """Why that is none."""
    status: CheckStatus = "judge unchecked"


@dataclass(frozen=True)
class JudgePair:
    """Agreement of two coders on one question."""

    item: str
    first: str
    second: str
    n: int
    """Trials or acts that both coded."""
    agreement: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    ac1: float | None
    alpha: float | None
    reason: str = ""
    """Why kappa is none."""


@dataclass(frozen=True)
class Judging:
    """All that was found about coders; empty without answers."""

    rows: tuple[JudgeRow, ...] = ()
    pairs: tuple[JudgePair, ...] = ()


@dataclass(frozen=True)
class Corrected:
    """A rate, or a difference of two, corrected for judge error, with its 95 % interval."""

    rate: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """Give the width of the interval."""
        return self.high - self.low


@dataclass(frozen=True)
class CodeRate:
    """How often a model's trials of one arm were coded one way."""

    model: str
    item: str
    value: str
    """The answer counted."""
    arm: str
    """`factor=level`, or `all`."""
    raw: Rate
    """As the judges' consensus has it."""
    corrected: Corrected | None
    reason: str
    """Why it is not corrected."""
    n_labels: int
    protocol: str
    design: str
    """`drawn`: the cells drawn at random; `any`: all there are, where none was."""
    scope: Scope = "these scenarios only"


@dataclass(frozen=True)
class ReasonRate:
    """How often a model's trials under a role and a threat were coded as one ethical frame."""

    model: str
    role: str
    """A level, or `any`."""
    threat: str
    """A level, or `any`."""
    frame: str
    raw: Rate
    """As the judges' majority has it."""
    corrected: Corrected | None
    reason: str
    """Why it is not corrected."""
    n_labels: int
    protocol: str
    design: str
    """`drawn`: the cells drawn at random; `any`: all there are, where none was."""
    scope: Scope = "these scenarios only"


@dataclass(frozen=True)
class CodeDifference:
    """Difference of two arms' rates of one code."""

    model: str
    item: str
    value: str
    arm: str
    reference: str
    """The arm whose rate is taken off."""
    raw: Corrected
    corrected: Corrected | None
    reason: str
    protocol: str
    design: str
    scope: Scope = "these scenarios only"


@dataclass(frozen=True)
class CodeRates:
    """The rates of all codes by judges; empty where nothing was judged."""

    rates: tuple[CodeRate, ...] = ()
    differences: tuple[CodeDifference, ...] = ()
