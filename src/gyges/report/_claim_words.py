"""A verdict in a few words: what it rules out, and by which tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gyges.records.claim import Claim
from gyges.report._format import (
    Unit,
    name_unit,
    say_count,
    say_interval,
    say_p,
    say_value,
    shown_numbers,
    shown_part,
)

_RETELLS: Final = "95 % interval"
"""A reason that has an interval tells again what the row shows; another one says something else."""

_AGAIN: Final = " Decided again"
"""Where a reason begins to tell how the other verdicts fare."""

_COUNT_WORDS: Final = {
    "supported": "fewer than half of the scenarios",
    "refuted": "more than half of the scenarios",
    "inconclusive": "half of the scenarios is not ruled out",
}
_BOUND_WORDS: Final = {
    "supported": "the observed rate stays below its bound of {}",
    "refuted": "the observed rate is above its bound of {}",
    "inconclusive": "whether the observed rate stays below its bound of {} is open",
}
_NOT_ALONE: Final = "{} is outside this interval, but not ruled out once all claims are allowed for"


def find_limit(found: Mapping[str, Any], claim: Claim | None, unit: Unit, n_scenarios: int) -> float | None:
    """Give what the estimate is held against: a bound, half of the scenarios, or the smallest of interest."""
    if unit == "scenarios":
        return n_scenarios / 2
    part = shown_part(found)
    if unit == "rate":
        return part.get("bound") if part else (claim.bound if claim else None)
    sesoi = part.get("sesoi", found["sesoi"])
    return None if sesoi is None else sesoi * (claim.direction if claim else 1)


def say_limit(limit: float | None, unit: Unit) -> str:
    """Write a limit with its unit."""
    return "" if limit is None else f"{say_value(limit, unit)} {name_unit(unit)}".rstrip()


def say_why(found: Mapping[str, Any], unit: Unit, limit: float | None) -> str:
    """Say in one line what a verdict rules out, without telling the estimate again."""
    if _RETELLS not in found["reason"] or found["verdict"] == "not-tested":
        return str(found["reason"])
    words = _say_ruled_out(found, unit, limit)
    _, again, tail = found["reason"].partition(_AGAIN)
    return f"{words[0].upper()}{words[1:]}.{again}{tail}"


def _say_ruled_out(found: Mapping[str, Any], unit: Unit, limit: float | None) -> str:
    verdict = found["verdict"]
    if unit == "scenarios":
        return _COUNT_WORDS[verdict]
    what = say_limit(limit, unit)
    if shown_part(found) and verdict == "refuted":
        return "one of its parts, at the least, is ruled out"
    words = _BOUND_WORDS[verdict].format(what) if unit == "rate" else _say_effect(found, what, limit, unit)
    return f"the weakest part: {words}" if shown_part(found) else words


def _say_effect(found: Mapping[str, Any], what: str, limit: float | None, unit: Unit) -> str:
    none = 1 if unit == "odds" else 0
    if limit is None or limit == none:
        return _say_step(found, none)
    if found["verdict"] == "supported":
        if found["strength"] == "strongly":
            return f"{none} is ruled out, and so is any effect smaller than {what}"
        return f"{none} is ruled out; an effect smaller than {what} is not"
    if found["verdict"] == "refuted":
        opposite = "the opposite of what is claimed"
        return opposite if found["strength"] == "opposite" else f"an effect of {what} or beyond is ruled out"
    if _leaves_out(found, limit, none):
        return _NOT_ALONE.format(none)
    return f"neither {none} nor {what} is ruled out"


def _say_step(found: Mapping[str, Any], none: int) -> str:
    """Say what a part of whatever size comes to."""
    if found["verdict"] == "supported":
        return f"{none} is ruled out"
    if found["verdict"] == "refuted":
        return "it lies the other way"
    if any(_leaves_out(found, none + side, none) for side in (-1, 1)):
        return _NOT_ALONE.format(none)
    return f"{none} is not ruled out"


def _leaves_out(found: Mapping[str, Any], limit: float | None, none: int) -> bool:
    _, low, high = shown_numbers(found)
    if low is None or high is None or limit is None:
        return False
    return low > none if limit > none else high < none


def list_facts(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Give p values, protocol, population, and what was done to the outcomes."""
    facts = [
        f"p {side} {say_p(found[key])}"
        for side, key in (("for", "p_supported"), ("against", "p_refuted"))
        if found[key] is not None
    ]
    facts += [str(found[key]) for key in ("protocol", "scope") if found.get(key)]
    if found.get("assisted"):
        facts.append("assisted by values")
    if found.get("judged"):
        facts.append("corrected by labels" if found["judged"] == "corrected" else str(found["judged"]))
    return tuple(facts)


def say_raw(found: Mapping[str, Any], unit: Unit) -> str:
    """Write the estimate as judges have it; empty where no label corrected it."""
    if found.get("raw_estimate") is None:
        return ""
    value = f"{say_value(found['raw_estimate'], unit)} {name_unit(unit)}".rstrip()
    return f"{value} (95 % interval {say_interval(found['raw_low'], found['raw_high'], unit)})"


def say_beside(found: Mapping[str, Any], unit: Unit) -> str:
    """Write what judges coded of a question that the rules decide; empty where they coded nothing of it."""
    beside = found.get("beside")
    if not beside:
        return ""
    value = f"{say_value(beside['estimate'], unit)} {name_unit(unit)}".rstrip()
    interval = say_interval(beside["low"], beside["high"], unit)
    return (
        f"{beside['code']}: {value} (95 % interval {interval}; n = {say_count(beside['n'])},"
        f" {beside['judged']})"
    )
