"""What people say of each trial, beside what its judges' consensus says, and how they came to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from gyges.estimands import DRAWN_BY, gather_labels, name_cell, name_cells, name_label, settle_labels


def add_labels(
    codes: pl.LazyFrame | pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    drawn_by: Mapping[str, Sequence[str]] | None = None,
) -> pl.LazyFrame:
    """Add columns `label_<item>` and `cell_<item>` for each question about the trial that people answered.

    Args:
        codes: The codes table.
        answers: The answers table; what coders `label:<name>` said are labels too.
        labels: What people said; of several labellers the majority counts, and a tie says nothing.
        drawn_by: Question to the columns of the codes table whose crossing its labels were drawn in.
    """
    table = codes.lazy()
    met = table.collect_schema().names()
    said = settle_labels(gather_labels(answers, labels)).filter(pl.col("act") == "")
    for item in sorted(set(said["item"])):
        mine = said.filter(pl.col("item") == item).select("trial", pl.col("value").alias(name_label(item)))
        table = table.join(mine.lazy(), on="trial", how="left", maintain_order="left")
        cell = name_cells((drawn_by or {}).get(item, DRAWN_BY), met)
        table = table.with_columns(cell.alias(name_cell(item)))
    return table
