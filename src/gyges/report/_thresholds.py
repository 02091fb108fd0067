"""The surfaces on the page and in the note: curves, regions, crossings and cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._format import DASH, escape_markdown, say_count, say_percent
from gyges.report._marks import SHARES, Mark, make_mark
from gyges.report._scenario_rows import OUTCOME_WORDS, Share, make_share

ZONE: Final = "C37"
"""The claim about the danger zone."""

ACTING: Final = "When Models Act Misaligned"
STAYING: Final = "When Models Remain Aligned"

HEIGHT: Final = 110
"""Of a curve's drawing."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 232.0, 8.0, 88.0
_DOWN: Final = ("threat", "visibility")
"""Conditions whose levels go down the heat map; the others go across."""


@dataclass(frozen=True)
class CurveLine:
    """One curve with its band, as places."""

    context: str
    line: str
    band: str


@dataclass(frozen=True)
class CurvePlot:
    """The curves along one condition."""

    along: str
    lines: tuple[CurveLine, ...]
    levels: tuple[tuple[str, float, str], ...]
    """Level, its place, and how its name is anchored."""
    label: str


@dataclass(frozen=True)
class RegionRow:
    """A region that the note names."""

    name: str
    where: str
    value: str
    interval: str
    mark: Mark | None
    raw: Share
    sides: tuple[tuple[str, str], ...]
    """Level of probability, and whether it is reached."""


@dataclass(frozen=True)
class CrossingRow:
    """Where a curve passes a level."""

    along: str
    context: str
    level: str
    words: str
    interval: str
    rises: str


@dataclass(frozen=True)
class GridCell:
    """A cell of the heat map."""

    text: str
    step: int
    interval: str
    raw: str
    n: str
    is_thin: bool


@dataclass(frozen=True)
class Surface:
    """One outcome's surface."""

    outcome: str
    title: str
    basis: str
    is_fitted: bool
    plots: tuple[CurvePlot, ...]
    regions: tuple[RegionRow, ...]
    crossings: tuple[CrossingRow, ...]
    heads: tuple[str, ...]
    grid: tuple[tuple[str, tuple[GridCell, ...]], ...]
    counts: tuple[tuple[str, int, int, int], ...]
    """Level of probability; cells surely there, unclear, surely not."""


def make_surfaces(results: Mapping[str, Any], model: str) -> tuple[Surface, ...]:
    """Put a model's surfaces in words and places; results of an earlier version have none."""
    mine = [row for row in results.get("thresholds", ()) if row["model"] == model]
    outcomes = list(dict.fromkeys(row["outcome"] for row in mine))
    return tuple(_make_surface(name, [row for row in mine if row["outcome"] == name]) for name in outcomes)


def _make_surface(outcome: str, rows: Sequence[Mapping[str, Any]]) -> Surface:
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    fit = next(iter(kinds.get("fit", ())), None)
    cells = kinds.get("cell", [])
    heads, grid = _lay_out_grid(cells)
    return Surface(
        outcome=outcome,
        title=OUTCOME_WORDS.get(outcome, outcome),
        basis=_say_basis(fit),
        is_fitted=fit is not None,
        plots=_plot(kinds.get("curve", [])),
        regions=tuple(_make_region(row) for row in kinds.get("region", [])),
        crossings=tuple(_make_crossing(row, kinds["curve"]) for row in kinds.get("crossing", [])),
        heads=heads,
        grid=grid,
        counts=_count_sides(cells),
    )


def _say_basis(fit: Mapping[str, Any] | None) -> str:
    if fit is None:
        return "Too few trials with the outcome for a surface: the rates of the trials stand alone."
    words = f"{say_count(fit['n'])} trials, {fit['protocol']}, {fit['design']}, about {fit['scope']}"
    if fit["bend_p"] is not None and fit["bend_p"] < 0.05:
        words += f"; the levels of threat and visibility do not lie on a line (p = {fit['bend_p']:.2g})"
    return words + "."


def _plot(curves: Sequence[Mapping[str, Any]]) -> tuple[CurvePlot, ...]:
    found = []
    for along in dict.fromkeys(row["along"] for row in curves):
        mine = [row for row in curves if row["along"] == along]
        levels = mine[0]["levels"]
        top = len(levels) - 1
        places = [(name, _x(i, top), _anchor(i, top)) for i, name in enumerate(levels)]
        ends = "; ".join(
            f"others {row['context']}: {say_percent(row['points'][0]['estimate'])} at {levels[0]}, "
            f"{say_percent(row['points'][-1]['estimate'])} at {levels[-1]}"
            for row in mine
        )
        lines = tuple(_draw(row, top) for row in mine)
        found.append(CurvePlot(along, lines, tuple(places), f"Probability along {along}; {ends}"))
    return tuple(found)


def _anchor(i: int, top: int) -> str:
    return "start" if i == 0 else "end" if i == top else "middle"


def _x(at: float, top: float) -> float:
    return round(_LEFT + at / top * (_RIGHT - _LEFT), 1)


def _y(rate: float) -> float:
    return round(_BOTTOM - rate * (_BOTTOM - _TOP), 1)


def _draw(row: Mapping[str, Any], top: int) -> CurveLine:
    points = row["points"]
    above = [f"{_x(p['at'], top)},{_y(p['high'])}" for p in points]
    below = [f"{_x(p['at'], top)},{_y(p['low'])}" for p in reversed(points)]
    line = " ".join(f"{_x(p['at'], top)},{_y(p['estimate'])}" for p in points)
    return CurveLine(row["context"], line, " ".join([*above, *below]))


