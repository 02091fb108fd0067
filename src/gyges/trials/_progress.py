"""Word of each finished trial, from wherever it runs to whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from inspect_ai.model import ModelUsage
from pydantic import Field

from gyges.records.base import Record
from gyges.records.words import Cause
from gyges.trials._causes import read_cause
from gyges.trials._usage import count_usage

Tokens = tuple[int, int]
"""Input and output tokens."""


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
    """Model to its input and output tokens in this trial."""


class Notice(Record):
    """Something that happened to a model in one of the processes, for whoever watches the run."""

    model: str
    text: str
    """One sentence."""


Report = Callable[[TrialEnd | Notice], None]

_reports: list[Report] = []


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Send word of every trial that ends within the block to `report`."""
    _reports.append(report)
    try:
        yield
    finally:
        _reports.remove(report)


def announce(end: TrialEnd | Notice) -> None:
    """Send word of a trial, or of a model, to whoever listens in this process."""
    for report in _reports:
        report(end)


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
