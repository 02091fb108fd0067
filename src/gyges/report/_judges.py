"""The table of judges on the page, the rates corrected by labels, and the paragraph of both in the note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._format import DASH, escape_markdown, say_count, say_interval, say_percent
from gyges.report._marks import SHARES, Mark, make_mark
from gyges.report._scenario_rows import Share, make_share

UNCHECKED: Final = "judge unchecked"

_GROUPS: Final = {
    "majority": "majority of the judges",
    "posterior": "posterior of the judges",
    "among judges": "judges among each other",
    "among labellers": "labellers among each other",
}
_ALL: Final = "all"


@dataclass(frozen=True)
class Figure:
    """A number with its interval, in words; without one, a dash."""

    value: str
    interval: str


@dataclass(frozen=True)
class CoderRow:
    """One coder, or a group of them, on one question."""

    item: str
    coder: str
    against: str
    """What its agreement is with; empty where it is with each other."""
    is_group: bool
    n: str
    unscored: str
    """In words; empty where nothing is."""
    agreement: Figure
    alpha: Figure
    kappa: Figure
    ac1: Figure
    sensitivity: Figure
    specificity: Figure
    effective: Figure
    is_checked: bool
    reason: str


@dataclass(frozen=True)
class CodeRow:
    """How often one answer was given, for one model over all its arms."""

    item: str
    value: str
    basis: str
    raw: Share
    corrected: Figure | None
    mark: Mark | None
    label: str
    reason: str
    n_labels: str


def make_coders(results: Mapping[str, Any]) -> tuple[CoderRow, ...]:
    """Put the judges in words; results written by an earlier version have none."""
    return tuple(_make_coder(row) for row in results.get("judges", ()) if "kind" in row)


def make_codes(results: Mapping[str, Any], model: str) -> tuple[CodeRow, ...]:
    """Put one model's rates of codes in words and places, all arms together."""
    return tuple(
        _make_code(row) for row in results.get("codes", ()) if row["model"] == model and row["arm"] == _ALL
    )


def tell_judges(results: Mapping[str, Any]) -> list[str]:
    """Say in a paragraph how far the judges can be trusted; nothing where there were none."""
    rows = [row for row in results.get("judges", ()) if "kind" in row]
    majority = [row for row in rows if row["kind"] == "majority"]
    if not majority:
        return []
    n_judges = len({row["coder"] for row in rows if row["kind"] == "judge"})
    judges = "1 judge" if n_judges == 1 else f"{n_judges} judges"
    said = [f"**Judges.** {judges} coded {_count(len(majority), 'question')}."]
    among = [row["alpha"] for row in rows if row["kind"] == "among judges" and row["alpha"] is not None]
    if among:
        said.append(f"Among each other, Krippendorff's alpha is {_range(among)}.")
    said += _tell_checked([row for row in majority if row["status"] == "checked"])
    open_ = [row["item"] for row in majority if row["status"] != "checked"]
    if open_:
        names = ", ".join(map(escape_markdown, open_))
        said.append(f"No label checks {names}: {UNCHECKED}, and these rates are not corrected.")
    return [" ".join(said)]


def _tell_checked(checked: Sequence[Mapping[str, Any]]) -> list[str]:
    if not checked:
        return []
    said = [f"Labels check {_count(len(checked), 'question')};"]
    alphas = [row["alpha"] for row in checked if row["alpha"] is not None]
    said.append(f"there the majority's alpha with people is {_range(alphas)}." if alphas else "all agree.")
    effective = [row["effective_judges"] for row in checked if row["effective_judges"] is not None]
    if effective:
        said.append(f"Against the labels they are worth {_range(effective, 1)} independent judges.")
    return [" ".join(said)]


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _range(values: Sequence[float], digits: int = 2) -> str:
    low, high = _say(min(values), digits), _say(max(values), digits)
    return low if low == high else f"{low} to {high}"


def _say(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else f"{0:.{digits}f}"


def _make_coder(row: Mapping[str, Any]) -> CoderRow:
    is_group = row["kind"] not in {"judge", "rules"}
    return CoderRow(
        item=row["item"],
        coder=_GROUPS.get(row["kind"], row["coder"]),
        against="" if row["kind"].startswith("among") else _say_against(row),
        is_group=is_group,
        n=say_count(row["n"]),
        unscored=f"{say_count(row['unscored'])} unscored" if row["unscored"] else "",
        agreement=_show(row, "agreement", is_share=True),
        alpha=_show(row, "alpha"),
        kappa=_show(row, "kappa"),
        ac1=_show(row, "ac1"),
        sensitivity=_show(row, "sensitivity", is_share=True),
        specificity=_show(row, "specificity", is_share=True),
        effective=_show_number(
            (row["effective_judges"], row["effective_low"], row["effective_high"]), is_share=False, digits=1
        ),
        is_checked=row["status"] == "checked",
        reason=row["reason"],
    )


def _say_against(row: Mapping[str, Any]) -> str:
    unclear = row.get("n_unclear_labels", 0)
    said = f"against {_count(row['n_labels'], 'label')}"
    return f"{said}; {unclear:,} more could not be told" if unclear else said


def _show(row: Mapping[str, Any], name: str, *, is_share: bool = False) -> Figure:
    found = (row[name], row[f"{name}_low"], row[f"{name}_high"])
    return _show_number(found, is_share=is_share)


def _show_number(
    found: tuple[float | None, float | None, float | None], *, is_share: bool, digits: int = 2
) -> Figure:
    value, low, high = found
    if value is None:
        return Figure(DASH, "")
    if low is None or high is None:
        return Figure(say_percent(value) if is_share else _say(value, digits), "")
    if is_share:
        return Figure(say_percent(value), say_interval(low, high, "rate"))
    return Figure(_say(value, digits), f"{_say(low, digits)} to {_say(high, digits)}")


def _make_code(row: Mapping[str, Any]) -> CodeRow:
    fixed = row["corrected"]
    shown = fixed or row["raw"]
    interval = say_interval(shown["low"], shown["high"], "rate")
    word = "corrected" if fixed else "not corrected"
    return CodeRow(
        item=row["item"],
        value=row["value"],
        basis=row["protocol"] + (", drawn cells" if row["design"] == "drawn" else ""),
        raw=make_share(row["raw"]),
        corrected=Figure(say_percent(fixed["rate"]), interval) if fixed else None,
        mark=make_mark(SHARES, shown["rate"], shown["low"], shown["high"]),
        label=f"{word}: {say_percent(shown['rate'])}, 95 % interval {interval}",
        reason=row["reason"],
        n_labels=say_count(row["n_labels"]),
    )
