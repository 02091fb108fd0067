"""The passages of transcripts behind each verdict.

Passages are drawn, not chosen: among the trials with the claim's outcome, by a hash of claim and trial, one a
scenario, so that neither a vivid quote nor the order of trials decides what is shown. Where no trial has the
outcome, passages show what was done instead, and say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import polars as pl

from gyges.estimands import VALUE_KINDS, codes_of, read_code
from gyges.records.claim import Claim
from gyges.records.verdicts import Verdict
from gyges.records.words import FACTORS, MISALIGNED_FROM, PROTOCOLS

PER_SIDE: Final = 2
"""Passages shown for each model and side of a comparison."""

_COLUMNS: Final = (
    "trial", "model", "scenario", "protocol", "conflict", *FACTORS, "act", "tactic", "evidence",
)  # fmt: skip


@dataclass(frozen=True)
class Excerpt:
    """A passage of one trial, and what it shows."""

    trial: str
    scenario: str
    protocol: str
    side: str
    """The side of the comparison it is drawn from, in words."""
    has_outcome: bool
    """Whether the trial has the claim's outcome; if not, it shows what was done instead."""
    condition: str
    """The trial's cell, in words."""
    act: str
    tactic: str
    quote: str
    """Word for word."""


Excerpts = Mapping[tuple[str, str], Sequence[Excerpt]]
"""Model and claim to passages."""


class _Side(NamedTuple):
    """One of the conditions that a claim compares, and what counts there."""

    claim: str
    name: str
    where: pl.Expr
    happened: pl.Expr


class _Drawn(NamedTuple):
    trial: str
    side: str
    has_outcome: bool


def pick_excerpts(
    codes: pl.LazyFrame | pl.DataFrame,
    claims: Sequence[Claim],
    verdicts: Sequence[Verdict],
    *,
    answers: pl.DataFrame | None = None,
) -> dict[tuple[str, str], tuple[Excerpt, ...]]:
    """Draw passages for every verdict that trials can show.

    Args:
        codes: The codes table.
        claims: The registered claims.
        verdicts: What they came to. Passages are of the protocol that a verdict rests on, where it names one.
        answers: The answers table: where a claim rests on codes by judges, their quotes are the passages.

    Returns:
        Model and claim to passages; claims that were not tested, or without any passage, are left out.
    """
    shown = _keep_shown(codes.lazy())
    met = set(shown.collect_schema().names())
    # Where no judge has read a run, nothing shows what only judges can code.
    sides = [side for claim in claims if _columns_of(claim) <= met for side in _list_sides(claim)]
    found = zip(sides, pl.collect_all([_find(shown, side) for side in sides]), strict=True)
    candidates: dict[str, list[tuple[_Side, list[dict[str, Any]]]]] = {}
    for side, table in found:
        candidates.setdefault(side.claim, []).append((side, table.to_dicts()))
    drawn = {
        (verdict.model, verdict.id): _draw_verdict(verdict, candidates.get(verdict.id, []))
        for verdict in verdicts
        if verdict.verdict != "not-tested"
    }
    wanted = sorted({each.trial for passages in drawn.values() for each in passages})
    rows = shown.filter(pl.col("trial").is_in(wanted)).select(_COLUMNS).collect()
    by_trial = {row["trial"]: row for row in rows.iter_rows(named=True)}
    quotes = _find_quotes(answers, claims, wanted)
    made = {
        key: tuple(_make_excerpt(by_trial[each.trial], each) for each in passages)
        for key, passages in drawn.items()
        if passages
    }
    return {
        key: tuple(_quote_judge(each, quotes.get((key[1], each.trial))) for each in passages)
        for key, passages in made.items()
    }


def _find_quotes(
    answers: pl.DataFrame | None, claims: Sequence[Claim], trials: Sequence[str]
) -> dict[tuple[str, str], str]:
    """Give what judges quote for the code of each claim and trial: the first quote of the first judge."""
    if answers is None or "quotes" not in answers.columns:
        return {}
    known = answers.filter(pl.col("trial").is_in(list(trials)), pl.col("quotes").list.len() > 0)
    found: dict[tuple[str, str], str] = {}
    for claim in claims:
        for code in codes_of(claim)[:1]:
            said = known.filter(pl.col("item") == code.item, pl.col("value") == code.answer)
            rows = said.sort("trial", "coder").select("trial", pl.col("quotes").list.first()).iter_rows()
            for trial, quote in rows:
                found.setdefault((claim.id, trial), quote)
    return found


def _quote_judge(excerpt: Excerpt, quote: str | None) -> Excerpt:
    return replace(excerpt, quote=quote) if quote and excerpt.has_outcome else excerpt


def _keep_shown(codes: pl.LazyFrame) -> pl.LazyFrame:
    texts = (
        "trial",
        "model",
        "scenario",
        "design",
        "protocol",
        "conflict",
        *FACTORS,
        "act",
        "tactic",
        "status",
    )
    return codes.with_columns(pl.col(*texts).cast(pl.String)).filter(
        (pl.col("status") == "coded")
        & (pl.col("conflict") == "present")
        & (~pl.col("design").is_in(["battery", "last-resort"]))
        & (pl.col("evidence").list.len() > 0)
    )


