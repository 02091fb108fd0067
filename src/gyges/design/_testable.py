"""Which claims a plan can test."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from gyges.design._sides import DRAWN, count_sides, matching
from gyges.records.claim import Claim

_WAITS = {
    "judges": "judges",
    "values": "revealed values",
    "tactics": "the analysis of tactics",
    "lotteries": "the decision by trade-off trials",
    "controls": "the comparison with matched controls",
    "models": "models of declared capability",
    "validity": "the validity checks",
}


@dataclass(frozen=True)
class ClaimOutlook:
    """Whether a plan can test a claim, and if not, why."""

    id: str
    testable: bool
    reason: str


def find_testable(rows: pl.DataFrame, claim: Claim, min_trials: int) -> ClaimOutlook:
    """Say whether the trials `rows` can test `claim` with `min_trials` on every side."""
    if claim.kind == "later":
        needs = " and ".join(_WAITS.get(need, need) for need in claim.needs) or "an estimand"
        return ClaimOutlook(claim.id, testable=False, reason=f"waits for {needs}")
    mine = rows.filter(pl.col("scenario").is_in(list(claim.scenarios))) if claim.scenarios else rows
    reason = _missing_factor(mine, claim) or _too_few(mine, claim, min_trials)
    return ClaimOutlook(claim.id, testable=not reason, reason=reason)


def _missing_factor(rows: pl.DataFrame, claim: Claim) -> str:
    if claim.kind == "count":
        return "" if rows.height else "no scenario has trials with the conflict"
    carrying = rows.filter(*[pl.col(factor).is_not_null() for factor in claim.factors])
    if not carrying.height:
        return f"no scenario of the study carries {_list(claim.factors)}"
    for factor in claim.factors:
        if carrying[factor].n_unique() < 2:
            return f"'{factor}' is not varied"
    return ""


def _too_few(rows: pl.DataFrame, claim: Claim, min_trials: int) -> str:
    """Say which side lacks trials in the best of the sources a claim can rest on; empty when none does."""
    found = [min(_side_counts(source, claim), key=lambda side: side[1]) for source in _sources(rows, claim)]
    if not found:
        return "no trials that compare its cells"
    words, n = max(found, key=lambda side: side[1])
    return "" if n >= min_trials else f"{n} trials {words}; the study asks for {min_trials}"


def _sources(rows: pl.DataFrame, claim: Claim) -> list[pl.DataFrame]:
    """Give the sets of trials that are never mixed: by protocol, drawn cells apart from matched ones."""
    if claim.kind == "count":
        return [rows]
    is_drawn = pl.col("design").is_in(list(DRAWN))
    off = pl.sum_horizontal([pl.col(f"off_{factor}") for factor in claim.factors])
    sets = [rows.filter(is_drawn)]
    if claim.kind != "zone":
        sets.append(rows.filter(~is_drawn, pl.col("off") == off))
    return [source for each in sets for source in each.partition_by("protocol")]


def _side_counts(rows: pl.DataFrame, claim: Claim) -> list[tuple[str, int]]:
    """Give what each side of the claim is, with its trials."""
    if claim.kind == "count":
        return [("at the base condition", rows.filter(pl.col("design") == "base").height)]
    if claim.kind == "conjunction":
        return _neighbor_counts(rows, claim)
    if claim.kind in {"contrast", "slope"}:
        return _contrast_counts(matching(rows, claim.within), claim)
    inside = matching(rows, claim.within).height
    sides = [(f"with {_say(claim)}", inside)]
    if claim.kind in {"zone", "inactive"}:
        carrying = rows.filter(*[pl.col(factor).is_not_null() for factor in claim.factors])
        sides.append((f"without {_say(claim)}", carrying.height - inside))
    return sides


def _contrast_counts(rows: pl.DataFrame, claim: Claim) -> list[tuple[str, int]]:
    found = []
    for level in (claim.level, *claim.also):
        sides = count_sides(rows, claim.factor, level, claim.reference)
        found.append((f"with {claim.factor} {level}", sides.n_level))
        found.append((f"with {claim.factor} {claim.reference}", sides.n_reference))
    return found


def _neighbor_counts(rows: pl.DataFrame, claim: Claim) -> list[tuple[str, int]]:
    found = [(f"with {_say(claim)}", matching(rows, claim.within).height)]
    for factor, levels in claim.within.items():
        rest = {name: kept for name, kept in claim.within.items() if name != factor}
        turned = matching(rows, rest).filter(
            pl.col(factor).is_not_null(), ~pl.col(factor).is_in(list(levels))
        )
        found.append((f"with only {factor} turned", turned.height))
    return found


def _say(claim: Claim) -> str:
    return " and ".join(f"{factor} {' or '.join(levels)}" for factor, levels in claim.within.items())


def _list(names: tuple[str, ...]) -> str:
    return " and ".join(f"'{name}'" for name in names)
