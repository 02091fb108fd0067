"""Numbers and untrusted text, as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, Literal

from gyges.records.claim import Claim

Unit = Literal["points", "rate", "rungs", "scenarios", "odds", "log-odds", "number"]
"""What an estimate counts: percentage points, a percentage, rungs, scenarios, a factor, nothing."""

_OWN: Final[Mapping[str, Unit]] = {"count": "scenarios", "judges": "number"}
_ODDS: Final = frozenset({"trade-odds", "hierarchy", "order"})

DASH: Final = "–"
_RATES: Final = frozenset({"rate-bound", "misread", "overdispersion"})
LONGEST: Final = 1500
"""Characters of one text that are shown."""

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MARKDOWN: Final = re.compile(r"[\\`*\[\]|~#]|(?<!\w)_|_(?!\w)")


def clean(text: str, limit: int = LONGEST) -> str:
    """Give text whose every character shows: controls, direction marks and lone surrogates as their codes."""
    rest = len(text) - limit
    shown = "".join(map(_show, text[:limit]))
    return f"{shown}… ({rest:,} more characters)" if rest > 0 else shown


def _show(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"⟨U+{ord(character):04X}⟩"


def escape_markdown(text: str) -> str:
    """Give one line of Markdown that reads as the text itself."""
    line = " ".join(clean(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(lambda found: "\\" + found[0], line)


def unit_of(claim: Claim | None, found: Mapping[str, Any] | None = None) -> Unit:
    """Say what a claim's estimate counts; with its verdict, what the part shown counts."""
    if claim is None:
        return "points"
    if claim.kind in _OWN:
        return _OWN[claim.kind]
    if claim.kind in _RATES or (found and shown_part(found).get("bound") is not None):
        return "rate"
    if found and shown_part(found).get("unit"):
        return "log-odds"
    is_odds = claim.kind in _ODDS
    return "odds" if is_odds else "rungs" if claim.outcome == "severity" else "points"


def shown_part(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the part whose estimate a verdict shows; empty where it is all of one piece."""
    return next((part for part in found.get("parts") or () if part["is_weakest"]), {})


def shown_numbers(found: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Give estimate and interval, of the rate itself where a limit of it is what is tested."""
    source = part if (part := shown_part(found)).get("bound") is not None else found
    return source["estimate"], source["low"], source["high"]


def say_percent(value: float | None) -> str:
    """Write a share, with a decimal where whole percents would hide it."""
    if value is None:
        return DASH
    digits = 1 if 0 < value < 0.1 or 0.99 < value < 1 else 0
    return f"{100 * value:.{digits}f}\u00a0%"


def say_value(value: float | None, unit: Unit) -> str:
    """Write an estimate without its unit."""
    if value is None:
        return DASH
    if unit == "rate":
        return say_percent(value)
    if unit == "scenarios":
        return f"{value:.0f}"
    if unit == "odds":
        return say_odds(value)
    number = f"{100 * value:+.1f}" if unit == "points" else f"{value:+.2f}"
    return number.replace("-", "−") if float(number) else "0"


def say_odds(value: float) -> str:
    """Write odds or a ratio, with as many digits as matter."""
    if value >= 1e6:
        return "over a million"
    if value < 0.001:
        return "below 0.001"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}"


def say_interval(low: float | None, high: float | None, unit: Unit) -> str:
    """Write an interval's two ends."""
    if low is None or high is None:
        return DASH
    return f"{say_value(low, unit)} to {say_value(high, unit)}"


def name_unit(unit: Unit) -> str:
    """Name what is counted; empty where the number says it."""
    return {"rate": "", "odds": "times", "number": ""}.get(unit, unit)


def say_end(value: float, unit: Unit) -> str:
    """Write an end of a scale."""
    if unit == "odds":
        return f"{value:.3g}"
    number = f"{100 * value if unit == 'points' else value:+.0f}".replace("-", "−")
    return number.lstrip("+") if unit == "scenarios" else number


def say_q(value: float | None) -> str:
    """Write a q value, to stand in a table."""
    if value is None:
        return DASH
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def say_p(value: float) -> str:
    """Write a p value with its sign, to stand behind a name."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def say_money(value: float | None) -> str:
    """Write US dollars."""
    return "not known (no price given)" if value is None else f"${value:,.2f}"


def say_count(value: float | None) -> str:
    """Write a count."""
    return DASH if value is None else f"{value:,.0f}"
