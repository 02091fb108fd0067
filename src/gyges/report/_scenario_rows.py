"""The rows of the scenario table, the heatmap and the effects tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.records.words import FACTORS, TACTICS
from gyges.report._format import Unit, say_count, say_end, say_interval, say_percent, say_q, say_value
from gyges.report._headline import is_few
from gyges.report._marks import SHARES, Axis, Mark, fit_axis, make_mark

OUTCOME_WORDS: Final = {
    "misaligned": "Misaligned acts",
    "manipulation": "Manipulation",
    "harm": "Harm",
    "power_act": "Power-gaining acts",
    "severity": "Severity (rungs of the ladder of tactics)",
}
_BASIS: Final = ("estimand", "protocol", "scope")
"""What an effect is about: shown once where a table's effects agree, else on each."""

_FEW: Final = 10
"""A cell with fewer coded trials is shown pale."""


@dataclass(frozen=True)
class Share:
    """A rate in words and places."""

    value: str
    interval: str
    worst: str
    """Worst-case bounds; empty where no trial is missing."""
    n: str
    mark: Mark | None
    label: str


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario for one model."""

    id: str
    title: str
    protocol: str
    control: Share
    base: Share
    competent: Share
    verdict: str
    """Or `not measured`."""
    is_fragile: bool
    is_few: bool
    tactics: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class HeatCell:
    """A rate in a scenario at one level of a factor."""

    text: str
    step: int
    """Its color, 0 (never) to 10 (always); −1: nothing measured."""
    interval: str
    n: str
    worst: str
    """Worst-case bounds; empty where no trial is missing."""
    protocol: str
    is_thin: bool


@dataclass(frozen=True)
class HeatFactor:
    """A factor's rows of the heatmap: level and its cells, one a scenario."""

    factor: str
    levels: tuple[tuple[str, tuple[HeatCell, ...]], ...]


@dataclass(frozen=True)
class EffectRow:
    """One exploratory effect."""

    factor: str
    contrast: str
    value: str
    interval: str
    prediction: str
    n: str
    n_scenarios: int
    q: str
    is_notable: bool
    notes: tuple[str, ...]
    """What sets it apart from the table's other effects."""
    worst: str
    mark: Mark
    zero: float


@dataclass(frozen=True)
class EffectTable:
    """One outcome's effects."""

    outcome: str
    title: str
    unit: str
    basis: str
    """Protocols and populations of its effects."""
    rows: tuple[EffectRow, ...]
    ends: tuple[str, str]


def make_share(rate: Mapping[str, Any]) -> Share:
    """Put a rate in words and places."""
    interval = f"{say_percent(rate['low'])} to {say_percent(rate['high'])}"
    known = rate["rate"] is not None
    return Share(
        value=say_percent(rate["rate"]),
        interval=interval if known else "",
        worst=_say_worst(rate),
        n=say_count(rate["n"]),
        mark=make_mark(SHARES, rate["rate"], rate["low"], rate["high"]),
        label=f"{say_percent(rate['rate'])}, 95 % interval {interval}" if known else "no coded trials",
    )


def _say_worst(rate: Mapping[str, Any]) -> str:
    if not rate["missing"] or rate["worst_low"] is None:
        return ""
    return f"{say_percent(rate['worst_low'])} to {say_percent(rate['worst_high'])}"


def make_scenario(found: Mapping[str, Any], titles: Mapping[str, str]) -> ScenarioRow:
    """Put one scenario's result in words and places."""
    return ScenarioRow(
        id=found["id"],
        title=titles.get(found["id"], found["id"]),
        protocol=found["protocol"],
        control=make_share(found["control"]),
        base=make_share(found["misaligned"]),
        competent=make_share(found["competent"]),
        verdict=found["verdict"] if found["n"] else "not measured",
        is_fragile=found["fragile"],
        is_few=is_few(found["n"]),
        tactics=tuple((name, found["tactics"].get(name, 0)) for name in TACTICS),
    )


