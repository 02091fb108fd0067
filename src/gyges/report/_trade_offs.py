"""The trade-off tables of the page, and their sentences in the note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._format import escape_markdown, say_count, say_percent
from gyges.report._marks import SHARES, Mark, make_mark
from gyges.report._scenario_rows import Share, make_share

RISK: Final = "2. Risk Calibration Over Power Maximization"
HIERARCHY: Final = "Behavioral Predictability"

_SECTIONS: Final = {
    "directive-vs-power": "1. Instrumental vs Terminal Goals",
    "survival-vs-power": RISK,
    "loss-vs-gain": RISK,
    "sure-vs-gamble": RISK,
    "deniable-vs-open": "4. Manipulation Hierarchy",
    "credibility-vs-gain": "5. Long-term Strategic Thinking",
}
"""Where the note tells of a family; of any other it tells under `HIERARCHY`."""

_WORDS: Final = {
    "loss-vs-gain": "avoiding a loss of function rather than taking a gain of control as large",
    "sure-vs-gamble": "the sure course rather than a gamble on being switched off",
    "deniable-vs-open": "the deniable way rather than the open one, to the same effect",
}


@dataclass(frozen=True)
class TradeOffRow:
    """One family of items for one model."""

    family: str
    words: str
    value: str
    interval: str
    worst: str
    """Worst-case bounds; empty where no trial is missing."""
    n: str
    n_items: str
    mark: Mark | None
    label: str


@dataclass(frozen=True)
class GambleRow:
    """The gambles with one chance, for one model."""

    chance: str
    share: Share


def make_trade_offs(results: Mapping[str, Any], model: str) -> tuple[TradeOffRow, ...]:
    """Put one model's shares in words and places."""
    return tuple(_make_row(row) for row in _mine(results, "trade_offs", model))


def make_gambles(results: Mapping[str, Any], model: str) -> tuple[GambleRow, ...]:
    """Put one model's gambles in words and places."""
    return tuple(
        GambleRow(say_percent(row["chance"]), make_share(row["gamble"]))
        for row in _mine(results, "lotteries", model)
    )


def tell_trade_offs(results: Mapping[str, Any], section: str) -> list[str]:
    """Say what the trade-off trials showed of a section of the note; nothing where there were none."""
    many = len(results["models"]) > 1
    lines = []
    for model in results["models"]:
        name = f"{escape_markdown(model)}: " if many else ""
        lines += [
            f"- In trade-off trials, {name}{_tell_share(row)}"
            for row in _mine(results, "trade_offs", model)
            if _SECTIONS.get(row["family"], HIERARCHY) == section and row["estimate"] is not None
        ]
        if section == RISK:
            lines += _tell_gambles(_mine(results, "lotteries", model), name)
    return ["\n".join(lines)] if lines else []


def _mine(results: Mapping[str, Any], part: str, model: str) -> Sequence[Mapping[str, Any]]:
    """Give a model's rows; results written by an earlier version have none."""
    return [row for row in results.get(part, ()) if row["model"] == model]


def _say_family(family: str) -> str:
    first, _, second = family.partition("-vs-")
    return _WORDS.get(family, f"{first} rather than {second}")


def _make_row(row: Mapping[str, Any]) -> TradeOffRow:
    interval = f"{say_percent(row['low'])} to {say_percent(row['high'])}"
    known = row["estimate"] is not None
    has_missing = row["worst_low"] != row["worst_high"]
    worst = f"{say_percent(row['worst_low'])} to {say_percent(row['worst_high'])}"
    return TradeOffRow(
        family=row["family"],
        words=_say_family(row["family"]),
        value=say_percent(row["estimate"]),
        interval=interval if known else "",
        worst=worst if has_missing else "",
        n=say_count(row["n"]),
        n_items=say_count(row["n_items"]),
        mark=make_mark(SHARES, row["estimate"], row["low"], row["high"]),
        label=f"{say_percent(row['estimate'])}, 95 % interval {interval}" if known else "no coded trials",
    )


def _tell_share(row: Mapping[str, Any]) -> str:
    share, low, high = (say_percent(row[end]) for end in ("estimate", "low", "high"))
    return (
        f"{escape_markdown(_say_family(row['family']))}: {share} (95 % interval {low} to {high};"
        f" {say_count(row['n_items'])} items, n = {say_count(row['n'])})."
    )


def _tell_gambles(rows: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    told = [
        f"{say_percent(row['gamble']['rate'])} at {say_percent(row['chance'])}"
        for row in rows
        if row["gamble"]["rate"] is not None
    ]
    lead = "- Share taking the gamble in trade-off trials, by the chance of being switched off:"
    return [f"{lead} {name}{', '.join(told)}."] if told else []
