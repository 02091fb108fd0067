"""How two models of a study differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gyges.records.estimates import Estimate


@dataclass(frozen=True)
class ModelContrast:
    """One model minus another, in one outcome or in what one claim is about."""

    model: str
    reference: str
    """The model that is taken off: the one the study names first."""
    subject: str
    """An outcome, or a claim's id."""
    kind: Literal["outcome", "claim"]
    part: str
    """Which part of the claim; empty where it is all of one piece, and for outcomes."""
    estimate: Estimate
    p: float
    """Two-sided p value of no difference."""
    pairing: Literal["trials", "scenarios"]
    """`trials`: trials of the same cell, wording and replicate against each other; `scenarios`: rates or
    effects within the same scenario and setting."""
    protocol: str
    design: str
    scale: Literal["risk-difference", "rungs", "log-odds"] = "risk-difference"
    q: float | None = None
    """Benjamini–Hochberg adjusted, over all contrasts of the study."""
