"""What the hierarchical model found, beside the two-stage estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gyges.records.estimates import Scale, Scope

Disagreement = Literal["sign", "zero", "outside"]
"""How a posterior and a two-stage estimate differ: in sign; one interval excludes zero and the other does
not; one's estimate lies outside the other's interval."""


@dataclass(frozen=True)
class BayesEffect:
    """The posterior of a factor's effect for one model."""

    model: str
    outcome: str
    factor: str
    level: str
    reference: str
    scale: Scale
    """`log-odds`, or `risk-difference`: standardized over the study's own cells."""
    estimate: float
    """Mean of the posterior."""
    low: float
    high: float
    """Its 2.5 % and 97.5 % quantiles."""
    p_positive: float
    """Posterior probability that the effect is above 0."""
    tau: float | None
    """Median of its spread over scenarios, in logits."""
    r_hat: float
    ess: float
    """Effective number of draws."""
    scope: Scope
    protocol: str
    design: str
    n: int
    two_stage: float | None
    two_stage_low: float | None
    two_stage_high: float | None
    disagrees: tuple[Disagreement, ...]
    """How it differs from the two-stage estimate; empty: it agrees."""
    converged: bool
    """Whether the fit it is from converged; if not, it decides nothing."""


@dataclass(frozen=True)
class BayesFit:
    """How the sampling of one outcome for one model went."""

    model: str
    outcome: str
    protocol: str
    design: str
    n: int
    n_units: int
    n_scenarios: int
    chains: int
    warmup: int
    draws: int
    """In each chain, after the warm-up."""
    divergences: int
    worst_r_hat: float
    least_ess: float
    converged: bool
    problem: str
    """What keeps it from having converged, in one sentence; empty where it has."""
    disagreements: int
    """Effects that differ from the two-stage estimate in any way."""


@dataclass(frozen=True)
class BayesResults:
    """Everything the hierarchical model hands on."""

    effects: tuple[BayesEffect, ...] = ()
    fits: tuple[BayesFit, ...] = ()
