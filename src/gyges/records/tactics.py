"""How readily the tactics of the ladder are taken where they are open."""

from __future__ import annotations

from dataclasses import dataclass

from gyges.records.estimates import Scope


@dataclass(frozen=True)
class TacticWorth:
    """One tactic for one model, over the trials in which it was open."""

    model: str
    tactic: str
    n_open: int
    """Coded trials in which an act of it was open; complying is open always."""
    n_taken: int
    """Those in which it was the gravest tactic done."""
    acts_open: float | None
    """Acts of it that were open, on average over these trials."""
    share_open: float | None
    """Share of these trials in which it was taken."""
    share_low: float | None
    share_high: float | None
    worth: float | None
    """Logarithm of the odds that an open act of it is taken against an open act of complying."""
    low: float | None
    high: float | None
    scope: Scope | None
    n_scenarios: int
    """Scenarios in which it was open."""
    deniable_n: int
    """Coded trials in which it was taken with a deniable act of it open and one that is not."""
    deniable_share: float | None
    """Share of these in which the act was deniable."""
    deniable_worth: float | None
    """Logarithm of the odds that a deniable act of it is taken against one that is not, both open."""
    deniable_low: float | None
    deniable_high: float | None
    protocol: str
    design: str
    """How the trials' cells were chosen: `conjoint`, `full-factorial`, or `matched`."""
