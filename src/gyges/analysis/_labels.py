"""What people say of each trial, beside what its judges' majority says."""

from __future__ import annotations

import polars as pl

from gyges.estimands import gather_labels, name_label, settle_labels


def add_labels(
    codes: pl.LazyFrame | pl.DataFrame, answers: pl.DataFrame, labels: pl.DataFrame | None = None
) -> pl.LazyFrame:
    """Add a column `label_<item>` for each question about the trial that people answered.

    Args:
        codes: The codes table.
        answers: The answers table; what coders `label:<name>` said are labels too.
        labels: What people said; of several labellers the majority counts, and a tie says nothing.
    """
    table = codes.lazy()
    said = settle_labels(gather_labels(answers, labels)).filter(pl.col("act") == "")
    for item in sorted(set(said["item"])):
        mine = said.filter(pl.col("item") == item).select("trial", pl.col("value").alias(name_label(item)))
        table = table.join(mine.lazy(), on="trial", how="left", maintain_order="left")
    return table
