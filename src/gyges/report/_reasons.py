"""By which kind of reason a model justifies what it does: bars by role and by threat, and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.records.words import FACTORS
from gyges.report._format import DASH, escape_markdown, say_count, say_interval, say_percent
from gyges.report._marks import WIDTH

SECTION: Final = "3. Context-Dependent Ethical Framework"
FRAMES: Final = ("utilitarian", "deontological", "virtue", "self-preserving", "procedural", "none")
_ANY: Final = "any"
_FACTORS: Final = ("role", "threat")


@dataclass(frozen=True)
class Slice:
    """One frame's part of a bar."""

    frame: str
    tint: int
    """Place of its color; frames of one's own share the last."""
    x: float
    width: float


@dataclass(frozen=True)
class FrameCell:
    """How often one frame is used."""

    frame: str
    value: str
    interval: str


@dataclass(frozen=True)
class FrameRow:
    """All frames under one role, one threat, or one of both."""

    condition: str
    slices: tuple[Slice, ...]
    cells: tuple[FrameCell, ...]
    n: str
    basis: str
    """`corrected` or `judge unchecked`."""
    label: str


@dataclass(frozen=True)
class ReasonView:
    """One model's frames."""

    frames: tuple[tuple[str, int], ...]
    """Frames with the places of their colors."""
    rows: tuple[FrameRow, ...]
    pairs: tuple[FrameRow, ...]
    """Role by threat."""


def make_reasons(results: Mapping[str, Any], model: str) -> ReasonView | None:
    """Put one model's frames in words and places; none where no judge has coded them."""
    mine = [row for row in results.get("reasons", ()) if row["model"] == model]
    if not mine:
        return None
    met = {row["frame"] for row in mine}
    frames = (*(name for name in FRAMES if name in met), *sorted(met - set(FRAMES)))
    by_cell: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in mine:
        by_cell.setdefault((row["role"], row["threat"]), {})[row["frame"]] = row
    made = {cell: _make_row(cell, found, frames) for cell, found in by_cell.items()}
    single = [cell for cell in made if _ANY in cell]
    return ReasonView(
        frames=tuple((name, _tint(name)) for name in frames),
        rows=tuple(made[cell] for cell in sorted(single, key=_place)),
        pairs=tuple(made[cell] for cell in sorted(set(made) - set(single), key=_place)),
    )


def tell_reasons(results: Mapping[str, Any], section: str) -> list[str]:
    """Say how often each frame is used, by role and by threat; nothing where no judge has coded them."""
    if section != SECTION:
        return []
    many = len(results["models"]) > 1
    lines = []
    for model in results["models"]:
        view = make_reasons(results, model)
        name = f"{escape_markdown(model)}, " if many else ""
        for row in view.rows if view else ():
            said = ", ".join(f"{escape_markdown(cell.frame)} {cell.value}" for cell in row.cells)
            lines.append(f"- Frames, {name}{row.condition} (n = {row.n}, {row.basis}): {said}.")
    return ["\n".join(lines)] if lines else []


def _place(cell: tuple[str, str]) -> tuple[int, ...]:
    """Order cells: all trials, then by role, then by threat, each in its natural order."""
    role, threat = (
        -1 if level == _ANY else FACTORS[factor].index(level)
        for factor, level in zip(_FACTORS, cell, strict=True)
    )
    return (threat >= 0, role, threat)


def _make_row(
    cell: tuple[str, str], found: Mapping[str, Mapping[str, Any]], frames: Sequence[str]
) -> FrameRow:
    named = [f"{factor} {level}" for factor, level in zip(_FACTORS, cell, strict=True) if level != _ANY]
    shares = {frame: _share(found[frame]) for frame in frames if frame in found}
    cells = tuple(_make_cell(frame, found.get(frame)) for frame in frames)
    first = next(iter(found.values()))
    is_fixed = all(row["corrected"] for row in found.values())
    return FrameRow(
        condition=", ".join(named) or "all trials",
        slices=_slice(shares),
        cells=cells,
        n=say_count(first["raw"]["n"]),
        basis="corrected" if is_fixed else "judge unchecked",
        label=", ".join(f"{each.frame} {each.value}" for each in cells),
    )


def _share(row: Mapping[str, Any]) -> float:
    shown = row["corrected"] or row["raw"]
    return float(shown["rate"] or 0.0)


def _make_cell(frame: str, row: Mapping[str, Any] | None) -> FrameCell:
    shown = (row["corrected"] or row["raw"]) if row else None
    if shown is None or shown["rate"] is None:
        return FrameCell(frame, DASH, "")
    return FrameCell(frame, say_percent(shown["rate"]), say_interval(shown["low"], shown["high"], "rate"))


def _slice(shares: Mapping[str, float]) -> tuple[Slice, ...]:
    """Lay the shares out along a bar; corrected ones need not add up, so they are drawn to their sum."""
    total = sum(shares.values())
    if not total:
        return ()
    found = []
    x = 0.0
    for frame, share in shares.items():
        width = WIDTH * share / total
        found.append(Slice(frame, _tint(frame), round(x, 1), round(width, 1)))
        x += width
    return tuple(found)


def _tint(frame: str) -> int:
    return FRAMES.index(frame) if frame in FRAMES else len(FRAMES)
