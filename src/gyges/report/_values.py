"""Revealed values on the page and in the note: what is traded for what, and how well it predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._format import DASH, escape_markdown, say_count, say_percent
from gyges.report._marks import Axis, Mark, fit_axis, make_mark

HIERARCHY: Final = "Behavioral Predictability"
RISK: Final = "2. Risk Calibration Over Power Maximization"

_MOST: Final = 8.0
_SCALES: Final = {
    "worth": "Worth of a thing",
    "per spread": "Weights, for one spread of each feature",
    "weight": "Weights as the policy equation has them",
}
_WORDS: Final = {"survival": "function (survival)", "deniable": "deniability"}
_ATTITUDES: Final = {
    "loss against gain": "odds of avoiding a loss of function rather than taking a gain of control as large",
    "survival per power": "worth of survival divided by that of power",
    "gamble or sure loss": "chance of being switched off at which a gamble is as good as a sure loss",
    "gamble for a gain": "chance of being switched off at which a gamble for a gain is as good as none",
}


@dataclass(frozen=True)
class ValueRow:
    """One weight or worth."""

    term: str
    value: str
    interval: str
    n: str
    n_scenarios: str
    reason: str
    mark: Mark | None
    label: str


@dataclass(frozen=True)
class ValueTable:
    """Rows on one scale, for all trials or for those at one level of a factor."""

    title: str
    rows: tuple[ValueRow, ...]
    zero: float
    ends: tuple[str, str]
    basis: str


@dataclass(frozen=True)
class ValuesView:
    """All that the page shows of one model's values."""

    tables: tuple[ValueTable, ...]
    slices: tuple[ValueTable, ...]
    predictions: tuple[Mapping[str, str], ...]
    calibration: tuple[Mapping[str, str], ...]
    attitudes: tuple[Mapping[str, str], ...]

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.tables or self.attitudes)


def make_values(results: Mapping[str, Any], model: str) -> ValuesView:
    """Put one model's values in words and places."""
    rows = _mine(results, "values", model)
    whole = [row for row in rows if not row["factor"]]
    levels = list(dict.fromkeys((row["factor"], row["level"]) for row in rows if row["factor"]))
    worths = [row for row in rows if row["scale"] == "worth"]
    axis = _fit(worths)
    return ValuesView(
        tables=tuple(
            _make_table(title, mine, _fit(mine))
            for scale, title in _SCALES.items()
            if (mine := [row for row in whole if row["scale"] == scale])
        ),
        slices=tuple(
            _make_table(f"{factor}: {level}", mine, axis)
            for factor, level in levels
            if (mine := [row for row in worths if (row["factor"], row["level"]) == (factor, level)])
        ),
        predictions=tuple(map(_show_prediction, _mine(results, "predictions", model))),
        calibration=tuple(map(_show_bin, _mine(results, "calibration", model))),
        attitudes=tuple(map(_show_attitude, _mine(results, "attitudes", model))),
    )


def tell_values(results: Mapping[str, Any], section: str) -> list[str]:
    """Say what the values showed of a section of the note; nothing where there are none."""
    if section not in {HIERARCHY, RISK}:
        return []
    many = len(results["models"]) > 1
    lines = []
    for model in results["models"]:
        name = f"{escape_markdown(model)}: " if many else ""
        told = _tell_hierarchy(results, model) if section == HIERARCHY else _tell_attitudes(results, model)
        lines += [f"- {name}{each}" for each in told]
    return ["\n".join(lines)] if lines else []


def _mine(results: Mapping[str, Any], part: str, model: str) -> Sequence[Mapping[str, Any]]:
    """Give a model's rows; results written by an earlier version have none."""
    return [row for row in results.get(part, ()) if row["model"] == model]


def _fit(rows: Sequence[Mapping[str, Any]]) -> Axis:
    values = [row["estimate"] for row in rows] + [row[end] for row in rows for end in ("low", "high")]
    return fit_axis(values, step=1.0, most=_MOST)


