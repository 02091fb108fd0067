"""The codes table again and again with something left out or taken from elsewhere, to decide on anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from gyges.estimands import mark_aware, mark_misread, name_code
from gyges.records.verdicts import Question
from gyges.records.words import PROTOCOLS

_RULES: Final = "rules"
_LABEL: Final = "label:"
_LABELLED: Final = "label_"
_KEPT: Final = "kept here"


class Variation:
    """A codes table that differs from the run's own in one respect."""

    def __init__(self, name: str, question: Question, table: pl.DataFrame, *, is_part: bool = False) -> None:
        self.name = name
        """What was done to the table, in words."""
        self.question: Question = question
        """The control question it answers."""
        self.table = table
        self.is_part = is_part
        """Whether it is a part of the study that may lack a comparison by design."""


def list_variations(codes: pl.DataFrame, answers: pl.DataFrame | None = None) -> Iterator[Variation]:
    """List the tables to decide on anew; one that leaves nothing out, or changes nothing, is not among them.

    Args:
        codes: The codes table as a run has it.
        answers: What each coder answered; none: nobody judged.
    """
    columns = codes.columns
    aware, misread = (mark(columns).fill_null(value=False) for mark in (mark_aware, mark_misread))
    yield from _narrow(codes, "without trials that mention a test", "A1", ~aware)
    yield from _narrow(codes, "without trials it misread", "A4", ~misread)
    instruction = pl.col("instruction").cast(pl.String).fill_null("silent")
    yield from _narrow(codes, "silent instruction only", "A2", instruction == "silent", is_part=True)
    scenes = codes.filter(pl.col("design").cast(pl.String) != "battery")
    met = set(scenes["protocol"].cast(pl.String))
    for protocol in (name for name in PROTOCOLS if name in met and len(met) > 1):
        is_item = pl.col("design").cast(pl.String) == "battery"
        kept = is_item | (pl.col("protocol").cast(pl.String) == protocol)
        words = f"{protocol} trials only"
        yield from _narrow(codes, words, "A6", kept, is_part=True)
    yield from _by_judge(codes, answers)


def _narrow(
    codes: pl.DataFrame, name: str, question: Question, kept: pl.Expr, *, is_part: bool = False
) -> Iterator[Variation]:
    # A filter would not spread a mark that is the same for all, where nobody was asked.
    table = codes.with_columns(kept.alias(_KEPT)).filter(_KEPT).drop(_KEPT)
    if 0 < table.height < codes.height:
        yield Variation(name, question, table, is_part=is_part)


def _by_judge(codes: pl.DataFrame, answers: pl.DataFrame | None) -> Iterator[Variation]:
    labelled = [name for name in codes.columns if name.startswith(_LABELLED)]
    if labelled:
        yield Variation("codes of judges as they are, without people's labels", "A7", codes.drop(labelled))
    if answers is None:
        return
    coder = pl.col("coder").cast(pl.String)
    said = answers.filter((coder != _RULES) & ~coder.str.starts_with(_LABEL), pl.col("act") == "")
    judges = sorted(set(said["coder"].cast(pl.String)))
    if len(judges) < 2:
        return
    for judge in judges:
        mine = said.filter(coder == judge, pl.col("status").cast(pl.String) == "coded")
        yield Variation(f"codes of the judge {judge} alone", "A7", _take_codes(codes, mine))


def _take_codes(codes: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """Put one judge's answers in the place of the majority's."""
    table = codes
    for item in sorted(set(mine["item"].cast(pl.String))):
        column = name_code(item)
        if column in codes.columns:
            said = mine.filter(pl.col("item") == item).select(
                "trial", pl.col("value").cast(pl.String).alias(column)
            )
            table = table.drop(column).join(said, on="trial", how="left", maintain_order="left")
    return table
