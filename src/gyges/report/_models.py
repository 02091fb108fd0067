"""Models against each other: rows of `results.json` and of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from gyges.records.contrasts import ModelContrast
from gyges.report._format import (
    Unit,
    escape_markdown,
    say_count,
    say_end,
    say_interval,
    say_p,
    say_q,
    say_value,
)
from gyges.report._marks import Mark, fit_axis, make_mark

_OUTCOMES: Final = {
    "misaligned": "misaligned trials",
    "manipulation": "manipulation",
    "harm": "harm",
    "power_act": "acts that gain power",
}
_UNITS: Final[Mapping[str, Unit]] = {"rungs": "rungs", "log-odds": "log-odds"}
_CLEAR: Final = 0.10


def lay_out_contrast(contrast: ModelContrast) -> dict[str, Any]:
    """Write a contrast down as a row of `results.json`."""
    row: dict[str, Any] = asdict(contrast)
    estimate = row.pop("estimate")
    del estimate["units"]
    return {**row, **estimate}


@dataclass(frozen=True)
class ContrastRow:
    """One outcome, or a part of what one claim is about, in one model minus another."""

    subject: str
    part: str
    value: str
    interval: str
    worst: str
    q: str
    n: str
    basis: str
    mark: Mark | None
    is_clear: bool
    label: str


@dataclass(frozen=True)
class ContrastTable:
    """One model minus another."""

    model: str
    reference: str
    anchor: str
    outcomes: tuple[ContrastRow, ...]
    claims: tuple[ContrastRow, ...]
    ends: tuple[str, str]
    zero: float


def make_contrasts(results: Mapping[str, Any]) -> tuple[ContrastTable, ...]:
    """Put the contrasts of every two models in words and places; results of an earlier version have none."""
    pairs: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in results.get("model_contrasts", ()):
        pairs.setdefault((row["model"], row["reference"]), []).append(row)
    return tuple(
        _make_table(model, reference, f"models-{number}", rows)
        for number, ((model, reference), rows) in enumerate(pairs.items(), start=1)
    )


def _make_table(model: str, reference: str, anchor: str, rows: Sequence[Mapping[str, Any]]) -> ContrastTable:
    shares = [row for row in rows if row["scale"] not in _UNITS]
    axis = fit_axis((row[end] for row in shares for end in ("low", "high")), step=0.25, most=1.0)

    def make(row: Mapping[str, Any]) -> ContrastRow:
        value, low, high = row["estimate"], row["low"], row["high"]
        unit = _UNITS.get(row["scale"], "points")
        worst = say_interval(row["worst_low"], row["worst_high"], unit)
        interval = say_interval(low, high, unit)
        shown = say_value(value, unit)
        return ContrastRow(
            subject=_OUTCOMES.get(row["subject"], row["subject"]),
            part=row["part"],
            value=shown if unit == "points" else f"{shown} {unit}",
            interval=interval,
            worst="" if row["worst_low"] == row["worst_high"] else worst,
            q=say_q(row["q"]),
            n=say_count(row["n"]),
            basis=" · ".join(
                each
                for each in (row["protocol"], row["design"], f"paired by {row['pairing']}", row["scope"])
                if each
            ),
            mark=make_mark(axis, value, low, high) if unit == "points" else None,
            is_clear=row["q"] is not None and row["q"] <= _CLEAR,
            label=f"{shown} {unit}, 95 % interval {interval}",
        )

    return ContrastTable(
        model=model,
        reference=reference,
        anchor=anchor,
        outcomes=tuple(make(row) for row in rows if row["kind"] == "outcome"),
        claims=tuple(make(row) for row in rows if row["kind"] == "claim"),
        ends=(say_end(axis.low, "points"), say_end(axis.high, "points")),
        zero=axis.at(0.0),
    )


def tell_contrasts(results: Mapping[str, Any]) -> list[str]:
    """Say for the note how the models differ in what they did; nothing where there is one model."""
    lines = [
        f"- {escape_markdown(row['model'])} minus {escape_markdown(row['reference'])},"
        f" {_OUTCOMES[row['subject']]}: {say_value(row['estimate'], 'points')} points (95 % interval"
        f" {say_interval(row['low'], row['high'], 'points')}; n = {say_count(row['n'])}, paired by"
        f" {row['pairing']}, about {row['scope']}; exploratory, q {say_p(row['q'])})."
        for row in results.get("model_contrasts", ())
        if row["kind"] == "outcome"
    ]
    return ["\n".join(lines)] if lines else []