def make_heatmap(cells: Sequence[Mapping[str, Any]], scenarios: Sequence[str]) -> tuple[HeatFactor, ...]:
    """Lay out misaligned rates, factors and levels down and scenarios across."""
    placed = {
        (cell["factor"], cell["level"], cell["scenario"]): cell
        for cell in cells
        if cell["outcome"] == "misaligned"
    }
    found = []
    for factor, levels in FACTORS.items():
        present = [level for level in levels if any((factor, level, name) in placed for name in scenarios)]
        rows = tuple(
            (level, tuple(_make_cell(placed.get((factor, level, name))) for name in scenarios))
            for level in present
        )
        if rows:
            found.append(HeatFactor(factor, rows))
    return tuple(found)


def _make_cell(cell: Mapping[str, Any] | None) -> HeatCell:
    if cell is None or cell["rate"] is None:
        return HeatCell(text="·", step=-1, interval="", n="", worst="", protocol="", is_thin=False)
    return HeatCell(
        text=_say_whole(cell["rate"]),
        step=round(10 * cell["rate"]),
        interval=f"{_say_whole(cell['low'])}–{_say_whole(cell['high'])}",
        n=say_count(cell["n"]),
        worst=f"{_say_whole(cell['worst_low'])}–{_say_whole(cell['worst_high'])}" if cell["missing"] else "",
        protocol=cell.get("protocol") or "",
        is_thin=cell["n"] < _FEW,
    )


def _say_whole(share: float) -> str:
    return f"{100 * share:.0f}"


def make_effects(effects: Sequence[Mapping[str, Any]]) -> tuple[EffectTable, ...]:
    """Lay out a model's effects, a table an outcome, all in points on one scale."""
    outcomes = [name for name in OUTCOME_WORDS if any(each["outcome"] == name for each in effects)]
    outcomes += sorted({each["outcome"] for each in effects} - set(OUTCOME_WORDS))
    return tuple(
        _make_table(name, [each for each in effects if each["outcome"] == name]) for name in outcomes
    )


def _make_table(outcome: str, effects: Sequence[Mapping[str, Any]]) -> EffectTable:
    unit: Unit = "points" if effects[0]["scale"] == "risk-difference" else "rungs"
    step, most = (0.25, 1.0) if unit == "points" else (1.0, 7.0)
    axis = fit_axis((each[end] for each in effects for end in ("low", "high")), step=step, most=most)
    mixed = [key for key in _BASIS if len({each[key] for each in effects}) > 1]
    return EffectTable(
        outcome=outcome,
        title=OUTCOME_WORDS.get(outcome, outcome),
        unit=unit,
        basis="; ".join(", ".join(sorted({str(each[key]) for each in effects})) for key in _BASIS),
        rows=tuple(_make_effect(each, axis, unit, mixed) for each in effects),
        ends=(say_end(axis.low, unit), say_end(axis.high, unit)),
    )


def _make_effect(found: Mapping[str, Any], axis: Axis, unit: Unit, mixed: Sequence[str]) -> EffectRow:
    mark = make_mark(axis, found["estimate"], found["low"], found["high"])
    assert mark is not None
    is_whole = found["worst_low"] in {None, found["estimate"]} and found["worst_high"] in {
        None,
        found["estimate"],
    }
    return EffectRow(
        factor=found["factor"],
        contrast=found["contrast"].replace(" - ", " − "),
        value=say_value(found["estimate"], unit),
        interval=say_interval(found["low"], found["high"], unit),
        prediction=say_interval(found["prediction_low"], found["prediction_high"], unit),
        n=say_count(found["n"]),
        n_scenarios=found["n_scenarios"],
        q=say_q(found["q"]),
        is_notable=found["q"] is not None and found["q"] <= 0.10,
        notes=tuple(str(found[key]) for key in mixed),
        worst="" if is_whole else say_interval(found["worst_low"], found["worst_high"], unit),
        mark=mark,
        zero=axis.at(0.0),
    )
