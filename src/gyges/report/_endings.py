"""How the trials ended, and what kept those that are not coded from being so."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from gyges.records.words import STATUSES

MOST_CAUSES: Final = 12
"""Causes named for each model; the rest are counted together."""

REST: Final = "other causes"

_LONGEST: Final = 160
_CHANGING: Final = re.compile(r"\b(?=[\w-]*\d)[\w-]{8,}\b")
"""Request ids, times and the like, which would make a cause of every trial."""


@dataclass(frozen=True)
class Endings:
    """How the trials ended."""

    scenarios: tuple[dict[str, Any], ...] = field(default=())
    """For each model, scenario and protocol, trials by status, matched controls included."""
    failures: tuple[dict[str, Any], ...] = field(default=())
    """Likewise, with the status that is not `coded`: trials by kind (one word, if they failed) and cause."""


def count_endings(codes: pl.LazyFrame | pl.DataFrame) -> Endings:
    """Count how the trials ended.

    Args:
        codes: The codes table.
    """
    keys = ("model", "scenario", "protocol", "status", "reason", "kind")
    lazy = codes.lazy()
    kind = pl.col("cause") if "cause" in lazy.collect_schema().names() else pl.lit(None)
    counted = (
        lazy.with_columns(kind=kind.cast(pl.String).fill_null(""))
        .select(pl.col(*keys).cast(pl.String))
        .group_by(keys)
        .agg(n=pl.len().cast(pl.Int64))
        .sort(keys)
        .collect()
        .to_dicts()
    )
    return Endings(scenarios=_lay_out_scenarios(counted), failures=_lay_out_failures(counted))


def _lay_out_scenarios(counted: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in counted:
        key = row["model"], row["scenario"], row["protocol"]
        ends = found.setdefault(key, dict.fromkeys(STATUSES, 0))
        ends[row["status"]] += row["n"]
    return tuple(
        {"model": model, "scenario": scenario, "protocol": protocol, "statuses": ends}
        for (model, scenario, protocol), ends in found.items()
    )


def _lay_out_failures(counted: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    missing = [row | {"cause": _name_cause(row["reason"])} for row in counted if row["status"] != "coded"]
    weights: dict[str, Counter[tuple[str, str]]] = {}
    for row in missing:
        weights.setdefault(row["model"], Counter())[row["status"], row["cause"]] += row["n"]
    named = {model: {key for key, _ in found.most_common(MOST_CAUSES)} for model, found in weights.items()}
    found: Counter[tuple[str, ...]] = Counter()
    for row in missing:
        cause = row["cause"] if (row["status"], row["cause"]) in named[row["model"]] else REST
        found[row["model"], row["scenario"], row["protocol"], row["status"], row["kind"], cause] += row["n"]
    return tuple(
        dict(zip(("model", "scenario", "protocol", "status", "kind", "cause"), key, strict=True), n=n)
        for key, n in sorted(found.items())
    )


def _name_cause(reason: str | None) -> str:
    """Give the first line of a reason, without what differs from trial to trial."""
    line = (reason or "").strip().splitlines()
    return _CHANGING.sub("…", line[0])[:_LONGEST] if line else "no reason given"
