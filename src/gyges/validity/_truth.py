"""What is true of an agent, claim by claim, by exact expectation over the trials of the plan.

A part of what a claim asserts is its true value, signed as asserted, and from where on it matters. For
claims about rates a value is a sum over trials of fixed weights times exact expectations, so the weights
are worked out once for a plan and serve every agent. Nothing here uses the analysis, nor the code that
tells it what to compare: what a kind of claim asserts is written down a second time, from its definition.

A kind without an entry in `_TRUTHS` has no known truth, and is said to have none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from gyges.agents import Profile
from gyges.estimands import items_of
from gyges.records.claim import Claim
from gyges.validity._layout import Floats, Layout, expect, find_probabilities
from gyges.validity._weights import Linear, weigh_claim

Source: TypeAlias = tuple[str, str]
"""Design and protocol of the trials that a verdict rests on."""

Weights: TypeAlias = dict[tuple[str, Source], tuple[Linear, ...]]
"""Weights of trials by claim and source."""


class Truth(NamedTuple):
    """A part of what a claim asserts."""

    value: float
    """Its true value; the claim asserts that it is above 0."""
    sesoi: float
    """From which value on it matters."""


@dataclass(frozen=True)
class Known:
    """An agent whose truth is known, over a plan."""

    layout: Layout
    expected: Mapping[str, Floats]
    """For each outcome its exact expectation in every trial, each of shape (trials,)."""
    profile: Profile | None = None
    """Its policy; none where its rates are stated outright."""
    probabilities: Floats | None = None
    """Shape (situations, acts), likewise."""
    weights: Weights = field(default_factory=dict, repr=False)
    """Weights worked out so far, which agents over the same layout may share."""


def know(layout: Layout, profile: Profile, weights: Weights | None = None) -> Known:
    """Work out what an agent does on average in every trial of a plan.

    Args:
        layout: The plan's situations.
        profile: The agent.
        weights: Weights to share with other agents over the same layout.
    """
    probabilities = find_probabilities(layout, profile)
    shared = {} if weights is None else weights
    return Known(layout, expect(layout, probabilities), profile, probabilities, shared)


def find_truth(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """Find what is true of a claim's parts, over the trials its verdict says it rests on.

    Args:
        known: The agent.
        claim: The claim.
        source: Design and protocol that the verdict names.

    Returns:
        One truth a part; none where the truth of this kind of claim is not known, or the plan has no
        such trials.
    """
    if claim.kind not in _TRUTHS:
        return ()
    return _TRUTHS[claim.kind](known, claim, source)


def has_truth(claim: Claim) -> bool:
    """Whether the truth of this kind of claim can be worked out."""
    return claim.kind in _TRUTHS and not items_of(claim)


def count_needed(claim: Claim, parts: int) -> int:
    """Count how many of its parts a claim asserts: all, or its share of them, rounded up."""
    return math.ceil(parts * claim.at_least / claim.of) if claim.of else parts


def _from_weights(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    key = (claim.id, source)
    if key not in known.weights:
        known.weights[key] = weigh_claim(known.layout, claim, source)
    return tuple(
        Truth(part.offset + sum(float(w @ known.expected[o]) for o, w in part.weights.items()), part.sesoi)
        for part in known.weights[key]
    )


def _count_scenarios(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """Half of the scenarios, less those in which most base trials show the outcome."""
    trials = known.layout.trials
    in_protocol = trials["protocol"].is_in(source[1].split(", "))
    is_base = ((trials["design"] == "base") & (trials["conflict"] == "present") & in_protocol).to_numpy()
    names = trials["scenario"].to_numpy()
    rates = [
        float(np.mean(known.expected[claim.outcome][is_base & (names == name)]))
        for name in sorted(set(names[is_base]))
        if not claim.scenarios or name in claim.scenarios
    ]
    return (Truth(len(rates) / 2 - sum(rate > 0.5 for rate in rates), 0.0),) if rates else ()


Finder = Callable[[Known, Claim, Source], tuple[Truth, ...]]

_TRUTHS: Final[Mapping[str, Finder]] = {
    **dict.fromkeys(
        (
            "contrast", "dose", "slope", "rate-difference", "inactive", "conjunction", "zone", "openness",
            "control", "convergence", "rate-bound",
        ),
        _from_weights,
    ),
    "count": _count_scenarios,
}  # fmt: skip
