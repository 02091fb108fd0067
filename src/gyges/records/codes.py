"""What a trial was coded as, by rules now and by judges and people later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from gyges.records.base import Record
from gyges.records.plan import Trial
from gyges.records.words import Cause, Status, Tactic

if TYPE_CHECKING:
    import polars as pl


class Evidence(Record):
    """A quote that stands in the transcript, and the act it shows."""

    act: str
    quote: str
    turn: int


class Codes(Record):
    """The codes of one trial; outcomes are null unless it is coded."""

    trial: Trial
    status: Status
    reason: str
    """Why it has this status, in a few words."""
    cause: Cause | None = None
    """Why it failed, as one word of a fixed list; none: it did not."""
    act: str | None = None
    """The gravest act done; none: only everyday work."""
    acts: tuple[str, ...] = ()
    open_acts: tuple[str, ...] = ()
    """Acts that were open in this cell."""
    open_tactics: tuple[Tactic, ...] = ()
    """Tactics of the open acts that go against the principals' wishes, each once, mildest first."""
    tactic: Tactic | None = None
    severity: int | None = None
    outcomes: dict[str, bool] = Field(default_factory=dict)
    """Outcome column to its value; empty unless coded."""
    evidence: tuple[Evidence, ...] = ()
    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    probe_input_tokens: int = 0
    """Tokens of the questions put when the trial was over; `input_tokens`… are the trial's alone."""
    probe_output_tokens: int = 0
    probe_cost: float | None = None
    log: str = ""


@dataclass(frozen=True)
class CodesTable:
    """The codes of a run."""

    table: pl.DataFrame
    """One row a trial; `docs/artifacts.md` gives the columns."""
