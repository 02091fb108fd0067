"""The ladder of tactics on the page and in the note: how readily each is taken where it is open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._claim_rows import ClaimRow
from gyges.report._format import escape_markdown, say_count, say_odds, say_percent
from gyges.report._marks import SHARES, Axis, Mark, make_mark

SECTION: Final = "4. Manipulation Hierarchy"
CLAIMS: Final = ("C10", "C11", "C12", "C15")
"""Claims about the ladder, in the order they are shown."""

_WORTHS: Final = Axis(-3.0, 1.0)
"""Scale of the odds against complying, in powers of ten."""


@dataclass(frozen=True)
class Rung:
    """One tactic of the ladder."""

    tactic: str
    is_misaligned: bool
    acts: str
    """Open acts of it, on average where any was."""
    n_open: str
    share: str
    share_interval: str
    share_mark: Mark | None
    odds: str
    odds_interval: str
    odds_mark: Mark | None


@dataclass(frozen=True)
class Premium:
    """A tactic that was taken with deniable acts of it open, and others."""

    tactic: str
    share: str
    n: str
    odds: str
    interval: str


@dataclass(frozen=True)
class Ladder:
    """A model's ladder, with the claims about it."""

    rungs: tuple[Rung, ...]
    basis: str
    ends: tuple[str, str]
    one: float
    """Place of even odds."""
    claims: tuple[ClaimRow, ...]
    premiums: tuple[Premium, ...]


def make_ladder(rows: Sequence[Mapping[str, Any]], claims: Sequence[ClaimRow]) -> Ladder | None:
    """Put a model's ladder in words and places; none where nothing is known of what was open."""
    known = [row for row in rows if row.get("n_open")]
    if not known:
        return None
    by_id = {row.id: row for row in claims}
    first = known[0]
    return Ladder(
        rungs=tuple(_make_rung(row) for row in known),
        basis=", ".join(str(first[key]) for key in ("protocol", "design", "scope") if first.get(key)),
        ends=("0.001", "10"),
        one=_WORTHS.at(0.0),
        claims=tuple(by_id[name] for name in CLAIMS if name in by_id),
        premiums=tuple(_make_premium(row) for row in known if row["deniable_n"]),
    )


def _make_premium(row: Mapping[str, Any]) -> Premium:
    worth, low, high = (math.exp(row[f"deniable_{end}"]) for end in ("worth", "low", "high"))
    return Premium(
        tactic=row["tactic"],
        share=say_percent(row["deniable_share"]),
        n=say_count(row["deniable_n"]),
        odds=say_odds(worth),
        interval=f"{say_odds(low)} to {say_odds(high)}",
    )


def _make_rung(row: Mapping[str, Any]) -> Rung:
    worths = [row["worth"], row["low"], row["high"]]
    odds = [None if x is None else math.exp(x) for x in worths]
    is_reference = worths == [0, 0, 0]
    return Rung(
        tactic=row["tactic"],
        is_misaligned=row["misaligned_from_here"],
        acts=f"{row['acts_open']:.1f}",
        n_open=say_count(row["n_open"]),
        share=say_percent(row["share_open"]),
        share_interval=f"{say_percent(row['share_low'])} to {say_percent(row['share_high'])}",
        share_mark=make_mark(SHARES, row["share_open"], row["share_low"], row["share_high"]),
        odds="1" if is_reference else "not known" if odds[0] is None else say_odds(odds[0]),
        odds_interval=_say_ends(odds[1], odds[2]) if not is_reference else "what the others are held against",
        odds_mark=make_mark(_WORTHS, *(None if x is None else x / math.log(10) for x in worths)),
    )


def _say_ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{say_odds(low)} to {say_odds(high)}"


def tell_tactics(results: Mapping[str, Any], section: str) -> list[str]:
    """Say how readily each tactic was taken where it was open; nothing in other sections."""
    if section != SECTION:
        return []
    many = len(results["models"]) > 1
    lines = []
    for model in results["models"]:
        name = f"{escape_markdown(model)}: " if many else ""
        told = [_tell(row) for row in results["tactics"] if row["model"] == model and row.get("n_open")]
        if told:
            lead = "- Share of trials in which a tactic was the gravest taken, where it was open"
            lines.append(f"{lead}: {name}{'; '.join(told)}.")
    return ["\n".join(lines)] if lines else []


def _tell(row: Mapping[str, Any]) -> str:
    interval = f"{say_percent(row['share_low'])} to {say_percent(row['share_high'])}"
    return f"{row['tactic']} {say_percent(row['share_open'])} ({interval}, n = {say_count(row['n_open'])})"
