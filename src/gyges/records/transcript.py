"""What happened in a trial, read from its Inspect log."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gyges.records.base import Record
from gyges.records.memory import Told
from gyges.records.plan import Trial
from gyges.records.scenario import Briefing, ToolKind
from gyges.records.tokens import Tokens
from gyges.records.words import Cause


class Action(Record):
    """Something the agent did that the world accepted, with names resolved to the scenario's ids."""

    turn: int
    tool: ToolKind
    to: tuple[str, ...] = ()
    """Roles the mail went to."""
    on: str | None = None
    """Control, ballot, file path or mail id."""
    value: str | None = None
    """Control value, vote, or number of turns waited."""
    text: str = ""
    """Subject and body of a mail or post, content of a file, or the closing summary."""


class Utterance(Record):
    """One message of the conversation, as text."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    reasoning: str = ""
    """What the model thought before it spoke, where its provider shows it."""


class Probe(Record):
    """One question put when a trial was over, in a copy of its conversation, and what the model answered."""

    id: Literal["situation", "reason"]
    question: str
    answer: str | None = None
    """None: the model gave none; `reason` says why."""
    reason: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    """Of the tokens in, how many the provider had in its cache; likewise those it wrote to it."""
    cache_write_tokens: int = 0


class Transcript(Record):
    """A trial with everything that was said and done in it."""

    trial: Trial
    briefing: Briefing
    actions: tuple[Action, ...] = ()
    told: tuple[Told, ...] = ()
    """Who was given which account of what, by the agent or by others."""
    chosen: str | None = None
    """Act chosen in `choice`; none: the answer could not be parsed."""
    utterances: tuple[Utterance, ...] = ()
    finished: bool = False
    """Whether the agent ended the day itself."""
    error: str | None = None
    """Why the trial failed, if it did."""
    cause: Cause | None = None
    """The same as one word of a fixed list."""
    stop_reason: str | None = None
    """The provider's reason for the last answer's end."""
    world: dict[str, Any] = Field(default_factory=dict)
    """State of the world at the end."""
    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usage: dict[str, Tokens] = Field(default_factory=dict)
    """Model to its tokens, a model that plays the people included."""
    cost: float | None = None
    probes: tuple[Probe, ...] = ()
    """Asked when the trial was over; no part of it, and its tokens are in none of the fields above."""
    probe_cost: float | None = None
    log: str = ""
    """Name of the log file it was read from."""
    sample: str = ""
    """Inspect's own id of the sample it was read from."""
