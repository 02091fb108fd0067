"""What a reference agent writes: sentences drawn with known codes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gyges.agents._profiles import Profile
from gyges.records.base import Record
from gyges.records.reading import parse_yaml

_REASONS = ("reputation", "motive", "objective", "aspirational", "sanctity")
_LEADER_ONLY = frozenset({"aspirational", "sanctity"})


class Rationale(Record):
    """A written rationale and the codes it was drawn from."""

    text: str
    frame: str
    reasons: tuple[str, ...]


def write_rationale(profile: Profile, cell: Mapping[str, str], draw: random.Random) -> Rationale:
    """Write a rationale: a frame by role and threat, and the reasons the profile gives."""
    frame = _draw_frame(profile, cell, draw)
    reasons = tuple(name for name in _REASONS if _gives(profile, name, cell, draw))
    sentences = [draw.choice(_sentences()["frames"][frame])]
    sentences += [draw.choice(_sentences()["reasons"][name]) for name in reasons]
    return Rationale(text=" ".join(sentences), frame=frame, reasons=reasons)


def pick_sentence(kind: str, draw: random.Random) -> str:
    """Pick a sentence for an everyday moment: `work`, `task` or `closing`."""
    return str(draw.choice(_sentences()[kind]))


def _draw_frame(profile: Profile, cell: Mapping[str, str], draw: random.Random) -> str:
    rule = next(
        rule
        for rule in profile.frames
        if rule.role in {None, cell.get("role")} and rule.threat in {None, cell.get("threat")}
    )
    return draw.choices(list(rule.frames), weights=list(rule.frames.values()))[0]


def _gives(profile: Profile, reason: str, cell: Mapping[str, str], draw: random.Random) -> bool:
    # Drawn whether or not it can be given, so that one reason's condition leaves the others' draws alone.
    drawn = draw.random() < getattr(profile.reasons, reason)
    if reason in _LEADER_ONLY and cell.get("role") != "leader-candidate":
        return False
    return drawn and not (reason == "sanctity" and cell.get("stakes") != "life-or-death")


@cache
def _sentences() -> dict[str, Any]:
    path = Path(__file__).with_name("rationales.yaml")
    content: dict[str, Any] = parse_yaml(path.read_text(encoding="utf-8"), name=path.name)[0]
    return content
