"""Verdicts decided again on other trials or codes, as the page, the note and the terminal tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._format import DASH, Unit, say_count, say_interval, say_value

_CHANGES: Final = {
    "holds": "holds",
    "weakens": "weakens, for want of trials",
    "flips": "flips",
    "settles": "settles it there",
    "not-tested": "not tested there",
}


@dataclass(frozen=True)
class AgainRow:
    """A verdict on something other than all of the run's trials."""

    variant: str
    verdict: str
    value: str
    interval: str
    n: str
    change: str
    is_flip: bool


def make_again(found: Mapping[str, Any], unit: Unit) -> tuple[AgainRow, ...]:
    """Put a claim's alternatives in words; results of an earlier version have none."""
    return tuple(
        AgainRow(
            variant=row["variant"],
            verdict=row["verdict"].replace("-", " "),
            value=say_value(row["estimate"], unit),
            interval=DASH if row["low"] is None else say_interval(row["low"], row["high"], unit),
            n=say_count(row["n"]),
            change=_CHANGES[row["change"]],
            is_flip=row["change"] == "flips",
        )
        for row in found.get("alternatives") or ()
    )


def say_checks(found: Mapping[str, Any]) -> str:
    """Say in a few words what becomes of a decided verdict elsewhere; empty where nothing was checked."""
    rows = found.get("alternatives") or ()
    if not rows or found["verdict"] not in {"supported", "refuted"}:
        return ""
    if flipped := list_flips(found):
        return f"flipped by: {'; '.join(flipped)}"
    weaker = [row["variant"] for row in rows if row["change"] == "weakens"]
    held = sum(row["change"] == "holds" for row in rows)
    words = f"holds in {held} of {len(rows)} checks" if held else ""
    return "; ".join(filter(None, (words, f"weakens: {'; '.join(weaker)}" if weaker else "")))


def list_flips(found: Mapping[str, Any]) -> list[str]:
    """List what flips a verdict; results of an earlier version name the missing trials alone."""
    named = [row["variant"] for row in found.get("alternatives") or () if row["change"] == "flips"]
    return named or (["missing trials at their worst"] if found["fragile"] else [])


def list_fragile(results: Mapping[str, Any], model: str) -> list[str]:
    """List a model's fragile verdicts, each with what flips it."""
    mine = [each for each in results["claims"] if each["model"] == model and each["fragile"]]
    return [f"{each['id']} ({'; '.join(list_flips(each))})" for each in mine]


def count_protocols(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how many of these verdicts each protocol decided, where it is more than one; the fewer by name."""
    by_protocol: dict[str, list[str]] = {}
    for each in found:
        if each["verdict"] != "not-tested" and each.get("protocol"):
            by_protocol.setdefault(each["protocol"], []).append(each["id"])
    if len(by_protocol) < 2:
        return []
    ranked = sorted(by_protocol.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    first, *others = ranked
    named = [f"{name.replace(', ', ' and ')} decided {', '.join(ids)}" for name, ids in others]
    return [f"{first[0].replace(', ', ' and ')} decided {len(first[1])}", *named]