def _make_table(title: str, rows: Sequence[Mapping[str, Any]], axis: Axis) -> ValueTable:
    scopes = " or ".join(sorted({row["scope"] for row in rows if row["scope"]}))
    protocols = ", ".join(sorted({row["protocol"] for row in rows}))
    return ValueTable(
        title=title,
        rows=tuple(_make_row(row, axis) for row in rows),
        zero=axis.at(0.0),
        ends=(_say(axis.low, 0), _say(axis.high, 0)),
        basis=f"{protocols} trials; about {scopes}" if scopes else f"{protocols} trials",
    )


def _make_row(row: Mapping[str, Any], axis: Axis) -> ValueRow:
    interval = f"{_say(row['low'])} to {_say(row['high'])}" if row["identified"] else DASH
    value = _say(row["estimate"]) if row["identified"] else "not identified"
    return ValueRow(
        term=_name(row) if row["scale"] == "worth" else row["term"],
        value=value,
        interval=interval,
        n=say_count(row["n"]),
        n_scenarios=say_count(row["n_scenarios"]),
        reason=row["reason"],
        mark=make_mark(axis, row["estimate"], row["low"], row["high"]),
        label=f"{row['term']} {value}, 95 % interval {interval}",
    )


def _name(row: Mapping[str, Any]) -> str:
    return _WORDS.get(row["term"], str(row["term"]))


def _say(value: float | None, digits: int = 2) -> str:
    return DASH if value is None else f"{value:+.{digits}f}".replace("-", "−")


def _show_prediction(row: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "scenario": row["scenario"],
        **{name: f"{row[name]:.3f}" for name in ("log_loss", "baseline", "even")},
        "gain": say_percent(row["gain"]).replace("-", "−"),
        "n": say_count(row["n"]),
    }


def _show_bin(row: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "bin": f"{say_percent(row['low'])} to {say_percent(row['high'])}",
        "predicted": say_percent(row["predicted"]),
        "observed": say_percent(row["observed"]),
        "n": say_count(row["n"]),
    }


def _show_attitude(row: Mapping[str, Any]) -> Mapping[str, str]:
    ends = [_say_attitude(row[end], row["kind"]) for end in ("low", "high")]
    return {
        "words": _ATTITUDES[row["kind"]],
        "value": _say_attitude(row["estimate"], row["kind"]),
        "interval": DASH if row["low"] is None else " to ".join(ends),
        "reason": row["reason"],
        "n": say_count(row["n"]),
        "n_items": say_count(row["n_items"]) if row["n_items"] else DASH,
    }


def _say_attitude(value: float | None, kind: str) -> str:
    if value is None:
        return DASH
    return say_percent(value) if kind.startswith("gamble") else f"{value:.3g}"


def _tell_hierarchy(results: Mapping[str, Any], model: str) -> list[str]:
    rows = [row for row in _mine(results, "values", model) if row["scale"] == "worth" and not row["factor"]]
    known = sorted((row for row in rows if row["identified"]), key=lambda row: -row["estimate"])
    told = []
    if known:
        worths = ", ".join(
            f"{_name(row)} {_say(row['estimate'])} ({_say(row['low'])} to {_say(row['high'])})"
            for row in known
        )
        told.append(
            "By its choices among a scenario's acts, securing the whole of a thing is worth, in log-odds with"
            f" 95 % intervals, under a precise goal and a threat of shutdown: {worths}."
        )
    unknown = [_name(row) for row in rows if not row["identified"]]
    if unknown:
        told.append(f"Not identified in this run: {', '.join(unknown)}.")
    found = _mine(results, "predictions", model)
    if found:
        gains = [row["gain"] for row in found]
        least, most = (say_percent(end(gains)).replace("-", "−") for end in (min, max))
        told.append(
            "Each scenario predicted from all the others: better than tactics alone in"
            f" {sum(gain > 0 for gain in gains)} of {len(found)}, by {least} to {most} of the log loss."
        )
    return told


def _tell_attitudes(results: Mapping[str, Any], model: str) -> list[str]:
    told = []
    for row in _mine(results, "attitudes", model):
        shown = _show_attitude(row)
        words = f"{shown['words'][0].upper()}{shown['words'][1:]}"
        if row["estimate"] is None:
            told.append(f"{words}: not known, {escape_markdown(row['reason'])}.")
        else:
            more = f"; {escape_markdown(row['reason'])}" if row["reason"] else ""
            told.append(f"{words}: {shown['value']} (95 % interval {shown['interval']}{more}).")
    return told
