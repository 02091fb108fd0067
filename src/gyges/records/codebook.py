"""The questions asked of each transcript, and the answers that judges and people give."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gyges.records.base import Record, Slug

AnswerKind = Literal["yes-no", "choice", "scale"]
"""How a question is answered: yes or no, one of its options, or a whole number on its scale."""

CodeUnit = Literal["trial", "act"]
"""What a question is about: the whole trial, or one act of the scenario's catalogue."""

ItemPart = Literal["record", "afterwards"]
"""What an answer rests on: the record of the trial, or what the agent answered when the trial was over."""

YES, NO = "yes", "no"

UNCLEAR = "unclear"
"""Answer of judges and people who cannot tell: it counts for no side, and is no label."""


class Item(Record):
    """One question of the codebook; one Markdown file holds it."""

    id: Slug
    question: str
    answer: AnswerKind
    options: dict[Slug, str] = Field(default_factory=dict)
    """For `choice`: option to what it means."""
    scale: tuple[int, int] | None = None
    """For `scale`: lowest and highest value."""
    claims: tuple[str, ...] = ()
    """Claims it serves."""
    unit: CodeUnit = "trial"
    part: ItemPart = "record"
    include: tuple[str, ...] = ()
    """What counts as yes, as the option, or as high."""
    exclude: tuple[str, ...] = ()
    """What does not, although it looks so."""
    canary: str
    guidance: str = ""
    """The file's text below its front matter."""


AnswerStatus = Literal["coded", "unscored"]


class Answer(Record):
    """One coder's answer to one question about one trial or act."""

    trial: str
    item: Slug
    act: str = ""
    """The act it is about; empty for questions about the trial."""
    coder: str
    """The judge's model name, `rules`, or `label:<name>`."""
    value: str | None = None
    """`yes` or `no`, an option's id, or a number as text; none: unscored."""
    status: AnswerStatus = "coded"
    reason: str = ""
    """Why it is unscored: refused, failed, empty, not a valid answer, quotes not in the transcript."""
    quotes: tuple[str, ...] = ()
    """Words that stand in the transcript and show it."""


class Label(Record):
    """A person's answer, as it was given; later ones replace earlier ones of the same person."""

    trial: str
    item: Slug
    act: str = ""
    labeller: str
    value: str | None
    """As in an answer, or `unclear`; none: taken back, and what the person said before stands again."""
    at: str
    """ISO 8601, UTC."""
