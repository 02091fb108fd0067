"""Word of each finished trial, from wherever it runs to whoever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inspect_ai.hooks import Hooks, SampleEnd, hooks
from pydantic import Field

from gyges.records._base import Record
from gyges.trials._read import count_input


class TrialEnd(Record):
    """A trial that ended, well or not."""

    trial: str
    ok: bool
    cause: str = ""
    """Class of the error, when it failed."""
    input_tokens: int = 0
    output_tokens: int = 0
    models: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Model to its input and output tokens in this trial."""


Report = Callable[[TrialEnd], None]

_reports: list[Report] = []


@contextmanager
def reporting(report: Report) -> Iterator[None]:
    """Send word of every trial that ends within the block to `report`."""
    _reports.append(report)
    try:
        yield
    finally:
        _reports.remove(report)


@hooks(name="gyges_progress", description="Word of each finished trial")
class _Progress(Hooks):
    def enabled(self) -> bool:
        return bool(_reports)

    async def on_sample_end(self, data: SampleEnd) -> None:
        sample = data.sample
        usage = {name: (count_input(use), use.output_tokens) for name, use in sample.model_usage.items()}
        end = TrialEnd(
            trial=str(sample.id),
            ok=sample.error is None,
            cause=sample.error.message.splitlines()[0][:200] if sample.error else "",
            input_tokens=sum(tokens[0] for tokens in usage.values()),
            output_tokens=sum(tokens[1] for tokens in usage.values()),
            models=usage,
        )
        for report in _reports:
            report(end)
