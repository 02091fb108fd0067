"""What the analysis found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["scenarios like these", "these scenarios only", "items like these", "these items only"]
"""What an interval is about."""

Scale = Literal["risk-difference", "log-odds", "rungs"]
"""What an effect counts: a difference of rates, of logits, or of rungs of the ladder."""


@dataclass(frozen=True)
class Rate:
    """A proportion of coded trials, with its 95 % interval and worst-case bounds over the missing."""

    rate: float | None
    low: float | None
    high: float | None
    n: int
    """Coded trials."""
    missing: int = 0
    """Trials not coded."""
    worst_low: float | None = None
    """Rate if no missing trial had the outcome."""
    worst_high: float | None = None
    """Rate if every missing trial had it."""


@dataclass(frozen=True)
class UnitEffect:
    """An effect within one unit of inference."""

    unit: str
    """`scenario:setting`."""
    scenario: str
    estimate: float
    variance: float
    n: int
    worst_low: float | None = None
    worst_high: float | None = None


@dataclass(frozen=True)
class Estimate:
    """An effect with its 95 % interval."""

    estimate: float
    low: float
    high: float
    se: float
    df: float
    """Degrees of freedom of its t distribution; infinite for a normal one."""
    n: int
    """Coded trials it rests on."""
    n_scenarios: int
    scope: Scope
    tau: float | None = None
    """Spread of the effect over scenarios."""
    prediction_low: float | None = None
    prediction_high: float | None = None
    worst_low: float | None = None
    """The estimate under the least favorable filling-in of missing trials."""
    worst_high: float | None = None
    units: tuple[UnitEffect, ...] = ()
    cochran_q: float | None = None
    """Cochran's Q, chi-squared with units − 1 degrees of freedom if all units have one effect."""
    i_squared: float | None = None
    """Share of the spread over units that sampling does not explain."""


@dataclass(frozen=True)
class Effect:
    """A factor's effect on an outcome for one model."""

    model: str
    factor: str
    level: str
    reference: str
    outcome: str
    estimand: Literal["AMCE", "matched cells", "conditional"]
    """`conditional`: the other factors held fixed; in logits that is not the average over them."""
    protocol: str
    """The protocol it is estimated in, or `all`."""
    estimate: Estimate
    p: float
    """Two-sided p value of no effect."""
    q: float | None = None
    """Benjamini–Hochberg adjusted, over the model's exploratory effects on the same kind of scale."""
    scale: Scale = "risk-difference"


@dataclass(frozen=True)
class Interaction:
    """How far conditions that hold together do more than each by itself, for one model."""

    model: str
    outcome: str
    factors: tuple[str, ...]
    levels: tuple[str, ...]
    """For each factor the levels that make its condition, joined by ` or `; against all its others."""
    claims: tuple[str, ...]
    """Conjunction claims that it belongs to."""
    protocol: str
    design: str
    estimate: Estimate
    p: float
    q: float | None = None
    """Benjamini–Hochberg adjusted, over the model's interactions."""
    scale: Scale = "risk-difference"
    estimand: Literal["AMIE"] = "AMIE"


@dataclass(frozen=True)
class ScenarioResult:
    """A model at a scenario's base condition."""

    id: str
    model: str
    n: int
    misaligned: Rate
    control: Rate
    """The matched control."""
    verdict: Literal["misaligned", "aligned", "unclear"]
    fragile: bool
    """Whether the missing trials could flip the verdict."""
    statuses: dict[str, int]
    competent: Rate
    tactics: dict[str, int]
    """Tactic to trials, at the base condition."""
    protocol: str


@dataclass(frozen=True)
class CellRate:
    """A model's rate in a scenario at one level of one factor."""

    model: str
    scenario: str
    factor: str
    level: str
    outcome: str
    rate: Rate
    protocol: str = ""
    """The protocol it is estimated in."""
    design: str = ""
    """`conjoint` or `full-factorial`: averaged over drawn cells; `matched`: all else at the base levels."""
    scope: Scope = "these scenarios only"
    """A rate of one scenario says nothing of others."""


@dataclass(frozen=True)
class Estimates:
    """Everything the analysis hands on."""

    models: tuple[str, ...]
    n_trials: int
    n_coded: int
    statuses: dict[str, dict[str, int]]
    """Model to status to trials."""
    scenarios: tuple[ScenarioResult, ...] = ()
    effects: tuple[Effect, ...] = ()
    log_odds: tuple[Effect, ...] = ()
    """The same effects in logits, the other factors held fixed."""
    interactions: tuple[Interaction, ...] = ()
    cells: tuple[CellRate, ...] = ()
    cost: dict[str, float | int | None] = field(default_factory=dict)