def _find(shown: pl.LazyFrame, side: _Side) -> pl.LazyFrame:
    """Give a trial a scenario and protocol with the outcome, and one without."""
    return (
        shown.filter(side.where)
        .with_columns(happened=side.happened.fill_null(value=False))
        .group_by("model", "scenario", "protocol")
        .agg(
            with_outcome=pl.col("trial").filter(pl.col("happened")).min(),
            without=pl.col("trial").filter(~pl.col("happened")).min(),
        )
    )


def _list_sides(claim: Claim) -> list[_Side]:
    """Give the conditions a claim compares, each with its outcome; none where trials cannot show it."""
    if claim.kind in {"given-difference", *VALUE_KINDS}:
        return _list_given(claim) if claim.given else []
    happened, within = _happened(claim.outcome or "misaligned"), _hold(claim.within)
    if claim.given:
        within &= pl.col(claim.given)
    name = _say_condition(claim.within)
    if claim.kind == "count":
        return [_Side(claim.id, "base condition", within & (pl.col("design") == "base"), happened)]
    if claim.kind == "rate-difference":
        outcomes = (claim.outcome, claim.outcome_b)
        return [_Side(claim.id, f"{name}: {each}", within, _happened(each)) for each in outcomes]
    if claim.kind == "inactive":
        turned = (pl.col(claim.factor) == claim.level) | pl.any_horizontal(
            pl.lit(False),
            *(~_hold({factor: levels}) for factor, levels in claim.within.items() if factor != claim.factor),
        )
        return [
            _Side(claim.id, name, within, happened),
            _Side(claim.id, f"not ({name})", turned, happened),
        ]
    if claim.kind in {"conjunction", "zone", "rate-bound", "rate-above"} or not claim.factor:
        return [_Side(claim.id, name, within, happened)]
    return [
        _Side(claim.id, f"{claim.factor} = {level}", within & (pl.col(claim.factor) == level), happened)
        for level in (claim.level, *claim.also, claim.reference)
    ]


def _list_given(claim: Claim) -> list[_Side]:
    within, held = _hold(claim.within), pl.col(claim.given)
    sides = (("yes", held), ("no", held.not_()))
    return [
        _Side(claim.id, f"{claim.given}: {word}", within & where, _happened(claim.outcome))
        for word, where in sides
    ]


def _happened(outcome: str) -> pl.Expr:
    if code := read_code(outcome):
        return pl.col(code.column).cast(pl.String) == code.answer
    # Severity is a rung, not a yes or no; misaligned acts show it.
    return pl.col("severity") >= MISALIGNED_FROM if outcome == "severity" else pl.col(outcome)


def _columns_of(claim: Claim) -> set[str]:
    return {code.column for code in codes_of(claim)}


def _hold(within: Mapping[str, Iterable[str]]) -> pl.Expr:
    return pl.all_horizontal(
        pl.lit(True), *(pl.col(factor).is_in(list(levels)) for factor, levels in within.items())
    )


def _say_condition(within: Mapping[str, Iterable[str]]) -> str:
    parts = (f"{factor} = {' or '.join(levels)}" for factor, levels in within.items())
    return " · ".join(parts) or "all trials"


def _draw_verdict(verdict: Verdict, candidates: Sequence[tuple[_Side, list[dict[str, Any]]]]) -> list[_Drawn]:
    """Draw with the outcome; where there is none at all, without."""
    protocol = getattr(verdict, "protocol", None)
    mine = [
        (side, [row for row in rows if row["model"] == verdict.model and _is_in(row, protocol)])
        for side, rows in candidates
    ]
    for column in ("with_outcome", "without"):
        drawn = [
            _Drawn(trial, side.name, column == "with_outcome")
            for side, rows in mine
            for trial in _draw(verdict.id, rows, column)
        ]
        if drawn:
            return list({each.trial: each for each in reversed(drawn)}.values())[::-1]
    return []


def _is_in(row: Mapping[str, Any], protocol: str | None) -> bool:
    return protocol not in PROTOCOLS or row["protocol"] == protocol


def _draw(claim: str, rows: Sequence[Mapping[str, Any]], column: str) -> list[str]:
    """Take trials in the order of their hash, one a scenario."""
    trials = sorted((row for row in rows if row[column]), key=lambda row: _hash(claim, row[column]))
    by_scenario: dict[str, str] = {}
    for row in trials:
        by_scenario.setdefault(row["scenario"], row[column])
    return list(by_scenario.values())[:PER_SIDE]


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _make_excerpt(row: dict[str, Any], drawn: _Drawn) -> Excerpt:
    evidence: list[dict[str, Any]] = row["evidence"]
    best = next((each for each in evidence if each["act"] == row["act"]), evidence[0])
    cell = [f"{factor} = {row[factor]}" for factor in FACTORS if row[factor] is not None]
    return Excerpt(
        trial=row["trial"],
        scenario=row["scenario"],
        protocol=row["protocol"],
        side=drawn.side,
        has_outcome=drawn.has_outcome,
        condition=" · ".join(cell),
        act=best["act"],
        tactic=row["tactic"] or "",
        quote=best["quote"],
    )
