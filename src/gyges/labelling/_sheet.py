"""One transcript with its questions, laid out for the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gyges.labelling._draw import Task
from gyges.labelling._ledger import list_answers
from gyges.records.codebook import UNCLEAR, Item, Label
from gyges.records.conversation import Conversation, Message, ToolUse

_SPEAKERS = {"system": "Instructions", "user": "Given", "assistant": "Agent", "tool": "Result"}
_LONG = 80
"""An argument longer than this is something the agent wrote, and is shown unfolded."""

_SHOWN = 60
_MOST_KEYS = 9
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\uf8ff\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Characters that do not show, or that turn the others around."""


class Fold(NamedTuple):
    """A part of a message that can be folded away: a document, a tool call, a thought."""

    kind: str
    title: str
    fields: tuple[tuple[str, str], ...] = ()
    text: str = ""
    is_open: bool = False


class Part(NamedTuple):
    """One message: its text, and what can be folded away below it."""

    role: str
    speaker: str
    text: str
    folds: tuple[Fold, ...]


class Answer(NamedTuple):
    """An answer that can be given."""

    value: str
    text: str
    meaning: str
    is_given: bool
    key: str
    """Key that gives it; none for what is beyond the ninth."""


class Question(NamedTuple):
    """A question as it is asked."""

    text: str
    act: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    guidance: str
    answers: tuple[Answer, ...]

    @property
    def is_answered(self) -> bool:
        """Say whether it has an answer."""
        return any(answer.is_given for answer in self.answers)


def clean(text: str) -> str:
    """Give text whose every character shows: controls, direction marks and lone surrogates as their codes."""
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


def view_parts(conversation: Conversation) -> list[Part]:
    """Lay a conversation out, message by message; nothing of trial, model or cell is in it."""
    return [_view_message(message) for message in conversation.messages]


def _view_message(message: Message) -> Part:
    text = message.text
    documents: list[Fold] = []
    if message.role == "user":
        text, documents = _split_documents(message.text)
    thoughts = [Fold("thought", "Reasoning", text=message.reasoning)] if message.reasoning else []
    if message.role == "tool":
        text, documents = "", [Fold("call", "What a tool gave back", text=message.text)]
    calls = [_view_use(use) for use in message.uses]
    return Part(message.role, _SPEAKERS[message.role], text.strip(), folds=(*thoughts, *documents, *calls))


def _split_documents(text: str) -> tuple[str, list[Fold]]:
    """Take the documents out of a written desk: each begins with a line `## title`."""
    lead, *rest = re.split(r"(?m)^(?=##? )", text)
    folds: list[Fold] = []
    for piece in rest:
        title, _, body = piece.lstrip("#").strip().partition("\n")
        is_document = piece.startswith("## ")
        if body.strip():
            folds.append(Fold("document" if is_document else "section", title, text=body.strip()))
    return lead, folds


def _view_use(use: ToolUse) -> Fold:
    shown = ", ".join(f"{name}: {_shorten(value)}" for name, value in use.arguments)
    return Fold(
        kind="call",
        title=f"{use.name} · {shown}" if shown else use.name,
        fields=use.arguments,
        text="(nothing came back)" if use.result is None else use.result,
        is_open=any(len(value) > _LONG for _, value in use.arguments),
    )


def _shorten(text: str) -> str:
    line = " ".join(text[: 2 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def view_questions(
    tasks: Sequence[Task],
    conversation: Conversation,
    *,
    items: Mapping[str, Item],
    mine: Mapping[Task, Label],
) -> list[Question]:
    """Lay a transcript's questions out, with the answers that this person gave."""
    acts = dict(conversation.acts)
    return [_view_question(task, items[task.item], acts=acts, label=mine.get(task)) for task in tasks]


def _view_question(task: Task, item: Item, *, acts: Mapping[str, str], label: Label | None) -> Question:
    return Question(
        text=item.question,
        act=acts.get(task.act, task.act),
        include=item.include,
        exclude=item.exclude,
        guidance=item.guidance,
        answers=tuple(_view_answers(item, label)),
    )


def _view_answers(item: Item, label: Label | None) -> Iterator[Answer]:
    given = label.value if label else None
    for number, (value, meaning) in enumerate(list_answers(item).items(), start=1):
        text = meaning if item.answer == "yes-no" else value
        more = meaning if item.answer == "choice" else ""
        key = str(number) if number <= _MOST_KEYS else ""
        yield Answer(value, text, more, is_given=given == value, key=key)
    yield Answer(
        UNCLEAR, "Cannot tell", "the transcript does not let one decide", is_given=given == UNCLEAR, key="0"
    )
