"""A trial's conversation as a person reads it: who said what, which tools were used, what came back."""

from __future__ import annotations

from typing import Literal

from gyges.records.base import Record


class ToolUse(Record):
    """One call of a tool, and what it gave back."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    result: str | None = None
    """None: nothing came back before the trial ended."""


class Message(Record):
    """One message of the conversation; what a tool gave back stands with its call."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    reasoning: str = ""
    """What the model thought before it spoke, where its provider shows it."""
    uses: tuple[ToolUse, ...] = ()


class Conversation(Record):
    """What was said and done in a trial; neither model nor cell nor codes are in it."""

    trial: str
    messages: tuple[Message, ...]
    acts: tuple[tuple[str, str], ...] = ()
    """Acts that were open: id, and the act in the first person."""
