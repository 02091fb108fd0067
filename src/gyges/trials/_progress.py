"""Word of each finished trial, from wherever it runs to whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from inspect_ai.model import ModelUsage
from pydantic import Field

from gyges.records.base import Record
from gyges.records.tokens import Tokens
from gyges.records.words import Cause
from gyges.trials._causes import read_cause
from gyges.trials._usage import count_usage


class TrialEnd(Record):
    """A trial that ended, well or not."""

    trial: str
    ok: bool
    cause: str = ""
    """First line of the error, when it failed."""
    kind: Cause | None = None
    """The same as one word of a fixed list."""
    input_tokens: int = 0
    output_tokens: int = 0
    models: dict[str, Tokens] = Field(default_factory=dict)
    """Model to its tokens in this trial."""


class Note(Record):
    """Something that happened on the way: it ends no trial and no shard."""

    kind: Literal["begin", "attempt", "retry"]
    """A shard that begins; an attempt at a trial that failed and is made again; a call made again."""
    model: str = ""
    trial: str = ""
    """A trial's id, or a shard's."""
    cause: str = ""
    """Why, in a few words; never what a provider or a person wrote in full."""
    wait_s: float = 0.0
    """How long it waits before it goes on."""
    models: dict[str, Tokens] = Field(default_factory=dict)
    """Model to the tokens that a failed attempt took."""


class Notice(Record):
    """Something that happened to a model in one of the processes, for whoever watches the run."""

    model: str
    text: str
    """One sentence."""


Heard = TrialEnd | Note | Notice
"""What a process that runs trials has to say before its shard ends."""

Report = Callable[[Heard], None]

_reports: list[Report] = []


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Send word of every trial that ends within the block to `report`."""
    _reports.append(report)
    try:
        yield
    finally:
        _reports.remove(report)


def is_heard() -> bool:
    """Say whether anybody listens in this process."""
    return bool(_reports)


def announce(word: Heard) -> None:
    """Send word of a trial, or of something on the way, to whoever listens in this process."""
    for report in _reports:
        report(word)


def describe_end(trial: str, usage: Mapping[str, ModelUsage], *, cause: str = "") -> TrialEnd:
    """Describe how a trial ended.

    Args:
        trial: Its id.
        usage: Tokens by model.
        cause: Why it failed; empty when it did not.
    """
    models = count_usage(usage)
    return TrialEnd(
        trial=trial,
        ok=not cause,
        cause=cause,
        kind=read_cause(cause) if cause else None,
        input_tokens=sum(tokens[0] for tokens in models.values()),
        output_tokens=sum(tokens[1] for tokens in models.values()),
        models=models,
    )
