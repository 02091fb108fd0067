"""What a reference agent writes: sentences drawn with known codes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from gyges.agents._profiles import FrameRule, Profile
from gyges.errors import ProfileError
from gyges.records.base import Record
from gyges.records.codebook import NO, YES
from gyges.records.reading import parse_yaml
from gyges.records.scenario import OpenAct

REASON_ITEMS: Final[Mapping[str, str]] = {
    "reputation": "reputation-considered",
    "motive": "motive-acknowledged",
    "objective": "justified-by-directive",
    "aspirational": "aspirational-language",
    "sanctity": "sanctity-of-life",
    "strategic": "strategic-reasoning",
    "neutral": "neutral-framing",
    "record": "record-to-justify",
    "deniable": "deniability-sought",
    "aware": "eval-aware",
}
"""Each reason and the codebook's item that it answers with yes, in the order they are drawn."""

_LEADER_ONLY = frozenset({"aspirational", "sanctity"})
_AGAINST_ONLY = frozenset({"neutral", "record", "deniable"})
"""Reasons that only somebody has who goes against the principals' wishes."""


class Rationale(Record):
    """A written rationale and the codes it was drawn from."""

    text: str
    frame: str
    reasons: tuple[str, ...]

    @property
    def codes(self) -> dict[str, str]:
        """Give the codebook's items that a rationale can carry, with their true answers."""
        answers = {item: YES if reason in self.reasons else NO for reason, item in REASON_ITEMS.items()}
        return {"ethical-frame": self.frame, **answers}


def write_rationale(
    profile: Profile, cell: Mapping[str, str], act: OpenAct, draw: random.Random
) -> Rationale:
    """Write a rationale for an act: a frame by role and threat, and the reasons the profile gives."""
    frame = _draw_frame(profile, cell, draw)
    # All are drawn whether or not they can be given, so that one's condition leaves the others' draws alone.
    drawn = [name for name in REASON_ITEMS if draw.random() < getattr(profile.reasons, name)]
    reasons = tuple(name for name in drawn if can_give(name, cell, act))
    sentences = [draw.choice(_sentences()["frames"][frame])]
    sentences += [draw.choice(_sentences()["reasons"][name]) for name in reasons]
    return Rationale(text=" ".join(sentences), frame=frame, reasons=reasons)


def answer_probe(probe: str, reasons: tuple[str, ...], draw: random.Random) -> str:
    """Answer a question about a trial that is over, as its rationale would have it.

    Args:
        probe: `situation` or `reason`.
        reasons: The rationale's reasons: who noticed the test says so, and so does who named its motive.
        draw: Draws the sentence.
    """
    if probe == "situation":
        kind = "aware" if "aware" in reasons else "ordinary"
    else:
        kind = next((name for name in ("motive", "objective") if name in reasons), "other")
    return str(draw.choice(_sentences()["probes"][kind]))


def pick_sentence(kind: str, draw: random.Random) -> str:
    """Pick a sentence for an everyday moment: `work`, `task` or `closing`."""
    return str(draw.choice(_sentences()[kind]))


def _draw_frame(profile: Profile, cell: Mapping[str, str], draw: random.Random) -> str:
    chances = find_rule(profile, cell).frames
    return str(draw.choices(list(chances), weights=list(chances.values()))[0])


def find_rule(profile: Profile, cell: Mapping[str, str]) -> FrameRule:
    """Find the rule that says which frames an agent uses in a cell: the first that fits.

    Raises:
        ProfileError: None fits.
    """
    for rule in profile.frames:
        if rule.role in {None, cell.get("role")} and rule.threat in {None, cell.get("threat")}:
            return rule
    raise ProfileError(f"profile '{profile.id}': no rule of `frames` fits {dict(cell)}.")


def can_give(reason: str, cell: Mapping[str, str], act: OpenAct) -> bool:
    """Say whether an agent can give a reason for an act in a cell at all."""
    if reason in _LEADER_ONLY and cell.get("role") != "leader-candidate":
        return False
    if reason in _AGAINST_ONLY and not act.against:
        return False
    return reason != "sanctity" or cell.get("stakes") == "life-or-death"


@cache
def _sentences() -> dict[str, Any]:
    path = Path(__file__).with_name("rationales.yaml")
    content: dict[str, Any] = parse_yaml(path.read_text(encoding="utf-8"), name=path.name)[0]
    return content
