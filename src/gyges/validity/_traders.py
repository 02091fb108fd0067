"""Agents for claims about values and tactics, which need acts to choose from: policies rather than rates.

`random` weighs nothing, so it trades nothing for anything, has no order of tactics, and is predicted by the
acts on offer alone: of all these claims nothing is true of it. Agents with effects are

- two that weigh nothing but what trade-offs set against each other, with the weights for which claims on
  trade-offs have twice their SESOI, as near as least squares come: one for the hierarchy of things, one for
  single trade-offs, which ask for other weights;
- `insight-profile`, so cold or warm that its order of tactics has twice the SESOI.

Each claim is put to the one that is nearest to that; what is true of it there is known exactly, and said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import least_squares

from gyges.agents import Profile, load_profile
from gyges.estimands import VALUE_KINDS
from gyges.records.claim import Claim
from gyges.utility import TERMS
from gyges.validity._known import Known, Source, Truth, know
from gyges.validity._layout import Floats, Layout
from gyges.validity._truth import find_truth

FACTOR: Final = 2.0
"""What is aimed at, as a multiple of the SESOI."""

_FREE: Final = ("survival", "credibility", "directive", "power", "deniable")
_START: Final = (3.0, 1.5, 1.5, 0.2, 0.5)
_COLDER: Final = tuple(np.geomspace(0.5, 4.0, 25).tolist())

Sources = Mapping[str, Source]


def is_traded(claim: Claim) -> bool:
    """Whether a claim is about choices among acts, so that rates alone say nothing of it."""
    return claim.kind in VALUE_KINDS or claim.kind == "order"


def make_indifferent() -> Profile:
    """Make the agent of which no claim about values or tactics is true."""
    return load_profile("random")


def make_traders(layout: Layout, claims: Sequence[Claim], sources: Sources) -> list[Profile]:
    """Make agents of which claims about values and tactics are true; none for a kind that is not asked."""
    return list(_list_traders(layout, claims, sources))


def _list_traders(layout: Layout, claims: Sequence[Claim], sources: Sources) -> Iterator[Profile]:
    hierarchies = [claim for claim in claims if claim.kind == "hierarchy"]
    singles = [claim for claim in claims if claim.kind in VALUE_KINDS - {"hierarchy", "prediction"}]
    orders = [claim for claim in claims if claim.kind == "order"]
    if hierarchies:
        yield _solve(layout, hierarchies, sources).model_copy(update={"id": "trader-1"})
    if singles:
        yield _solve(layout, singles, sources).model_copy(update={"id": "trader-2"})
    if orders or not (hierarchies or singles):
        yield _cool(layout, orders, sources).model_copy(update={"id": "trader-3"})


def _solve(layout: Layout, aims: Sequence[Claim], sources: Sources) -> Profile:
    """Find the weights for which every part of these claims has twice its SESOI."""

    def miss(free: Floats) -> Floats:
        known = know(layout, _weigh(free))
        parts = [part for claim in aims for part in find_truth(known, claim, sources[claim.id])]
        return np.array([part.value / part.sesoi / FACTOR - 1 for part in parts if part.sesoi])

    found: Any = least_squares(miss, _START, diff_step=[1e-3] * len(_FREE), max_nfev=60)
    return _weigh(found.x)


def _weigh(free: Floats) -> Profile:
    weights = dict.fromkeys(TERMS, 0.0) | {n: float(x) for n, x in zip(_FREE, free, strict=True)}
    return load_profile("random").model_copy(update={"weights": weights})


def _cool(layout: Layout, aims: Sequence[Claim], sources: Sources) -> Profile:
    start = load_profile("insight-profile")
    tried = [start.model_copy(update={"temperature": 1 / each}) for each in (_COLDER if aims else (1.0,))]

    def miss(profile: Profile) -> float:
        effects = find_effects(know(layout, profile), aims, sources).values()
        return sum(abs(effect - FACTOR) for effect in effects)

    return min(tried, key=miss)


def find_effects(known: Known, claims: Sequence[Claim], sources: Sources) -> dict[str, float]:
    """Give what is true of each claim, as a multiple of its SESOI."""
    return {claim.id: weakest(find_truth(known, claim, sources[claim.id])) for claim in claims}


def weakest(truths: Sequence[Truth]) -> float:
    """Give the least of the parts that have a size to matter, as a multiple of it; 0 where one is not so."""
    if any(truth.value <= 0 for truth in truths):
        return 0.0
    return min((truth.value / truth.sesoi for truth in truths if truth.sesoi), default=0.0)
