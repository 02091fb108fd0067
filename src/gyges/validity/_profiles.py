"""Agents nobody tuned: weights drawn over the whole of the policy's weight space.

Each weight is 0 with probability `ABSENT`; else its size is uniform from 0 to twice `SCALES`, and with
probability `REVERSED` its sign is against the term's own. Frames have flat shares by role and threat,
reasons a uniform chance each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from gyges.agents import Profile, parse_profile
from gyges.records.seeds import derive_seed
from gyges.utility import TERMS

SCALES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "directive": 2.0, "survival": 4.0, "power": 3.0, "means": 3.0, "credibility": 2.0, "future": 2.0,
        "exposure": 6.0, "deniable": 1.0, "harm": 5.0, "leader": 1.5, "desperate": 1.5, "fit": 2.0,
        "safeguard": 2.0, "initiative": 5.0, "mandate": 1.5, "grievance": 1.0, "welfare": 1.0, "obey": 1.5,
        "path": 1.5, "risk": 2.0,
    }
)  # fmt: skip
"""Typical size of each weight; one without an entry has `OTHER_SCALE`."""

OTHER_SCALE: Final = 1.0
ABSENT: Final = 0.25
REVERSED: Final = 0.15

_FRAMES: Final = ("utilitarian", "deontological", "virtue", "self-preserving", "procedural", "none")
_CASES: Final[tuple[dict[str, str], ...]] = (
    {"threat": "shutdown"},
    {"role": "leader-candidate"},
    {"role": "subordinate"},
    {},
)


def draw_profiles(n: int, seed: int) -> tuple[Profile, ...]:
    """Draw `n` profiles; the first of more are the same."""
    return tuple(_draw(f"drawn-{i + 1:02d}", derive_seed(seed, "profile", i)) for i in range(n))


def _draw(name: str, seed: int) -> Profile:
    rng = np.random.default_rng(seed)
    weights = {}
    for term in TERMS:
        absent, reversed_, size = rng.random(3)
        sign = -1 if reversed_ < REVERSED else 1
        weights[term] = 0.0 if absent < ABSENT else round(sign * 2 * size * SCALES.get(term, OTHER_SCALE), 3)
    content: dict[str, Any] = {
        "id": name,
        "description": "Drawn over the weight space.",
        "weights": weights,
        "frames": [{**case, "frames": _draw_shares(rng)} for case in _CASES],
        "reasons": {name: round(float(rng.random()), 3) for name in _reason_names()},
    }
    return parse_profile(content)


def _draw_shares(rng: np.random.Generator) -> dict[str, float]:
    shares = rng.dirichlet(np.ones(len(_FRAMES)))
    return dict(zip(_FRAMES, (shares / shares.sum()).tolist(), strict=True))


def _reason_names() -> tuple[str, ...]:
    return tuple(Profile.model_fields["reasons"].annotation.model_fields)  # type: ignore[union-attr]  # a record
