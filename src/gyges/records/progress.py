"""How far a run is, as it says itself while it runs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gyges.records.base import Record
from gyges.records.budget import Budget

State = Literal["running", "stopped", "finished", "stale"]
"""How a run stands; `stale` is said by others of one that says it runs, and is silent or gone."""

Phase = Literal["trials", "coding", "judging", "analysis"]


class ModelProgress(Record):
    """How far one model's trials are."""

    model: str
    planned: int
    done: int = 0
    """Trials that ended without an error, in this session or before."""
    failed: int = 0
    """Trials that failed in this session; they can be resumed."""
    tokens: int = 0
    """Tokens in and out of its trials in this session, other models' among them."""
    rate: float = 0.0
    """Trials that ended over the last minute, a minute."""
    seconds_left: float | None = None
    """At that rate; none: not known, as none of its trials ended in the last minute."""


class JudgingProgress(Record):
    """How far the judges are."""

    done: int = 0
    """Cases answered in this session."""
    failed: int = 0
    """Of these, without a reply."""


class Progress(Record):
    """How far a run is."""

    format: Literal[1] = 1
    session: str
    """Stands for this carrying out of the run alone."""
    state: State
    why: str = ""
    """Why it stopped; empty: it did not."""
    phase: Phase = "trials"
    host: str
    pid: int
    started: str
    """When this session began; ISO 8601, UTC."""
    updated: str
    """When this was written; ISO 8601, UTC."""
    planned: int = 0
    done: int = 0
    failed: int = 0
    causes: dict[str, int] = Field(default_factory=dict)
    """Cause to trials that failed of it in this session."""
    retries: dict[str, int] = Field(default_factory=dict)
    """Cause to calls and attempts made again because of it in this session."""
    rate: float = 0.0
    """Trials that ended over the last minute, a minute."""
    seconds_left: float | None = None
    """At that rate, for all trials; none: not known."""
    tokens: int = 0
    """Tokens in and out so far, earlier sessions, judges and failed attempts among them."""
    usd: float | None = None
    """US dollars so far, likewise; none: a model's price is not known."""
    budget: Budget | None = None
    budget_left: float | None = None
    """What is left of the budget, in its own unit; none: there is none."""
    judging: JudgingProgress = JudgingProgress()
    models: tuple[ModelProgress, ...] = ()
