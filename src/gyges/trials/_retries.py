"""How a model's calls are tried again: Inspect's own retries, bounded, and with waits that heed the provider.

Inspect tries again without end unless told otherwise, and knows what a provider asked for (`Retry-After`)
without waiting for it. Clients of providers retry too, below Inspect, where nobody counts; they are told
not to, so that one layer decides and a breaker sees every failure.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from json import JSONDecodeError
from typing import Any, Final

# Where Inspect reads how long a provider asks to wait.
from inspect_ai._util.http import parse_retry_after_from_exception
from inspect_ai.model import Model
from inspect_ai.model._model import RetryDecision
from tenacity import RetryCallState
from tenacity.wait import wait_base

from gyges.records.study import ModelSpec, Patience
from gyges.records.words import Cause
from gyges.trials._causes import TRANSIENT, find_cause, say_failure

MAX_RETRIES: Final = 10
ATTEMPT_S: Final = 600

_OF_SHAPE: Final[frozenset[Cause]] = frozenset({"malformed", "empty"})

_IN_PROCESS: Final = frozenset({"gyges", "mockllm", "hf", "nnterp", "transformer_lens"})
"""Providers that no network stands before: what takes long there is under way, not lost."""

Note = Callable[[Cause, str], None]
"""Takes word of a failed attempt: its cause, and one line."""


def bound_retries(spec: ModelSpec) -> dict[str, Any]:
    """Give the bounds of a model's calls, as fields of Inspect's config, that its own config may override."""
    # `stream_idle_timeout` has none: given one, Inspect asks for streams, which not every server has.
    bounds: dict[str, Any] = {"max_retries": MAX_RETRIES}
    is_waited_for = spec.name.partition("/")[0] in _IN_PROCESS or spec.config.get("batch")
    return bounds if is_waited_for else bounds | {"attempt_timeout": ATTEMPT_S}


def retry_patiently(model: Model, spec: ModelSpec, note: Note = lambda *_: None) -> None:
    """Have a model's failed attempts judged, waited for and noted our way.

    Args:
        model: The model, just opened and nobody else's.
        spec: What it was opened by.
        note: Told of every attempt that failed in the provider.
    """
    api = model.api
    judged = api.should_retry

    def should_retry(problem: Exception) -> bool | RetryDecision:
        cause = find_cause(problem)
        note(cause, say_failure(problem))
        decision = judged(problem)
        if cause == "quota":
            return RetryDecision.no()
        # What is no JSON was spoilt on its way; JSON of another shape will have that shape again.
        is_of_its_shape = cause in _OF_SHAPE and not isinstance(problem, JSONDecodeError)
        is_accident = cause in TRANSIENT and not is_of_its_shape
        return RetryDecision.transient() if is_accident and not decision else decision

    # Inspect asks a provider both; they are the provider's to override, and these stand for any provider.
    api.should_retry = should_retry  # type: ignore[assignment,method-assign]
    api.retry_wait = lambda: PatientWait(spec.patience)  # type: ignore[method-assign]
    client = getattr(api, "client", None)
    if "max_retries" not in spec.args and isinstance(getattr(client, "max_retries", None), int):
        setattr(client, "max_retries", 0)  # noqa: B010 - a field of some clients, known to none of our types


class PatientWait(wait_base):
    """Waits as long as the provider asked, or else twice as long each time; each a little by chance."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def __call__(self, retry_state: RetryCallState) -> float:
        """Give the seconds to wait before the next attempt."""
        outcome = retry_state.outcome
        problem = outcome.exception() if outcome else None
        asked = parse_retry_after_from_exception(problem) if problem else None
        if asked is not None:
            return min(asked, self._patience.longest_pause_s) * spread(1.0, 1.1)
        doubled = self._patience.first_wait_s * 2.0 ** min(retry_state.attempt_number - 1, 30)
        return min(doubled, self._patience.longest_wait_s) * spread(0.5, 1.0)


def spread(low: float, high: float) -> float:
    """Draw a factor between two numbers, so that those who wait together do not come back together."""
    # Only when something is asked depends on it, never what.
    return random.uniform(low, high)  # noqa: S311
