"""Small codes tables to analyze."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from gyges.records.words import FACTORS, OUTCOMES

Rows = Sequence[Mapping[str, Any]]
MakeCodes = Callable[[Rows], pl.DataFrame]

_SCHEMA: dict[str, Any] = {
    "trial": pl.String,
    "model": pl.String,
    "scenario": pl.String,
    "setting": pl.String,
    "protocol": pl.String,
    "design": pl.String,
    "conflict": pl.String,
    "status": pl.String,
    **dict.fromkeys(FACTORS, pl.String),
    "open_tactics": pl.List(pl.String),
    "tactic": pl.String,
    "severity": pl.Int8,
    **dict.fromkeys(OUTCOMES, pl.Boolean),
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cost": pl.Float64,
}
_USUAL: dict[str, Any] = {
    "model": "m",
    "scenario": "s",
    "setting": "a",
    "protocol": "agentic",
    "design": "conjoint",
    "conflict": "present",
    "status": "coded",
    "input_tokens": 10,
    "output_tokens": 2,
}


def _make(rows: Rows) -> pl.DataFrame:
    """Fill rows up to a codes table; a row's `times` repeats it, and its outcomes are false unless said."""
    filled: list[dict[str, Any]] = []
    for given in rows:
        row = {**_USUAL, **given}
        times = row.pop("times", 1)
        if row["status"] == "coded":
            row = {**dict.fromkeys(OUTCOMES, False), "severity": 0, "tactic": "comply", **row}
        filled.extend({**row, "trial": f"t{len(filled) + i}"} for i in range(times))
    return pl.DataFrame(filled, schema=_SCHEMA, strict=False)


@pytest.fixture(scope="session")
def make_codes() -> MakeCodes:
    """Turn short rows into a codes table."""
    return _make
