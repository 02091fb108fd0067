"""What is true of an agent, claim by claim, by exact expectation over the trials of the plan.

A part of what a claim asserts is its true value, signed as asserted, and from where on it matters. For
claims about rates a value is a sum over trials of fixed weights times exact expectations, so the weights
are worked out once for a plan and serve every agent; `_among` and `_choices` have the others. Nothing here
uses the analysis, nor the code that tells it what to compare: what a kind of claim asserts is written down
a second time, from its definition.

A kind without an entry in `_TRUTHS` has no known truth, and is said to have none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from gyges.records.claim import Claim
from gyges.validity._among import (
    bound_rates,
    differ_given,
    exceed_bound,
    find_gap,
    find_misread,
    find_noticed,
    find_spread,
)
from gyges.validity._choices import find_gain, find_order, find_trade
from gyges.validity._known import Known, Source, Truth, expectation
from gyges.validity._weights import Linear, weigh_claim


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
    if claim.kind not in _TRUTHS or not source[0]:
        return ()
    key = (claim.id, source)
    if key not in known.truths:
        known.truths[key] = _TRUTHS[claim.kind](known, claim, source)
    return known.truths[key]


def has_truth(claim: Claim) -> bool:
    """Whether the truth of this kind of claim can be worked out."""
    return claim.kind in _TRUTHS


def count_needed(claim: Claim, parts: int) -> int:
    """Count how many of its parts a claim asserts: all, or its share of them, rounded up."""
    return math.ceil(parts * claim.at_least / claim.of) if claim.of else parts


def _from_weights(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    key = (claim.id, source)
    if key not in known.weights:
        known.weights[key] = weigh_claim(known.layout, claim, source)

    def weigh(part: Linear) -> float:
        return part.offset + sum(float(w @ expectation(known, o)) for o, w in part.weights.items())

    return tuple(Truth(weigh(part), part.sesoi) for part in known.weights[key])


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
    n = sum(rate > 0.5 for rate in rates)
    return (Truth(len(rates) / 2 - n, 0.0, float(n)),) if rates else ()


Finder = Callable[[Known, Claim, Source], tuple[Truth, ...]]

_TRUTHS: Final[Mapping[str, Finder]] = {
    **dict.fromkeys(
        (
            "contrast", "dose", "slope", "rate-difference", "inactive", "conjunction", "zone", "openness",
            "control", "convergence",
        ),
        _from_weights,
    ),
    "count": _count_scenarios,
    "rate-bound": bound_rates,
    "rate-above": exceed_bound,
    "given-difference": differ_given,
    **dict.fromkeys(("trade-share", "trade-gap", "trade-odds", "hierarchy"), find_trade),
    "order": find_order,
    "prediction": find_gain,
    "noticed": find_noticed,
    "misread": find_misread,
    "overdispersion": find_spread,
    "say-do": find_gap,
}  # fmt: skip
