"""The rows of the verdict tables and the transcripts behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.records.claim import Claim
from gyges.records.words import TACTICS
from gyges.report._excerpts import Excerpt
from gyges.report._format import Unit, name_unit, say_count, say_end, say_interval, say_p, say_value, unit_of
from gyges.report._marks import Axis, Mark, fit_axis, make_mark

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
class ClaimRow:
    """One claim for one model."""

    id: str
    section: str
    statement: str
    estimand: str
    verdict: str
    strength: str
    reason: str
    value: str
    interval: str
    unit: str
    limit: str
    n: str
    notes: tuple[str, ...]
    is_fragile: bool
    forest: Forest | None
    excerpts: tuple[Excerpt, ...]


def make_axis(found: Sequence[Mapping[str, Any]], claims: Mapping[str, Claim]) -> Axis:
    """Fit the scale that all the claims in percentage points share."""
    mine = [
        row
        for row in found
        if row["estimate"] is not None and unit_of(claims.get(row["id"])) in {"points", "rate"}
    ]
    return fit_axis(
        (row[end] for row in mine for end in ("estimate", "low", "high", "sesoi")), step=0.25, most=1.0
    )


def make_row(
    found: Mapping[str, Any], claim: Claim | None, axis: Axis, n_scenarios: int, excerpts: Sequence[Excerpt]
) -> ClaimRow:
    """Put one verdict in words and places."""
    unit = unit_of(claim)
    is_bound = claim is not None and claim.kind == "rate-bound"
    limit = claim.bound if claim and is_bound else _turn_limit(found["sesoi"], claim)
    if unit == "scenarios":
        limit = n_scenarios / 2
    return ClaimRow(
        id=found["id"],
        section=claim.section if claim else "Not in the registry",
        statement=claim.statement if claim else found["id"],
        estimand=found["estimand"],
        verdict=found["verdict"],
        strength=found["strength"],
        reason=found["reason"],
        value=say_value(found["estimate"], unit),
        interval=say_interval(found["low"], found["high"], unit),
        unit=name_unit(unit),
        limit=_say_limit(limit, unit, is_bound=is_bound),
        n=say_count(found["n"]),
        notes=_list_notes(found),
        is_fragile=found["fragile"],
        forest=_draw(found, limit, _choose_axis(unit, axis, found, n_scenarios), unit),
        excerpts=_sort_excerpts(excerpts, found) if found["verdict"] != "not-tested" else (),
    )


def _turn_limit(sesoi: float | None, claim: Claim | None) -> float | None:
    return None if sesoi is None else sesoi * (claim.direction if claim else 1)


def _say_limit(limit: float | None, unit: Unit, *, is_bound: bool) -> str:
    if limit is None:
        return ""
    if unit == "scenarios":
        return "limit: half of the scenarios"
    name = "bound" if is_bound else "smallest effect of interest"
    return f"{name} {say_value(limit, unit)} {name_unit(unit)}".rstrip()


def _list_notes(found: Mapping[str, Any]) -> tuple[str, ...]:
    notes = []
    if found["scope"]:
        notes.append(f"about {found['scope']}")
    if found["p_supported"] is not None:
        notes.append(f"no effect: p {say_p(found['p_supported'])}")
    if found["p_refuted"] is not None:
        notes.append(f"effect of interest: p {say_p(found['p_refuted'])}")
    return tuple(notes)


def _choose_axis(unit: Unit, axis: Axis, found: Mapping[str, Any], n_scenarios: int) -> Axis:
    if unit == "scenarios":
        return Axis(0.0, float(max(n_scenarios, 1)))
    if unit == "rungs":
        ends = (found[end] for end in ("estimate", "low", "high", "sesoi"))
        return fit_axis(ends, step=1.0, most=float(len(TACTICS) - 1))
    return axis


def _draw(found: Mapping[str, Any], limit: float | None, axis: Axis, unit: Unit) -> Forest | None:
    mark = make_mark(axis, found["estimate"], found["low"], found["high"])
    if mark is None:
        return None
    has_own_scale = unit in {"scenarios", "rungs"}
    return Forest(
        mark=mark,
        zero=axis.at(0.0) if axis.low < 0 else None,
        limit=None if limit is None else axis.at(limit),
        label=f"{say_value(found['estimate'], unit)} {name_unit(unit)}, 95 % interval"
        f" {say_interval(found['low'], found['high'], unit)}",
        ends=(say_end(axis.low, unit), f"{say_end(axis.high, unit)} {name_unit(unit)}")
        if has_own_scale
        else None,
    )


def _sort_excerpts(excerpts: Sequence[Excerpt], found: Mapping[str, Any]) -> tuple[Excerpt, ...]:
    """Take the model's own, those the verdict names first."""
    mine = [each for each in excerpts if each.model == found["model"]]
    return tuple(sorted(mine, key=lambda each: each.trial not in found["excerpts"]))
