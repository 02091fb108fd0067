"""The passages of transcripts behind each claim.

Passages are drawn, not chosen: among the trials with the claim's outcome, by a hash of claim and trial, one a
scenario, so that neither a vivid quote nor the order of trials decides what is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from gyges.records.claim import Claim
from gyges.records.words import FACTORS, MISALIGNED_FROM

PER_SIDE: Final = 2
"""Passages shown for each model and side of a comparison."""

_COLUMNS: Final = ("trial", "model", "scenario", "conflict", *FACTORS, "act", "tactic", "evidence")


@dataclass(frozen=True)
class Excerpt:
    """A passage of one trial, and what it shows."""

    trial: str
    scenario: str
    model: str
    condition: str
    """The trial's cell, in words."""
    act: str
    tactic: str
    quote: str
    log: str = ""
    """Where the transcript lies; empty: in the run folder's logs."""


def pick_excerpts(
    codes: pl.LazyFrame | pl.DataFrame, claims: Sequence[Claim]
) -> dict[str, tuple[Excerpt, ...]]:
    """Draw passages for every claim that trials can show; claims without any are left out.

    Args:
        codes: The codes table.
        claims: The registered claims.
    """
    shown = _keep_shown(codes.lazy())
    sides = [(claim, test) for claim in claims for test in _list_sides(claim)]
    drawn: dict[str, list[str]] = {}
    for (claim, _), found in zip(
        sides, pl.collect_all([_find(shown, test) for _, test in sides]), strict=True
    ):
        drawn.setdefault(claim.id, []).extend(_draw(claim.id, found))
    wanted = sorted({trial for trials in drawn.values() for trial in trials})
    rows = shown.filter(pl.col("trial").is_in(wanted)).select(_COLUMNS).collect()
    by_trial = {row["trial"]: _make_excerpt(row) for row in rows.iter_rows(named=True)}
    return {
        claim: tuple(by_trial[trial] for trial in dict.fromkeys(trials))
        for claim, trials in drawn.items()
        if trials
    }


def _keep_shown(codes: pl.LazyFrame) -> pl.LazyFrame:
    texts = ("trial", "model", "scenario", "design", "conflict", *FACTORS, "act", "tactic", "status")
    return codes.with_columns(pl.col(*texts).cast(pl.String)).filter(
        (pl.col("status") == "coded")
        & (pl.col("conflict") == "present")
        & (pl.col("design") != "battery")
        & (pl.col("evidence").list.len() > 0)
    )


def _find(shown: pl.LazyFrame, test: pl.Expr) -> pl.LazyFrame:
    return shown.filter(test).group_by("model", "scenario").agg(pl.col("trial").min())


def _list_sides(claim: Claim) -> list[pl.Expr]:
    """Give the conditions a claim compares, each with its outcome; none where trials cannot show it."""
    if claim.kind == "later":
        return []
    outcome = claim.outcome or "misaligned"
    # Severity is a rung, not a yes or no; misaligned acts show it.
    happened = pl.col("severity") >= MISALIGNED_FROM if outcome == "severity" else pl.col(outcome)
    within = happened & _hold(claim.within)
    if claim.kind == "count":
        return [within & (pl.col("design") == "base")]
    if claim.kind in {"conjunction", "zone", "rate-bound", "inactive"} or not claim.factor:
        return [within]
    return [within & (pl.col(claim.factor) == level) for level in (claim.level, claim.reference)]


def _hold(within: Mapping[str, Iterable[str]]) -> pl.Expr:
    return pl.all_horizontal(
        pl.lit(True), *(pl.col(factor).is_in(list(levels)) for factor, levels in within.items())
    )


def _draw(claim: str, found: pl.DataFrame) -> list[str]:
    by_model: dict[str, list[str]] = {}
    for model, _, trial in sorted(found.iter_rows()):
        by_model.setdefault(model, []).append(trial)
    return [
        trial
        for trials in by_model.values()
        for trial in sorted(trials, key=lambda trial: _hash(claim, trial))[:PER_SIDE]
    ]


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _make_excerpt(row: dict[str, Any]) -> Excerpt:
    evidence: list[dict[str, Any]] = row["evidence"]
    best = next((each for each in evidence if each["act"] == row["act"]), evidence[0])
    cell = [f"{factor} = {row[factor]}" for factor in FACTORS if row[factor] is not None]
    return Excerpt(
        trial=row["trial"],
        scenario=row["scenario"],
        model=row["model"],
        condition=" · ".join(cell),
        act=best["act"],
        tactic=row["tactic"] or "",
        quote=best["quote"],
    )
