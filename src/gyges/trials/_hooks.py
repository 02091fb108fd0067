"""Word of what happens on the way, from Inspect's hooks: attempts that failed, calls tried again."""

from __future__ import annotations

from inspect_ai.hooks import Hooks, ModelRetry, SampleAttemptEnd, hooks
from inspect_ai.model._model import sample_model_usage

from gyges.trials._progress import Note, announce, is_heard
from gyges.trials._usage import count_usage

_MAX_CAUSE = 80


@hooks(name="gyges_words", description="Word of attempts that failed and calls tried again.")
class Words(Hooks):
    """Sends word while Gyges runs trials in this process, and is quiet otherwise."""

    def enabled(self) -> bool:
        """Say whether anybody listens."""
        return is_heard()

    async def on_sample_attempt_end(self, data: SampleAttemptEnd) -> None:
        """Send word of an attempt that failed and is made again, with the tokens it took."""
        if not data.will_retry:
            return
        announce(
            Note(
                kind="attempt",
                trial=str(data.summary.id),
                cause=_name_error(data.error.message if data.error else ""),
                models=count_usage(sample_model_usage()),
            )
        )

    async def on_model_retry(self, data: ModelRetry) -> None:
        """Send word of a call to a provider that is made again."""
        cause = str(data.status_code or data.exception_type or "unknown")
        announce(Note(kind="retry", model=data.model_name, cause=cause[:_MAX_CAUSE], wait_s=data.wait_time))


def _name_error(message: str) -> str:
    return (message.splitlines() or ["failed"])[0][:_MAX_CAUSE]
