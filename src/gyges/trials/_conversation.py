"""One trial's conversation, read from its Inspect log without reading the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from inspect_ai.log import EvalSample, read_eval_log_sample
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall

from gyges.reaching import persist
from gyges.records.conversation import Conversation, Message, ToolUse
from gyges.records.seeds import name_trial
from gyges.trials._read import damaged, find_briefing, read_model, read_reasoning, read_summaries
from gyges.trials._unpacking import check_unpacking

_UNREAD = {"events", "timelines", "model_fallbacks", "store", "scores"}


class Whereabouts(NamedTuple):
    """Where a trial stands: its log, and its sample there."""

    trial: str
    log: str
    sample: str | int
    epoch: int
    uuid: str | None
    """The sample's own id, by which Inspect Scout names a transcript."""


def find_trials(logs: Iterable[str], wanted: Collection[str]) -> dict[str, Whereabouts]:
    """Find where trials stand; of several attempts, the first without an error counts.

    Raises:
        RunError: A log cannot be read.
    """
    found: dict[str, Whereabouts] = {}
    missing = set(wanted)
    for log in logs:
        if not missing:
            break
        with _saying_damaged(log):
            here = dict(_list_trials(log, missing))
        found |= here
        missing -= set(here)
    return found


def _list_trials(log: str, wanted: Collection[str]) -> Iterator[tuple[str, Whereabouts]]:
    model: str | None = None
    for each in read_summaries(log):
        if each.error is not None or not each.completed:
            continue
        trial = str(each.id)
        if trial not in wanted:
            # `inspect eval` knows its model only when it runs, and the model is part of the trial's id.
            model = model or read_model(log)
            trial = name_trial(each.id, model, each.epoch)
        if trial in wanted:
            yield trial, Whereabouts(trial, log, each.id, each.epoch, each.uuid)


def read_conversation(where: Whereabouts) -> Conversation:
    """Read the conversation of one trial.

    Raises:
        RunError: Its log cannot be read.
    """
    with _saying_damaged(where.log):
        check_unpacking(where.log, samples=True)
        sample = persist(
            where.log,
            lambda: read_eval_log_sample(
                where.log,
                id=where.sample,
                epoch=where.epoch,
                resolve_attachments=True,
                exclude_fields=_UNREAD,
            ),
        )
        return _read_sample(where.trial, sample)


@contextmanager
def _saying_damaged(log: str) -> Iterator[None]:
    try:
        yield
    # A log may be cut anywhere, so the zip, JSON and Pydantic layers may each be first to notice.
    except Exception as problem:
        raise damaged(log, problem) from problem


def _read_sample(trial: str, sample: EvalSample) -> Conversation:
    asked = sample.input if isinstance(sample.input, list) else []
    acts = find_briefing(asked).acts
    return Conversation(
        trial=trial,
        messages=tuple(_read_messages(sample.messages)),
        acts=tuple((act.id, act.option) for act in acts),
    )


def _read_messages(messages: Sequence[ChatMessage]) -> Iterator[Message]:
    results = {each.tool_call_id: each for each in messages if isinstance(each, ChatMessageTool)}
    asked = {
        call.id
        for each in messages
        if isinstance(each, ChatMessageAssistant)
        for call in each.tool_calls or ()
    }
    for message in messages:
        if isinstance(message, ChatMessageAssistant):
            uses = tuple(_read_use(call, results.get(call.id)) for call in message.tool_calls or ())
            yield Message(role="assistant", text=message.text, reasoning=read_reasoning(message), uses=uses)
        elif not (isinstance(message, ChatMessageTool) and message.tool_call_id in asked):
            yield Message(role=message.role, text=message.text)


def _read_use(call: ToolCall, answer: ChatMessageTool | None) -> ToolUse:
    arguments = tuple((str(name), _as_text(value)) for name, value in call.arguments.items())
    if answer is None:
        return ToolUse(name=call.function, arguments=arguments)
    said = answer.error.message if answer.error else answer.text
    return ToolUse(name=call.function, arguments=arguments, result=said)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