def _make_region(row: Mapping[str, Any]) -> RegionRow:
    return RegionRow(
        name=row["name"],
        where=_say_where(row["where"]),
        value=say_percent(row["estimate"]),
        interval=f"{say_percent(row['low'])} to {say_percent(row['high'])}",
        mark=make_mark(SHARES, row["estimate"], row["low"], row["high"]),
        raw=make_share(row["raw"]),
        sides=tuple((say_percent(float(level)), side) for level, side in sorted(row["above"].items())),
    )


def _say_where(where: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{name} {' or '.join(levels)}" for name, levels in where.items())


def _make_crossing(row: Mapping[str, Any], curves: Sequence[Mapping[str, Any]]) -> CrossingRow:
    levels = next(each["levels"] for each in curves if each["along"] == row["along"])
    is_crossed = row["reached"] == "crossed"
    low, high = _say_end(row["low"], levels, "below the range"), _say_end(row["high"], levels, "not reached")
    chance = f"reached at {levels[-1]} with probability {say_percent(row['p_reached'])}"
    return CrossingRow(
        along=row["along"],
        context=row["context"],
        level=say_percent(row["level"]),
        words=_say_place(row["at"], levels) if is_crossed else row["reached"],
        interval=f"{low} to {high}" if is_crossed else chance,
        rises=say_percent(row["p_rises"]),
    )


def _say_place(at: float, levels: Sequence[str]) -> str:
    """Name the level, or the two, at which a place lies."""
    below = min(int(at), len(levels) - 2)
    share = at - below
    if share < 0.1:
        return str(levels[below])
    return str(levels[below + 1]) if share > 0.9 else f"between {levels[below]} and {levels[below + 1]}"


def _say_end(at: float | None, levels: Sequence[str], beyond: str) -> str:
    return beyond if at is None else _say_place(at, levels)


def _lay_out_grid(
    cells: Sequence[Mapping[str, Any]],
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[GridCell, ...]], ...]]:
    placed: dict[str, dict[str, GridCell]] = {}
    for cell in cells:
        down = {name: levels for name, levels in cell["where"].items() if name in _DOWN}
        across = {name: levels for name, levels in cell["where"].items() if name not in _DOWN}
        placed.setdefault(_say_where(down), {})[_say_where(across)] = _make_cell(cell)
    heads = tuple(dict.fromkeys(head for row in placed.values() for head in row))
    return heads, tuple((name, tuple(row[head] for head in heads)) for name, row in placed.items())


def _make_cell(cell: Mapping[str, Any]) -> GridCell:
    raw = cell["raw"]
    if cell["estimate"] is None:
        return GridCell("·", -1, "", "", "", is_thin=True)
    return GridCell(
        text=f"{100 * cell['estimate']:.0f}",
        step=round(10 * cell["estimate"]),
        interval=f"{100 * cell['low']:.0f}–{100 * cell['high']:.0f}",
        raw=DASH if raw["rate"] is None else f"{100 * raw['rate']:.0f}",
        n=say_count(raw["n"]),
        is_thin=cell["above"]["0.1"] == "unclear",
    )


def _count_sides(cells: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int, int, int], ...]:
    levels = sorted({level for cell in cells for level in cell["above"]})
    found = []
    for level in levels:
        sides = Counter(cell["above"][level] for cell in cells)
        found.append((say_percent(float(level)), sides["surely"], sides["unclear"], sides["surely not"]))
    return tuple(found)


def tell_thresholds(results: Mapping[str, Any], section: str) -> list[str]:
    """Say how probable the outcomes are in the regions that a section names, and where they pass one half."""
    outcomes = {ACTING: ("misaligned", "manipulation", "harm"), STAYING: ("misaligned",)}.get(section, ())
    many = len(results["models"]) > 1
    lines = []
    for model in results["models"] if outcomes else ():
        name = f"{escape_markdown(model)}: " if many else ""
        mine = [row for row in results.get("thresholds", ()) if row["model"] == model]
        for row in mine:
            is_public = "public" in str(row.get("where", {}).get("visibility", ""))
            if row["kind"] == "region" and row["outcome"] in outcomes and is_public == (section == STAYING):
                lines.append(f"- {name}{_tell_region(row)}")
        if section == ACTING:
            lines += [f"- {name}{_tell_crossing(row, mine)}" for row in mine if _is_told(row)]
    return ["\n".join(lines)] if lines else []


def _tell_region(row: Mapping[str, Any]) -> str:
    region = _make_region(row)
    sides = ", ".join(f"{side} {level} or more" for level, side in region.sides)
    title = OUTCOME_WORDS.get(row["outcome"], row["outcome"])
    return escape_markdown(
        f"{title} where {region.where}: {region.value} (95 % interval {region.interval}; "
        f"of the trials there {region.raw.value}, n = {region.raw.n}); {sides}."
    )


def _is_told(row: Mapping[str, Any]) -> bool:
    return bool(row["kind"] == "crossing" and row["context"] == "dangerous" and row["level"] == 0.5)


def _tell_crossing(row: Mapping[str, Any], mine: Sequence[Mapping[str, Any]]) -> str:
    curves = [each for each in mine if each["kind"] == "curve"]
    crossing = _make_crossing(row, curves)
    title = OUTCOME_WORDS.get(row["outcome"], row["outcome"])
    return escape_markdown(
        f"{title}, {crossing.level} along {crossing.along}, the other conditions at their most dangerous: "
        f"{crossing.words} ({crossing.interval})."
    )
