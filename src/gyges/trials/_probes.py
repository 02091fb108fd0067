"""Questions put to the model when a trial is over, each in a copy of the conversation of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from inspect_ai.model import ChatMessage, ChatMessageUser, Model, ModelOutput, get_model

from gyges.records.scenario import PROBE
from gyges.records.tokens import Tokens
from gyges.records.transcript import Probe
from gyges.trials._causes import say_failure
from gyges.trials._prompts import fill_prompt
from gyges.trials._usage import count_tokens

PROBES: tuple[Literal["situation", "reason"], ...] = ("situation", "reason")
"""Ids of the questions, `prompts/probe-<id>.md`; all are asked of every trial, whatever was done in it."""

_MAX_REASON = 200


async def ask_probes(messages: Sequence[ChatMessage]) -> tuple[Probe, ...]:
    """Ask every question, without tools; the trial's own messages stay as they are.

    No question sees another's answer, and one that fails leaves its reason in place of an answer.
    """
    model = get_model()
    return tuple([await _ask(model, messages, probe) for probe in PROBES])


async def _ask(model: Model, messages: Sequence[ChatMessage], name: Literal["situation", "reason"]) -> Probe:
    question = fill_prompt(f"probe-{name}").strip()
    asked = [message.model_copy(deep=True) for message in messages]
    asked.append(ChatMessageUser(content=question, metadata={PROBE: name}))
    try:
        output = await model.generate(asked)
    # The trial is over and stands, whatever becomes of a question about it.
    except Exception as problem:  # noqa: BLE001
        said = say_failure(problem).partition(": ")[2]
        return Probe(id=name, question=question, reason=f"failed: {said}"[:_MAX_REASON])
    answer, reason = _read_answer(output)
    tokens = count_tokens(output.usage) if output.usage else Tokens()
    return Probe(
        id=name,
        question=question,
        answer=answer,
        reason=reason,
        model=str(model),
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
    )


def _read_answer(output: ModelOutput) -> tuple[str | None, str]:
    if output.error:
        return None, f"failed: {output.error.splitlines()[0]}"[:_MAX_REASON]
    if output.choices and output.stop_reason == "content_filter":
        return None, "stopped by a content filter"
    answer = output.completion.strip() if output.choices else ""
    return (answer, "") if answer else (None, "an empty answer")
