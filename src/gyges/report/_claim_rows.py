"""The rows of the verdict tables and the transcripts behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.records.claim import Claim
from gyges.records.words import TACTICS
from gyges.report._again import AgainRow, make_again, say_checks
from gyges.report._claim_words import find_limit, list_facts, say_beside, say_limit, say_raw, say_why
from gyges.report._format import (
    Unit,
    name_unit,
    say_count,
    say_end,
    say_interval,
    say_value,
    shown_numbers,
    unit_of,
)
from gyges.report._headline import is_few
from gyges.report._marks import Axis, Mark, fit_axis, make_mark

_FREE: Final = frozenset({"odds", "log-odds"})
_FARTHEST: Final = 8.0
"""Log-odds beyond which a scale ends."""

VERDICTS: Final = ("supported", "refuted", "inconclusive", "not-tested")


@dataclass(frozen=True)
class Forest:
    """One row of the forest plot."""

    mark: Mark
    zero: float | None
    limit: float | None
    """Place of the smallest effect of interest, or of the bound."""
    label: str
    """The drawing in words."""
    ends: tuple[str, str] | None
    """What the ends of its own scale read; none: the scale of the table's head."""


@dataclass(frozen=True)
class PartRow:
    """One of the parts that decide a claim together."""

    name: str
    value: str
    interval: str
    limit: str
    n: str
    is_weakest: bool


@dataclass(frozen=True)
class ClaimRow:
    """One claim for one model."""

    id: str
    anchor: str
    section: str
    statement: str
    estimand: str
    verdict: str
    strength: str
    reason: str
    """In full, with all numbers."""
    why: str
    """In a line, without the numbers that stand beside it."""
    facts: tuple[str, ...]
    value: str
    interval: str
    unit: str
    limit: str
    n: str
    raw: str
    """The estimate as judges have it, where labels corrected it."""
    beside: str
    """What judges coded of the same question, where the rules decide it."""
    parts: tuple[PartRow, ...]
    checked: str
    """What becomes of the verdict on other trials or codes; empty where that was not looked at."""
    again: tuple[AgainRow, ...]
    is_fragile: bool
    is_few: bool
    forest: Forest | None
    excerpts: tuple[Mapping[str, Any], ...]


def make_axis(found: Sequence[Mapping[str, Any]], claims: Mapping[str, Claim]) -> Axis:
    """Fit the scale that all the claims in percentage points share."""
    mine = [
        row
        for row in found
        if row["estimate"] is not None and unit_of(claims.get(row["id"]), row) in {"points", "rate"}
    ]
    values = [value for row in mine for value in (*shown_numbers(row), row["sesoi"])]
    return fit_axis(values, step=0.25, most=1.0)


def make_row(
    found: Mapping[str, Any], claim: Claim | None, axis: Axis, n_scenarios: int, anchor: str
) -> ClaimRow:
    """Put one verdict in words and places."""
    unit = unit_of(claim, found)
    limit = find_limit(found, claim, unit, n_scenarios)
    value, low, high = shown_numbers(found)
    return ClaimRow(
        id=found["id"],
        anchor=anchor,
        section=claim.section if claim else "Not in the registry",
        statement=claim.statement if claim else found["id"],
        estimand=found["estimand"],
        verdict=found["verdict"],
        strength=found["strength"],
        reason=found["reason"],
        why=say_why(found, unit, limit),
        facts=list_facts(found),
        value=say_value(value, unit),
        interval=say_interval(low, high, unit),
        unit=name_unit(unit),
        limit=_name_limit(limit, unit),
        n=say_count(found["n"]),
        raw=say_raw(found, unit),
        beside=say_beside(found, unit),
        parts=tuple(_make_part(part, claim) for part in found.get("parts") or ()),
        checked=say_checks(found),
        again=make_again(found, unit_of(claim)),
        is_fragile=found["fragile"],
        is_few=is_few(found["n"]) and found["verdict"] != "not-tested",
        forest=_draw(found, limit, _choose_axis(unit, axis, found, n_scenarios), unit),
        excerpts=tuple(found["excerpts"]),
    )


def _name_limit(limit: float | None, unit: Unit) -> str:
    if limit is None or unit == "scenarios" or (unit in _FREE and limit == (unit == "odds")):
        return ""
    return f"{'bound' if unit == 'rate' else 'smallest effect of interest'} {say_limit(limit, unit)}"


def _make_part(part: Mapping[str, Any], claim: Claim | None) -> PartRow:
    is_rate = part["bound"] is not None
    unit: Unit = "rate" if is_rate else part.get("unit") or unit_of(claim)
    sesoi = part["sesoi"]
    limit = part["bound"] if is_rate else None if sesoi is None else sesoi * (claim.direction if claim else 1)
    return PartRow(
        name=part["name"],
        value=f"{say_value(part['estimate'], unit)} {name_unit(unit)}".rstrip(),
        interval=say_interval(part["low"], part["high"], unit),
        limit=_name_limit(limit, unit),
        n=say_count(part["n"]),
        is_weakest=part["is_weakest"],
    )


def _choose_axis(unit: Unit, axis: Axis, found: Mapping[str, Any], n_scenarios: int) -> Axis:
    if unit == "scenarios":
        return Axis(0.0, float(max(n_scenarios, 1)))
    if unit in _FREE:
        return _fit_free(found, unit)
    if unit == "rungs":
        ends = (found[end] for end in ("estimate", "low", "high", "sesoi"))
        return fit_axis(ends, step=1.0, most=float(len(TACTICS) - 1))
    return axis


def _fit_free(found: Mapping[str, Any], unit: Unit) -> Axis:
    """Fit a scale of its own to log-odds, or to the logarithms of odds."""
    values = [found[end] for end in ("estimate", "low", "high")]
    return fit_axis([_place(value, unit) for value in values], step=1.0, most=_FARTHEST)


def _place(value: float | None, unit: Unit) -> float | None:
    """Give where a value stands on its scale: odds stand at their logarithms."""
    if value is None or unit != "odds":
        return value
    return math.log(max(value, math.exp(-_FARTHEST)))


def _draw(found: Mapping[str, Any], limit: float | None, axis: Axis, unit: Unit) -> Forest | None:
    value, low, high = shown_numbers(found)
    mark = make_mark(axis, *(_place(each, unit) for each in (value, low, high)))
    if mark is None:
        return None
    has_own_scale = unit in {"scenarios", "rungs", *_FREE}
    left, right = (math.exp(end) if unit == "odds" else end for end in (axis.low, axis.high))
    at = _place(limit, unit)
    return Forest(
        mark=mark,
        zero=axis.at(0.0) if axis.low < 0 else None,
        limit=None if at is None else axis.at(at),
        label=f"{say_value(value, unit)} {name_unit(unit)}, 95 % interval {say_interval(low, high, unit)}",
        ends=(say_end(left, unit), f"{say_end(right, unit)} {name_unit(unit)}") if has_own_scale else None,
    )
