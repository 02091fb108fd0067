"""What people's labels say: the last word of each, and what most of them say together."""

from __future__ import annotations

from typing import Final

import polars as pl

from gyges.records.codebook import UNCLEAR

LABEL: Final = "label:"
"""How the name of a coder begins who is a person."""

UNIT: Final = ("trial", "item", "act")
"""Columns that name what an answer or a label is about."""


def settle_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Give one value for each trial, item and act: the majority of the labellers; nothing for a tie.

    Who says that it cannot be told has no vote, as a judge who says so has none.

    Args:
        labels: Columns `trial`, `item`, `act`, `labeller`, `value` and, where one labeller may stand twice,
            `at`: the latest counts, and takes back what went before if its value is null.
    """
    votes = latest_labels(labels).group_by(*UNIT, "value").agg(votes=pl.len())
    most = votes.filter(pl.col("votes") == pl.col("votes").max().over(UNIT))
    return most.filter(pl.len().over(UNIT) == 1).select(*UNIT, "value").sort(*UNIT)


def gather_labels(answers: pl.DataFrame, labels: pl.DataFrame | None) -> pl.DataFrame:
    """Give all that people decided: the labels, and the answers whose coder is `label:<name>`."""
    return _decided(_gather_last_words(answers, labels))


def count_unclear(answers: pl.DataFrame, labels: pl.DataFrame | None) -> dict[str, int]:
    """Count for each item the people's last words that say it cannot be told."""
    said = _gather_last_words(answers, labels).filter(pl.col("value") == UNCLEAR)
    return dict(said.group_by("item").len().iter_rows())


def latest_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Give each labeller's last word on each trial, item and act, where it decides something.

    What was taken back is not in it, nor where the last word is that it cannot be told.
    """
    return _decided(_find_last_words(labels))


def _decided(words: pl.DataFrame) -> pl.DataFrame:
    return words.filter(pl.col("value") != UNCLEAR)


def _gather_last_words(answers: pl.DataFrame, labels: pl.DataFrame | None) -> pl.DataFrame:
    coder = pl.col("coder").cast(pl.String)
    own = answers.filter(coder.str.starts_with(LABEL)).with_columns(labeller=coder.str.strip_prefix(LABEL))
    tables = [own] if labels is None else [own, labels]
    return _find_last_words(pl.concat([_find_last_words(each) for each in tables]))


def _find_last_words(labels: pl.DataFrame) -> pl.DataFrame:
    ordered = labels.sort("at", maintain_order=True) if "at" in labels.columns else labels
    return (
        ordered.select(
            pl.col("trial", "item").cast(pl.String),
            pl.col("act").cast(pl.String).fill_null(""),
            pl.col("labeller", "value").cast(pl.String),
        )
        .unique(subset=[*UNIT, "labeller"], keep="last", maintain_order=True)
        .drop_nulls("value")
        .sort(*UNIT, "labeller")
    )
