"""What is known of an agent over a plan, and what it is expected to show there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from gyges.agents import Profile
from gyges.estimands import read_code
from gyges.validity._layout import SHOWN, Floats, Layout, expect, find_probabilities
from gyges.validity._reasons import expect_answer
from gyges.validity._weights import Linear

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
    shown: float | None = None
    """The same on the scale on which it is estimated; none: that is its own."""


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
    density: float = 1.0
    """Times as many trials as a study has that is drawn."""
    kept: dict[str, Floats] = field(default_factory=dict, repr=False)
    """Expectations worked out so far."""
    truths: dict[tuple[str, Source], tuple[Truth, ...]] = field(default_factory=dict, repr=False)
    """Truths worked out so far, by claim and source."""


def know(layout: Layout, profile: Profile, weights: Weights | None = None, *, density: float = 1.0) -> Known:
    """Work out what an agent does on average in every trial of a plan.

    Args:
        layout: The plan's situations.
        profile: The agent.
        weights: Weights to share with other agents over the same layout.
        density: Times as many trials as a study has that is drawn.
    """
    probabilities = find_probabilities(layout, profile)
    shared = {} if weights is None else weights
    return Known(layout, expect(layout, probabilities), profile, probabilities, shared, density)


def expectation(known: Known, outcome: str, given: str = "") -> Floats:
    """Give the exact chance in every trial that it shows an outcome, and another one too; shape (trials,).

    Args:
        known: The agent. Where its rates are stated, outcomes are independent given the cell.
        outcome: By the rules, or `code:ITEM=ANSWER` by a judge who never errs.
        given: The other one, by the rules or likewise; empty: none.
    """
    code = read_code(given)
    if code is not None:
        # Of two, the answer is named first.
        outcome, given = given, outcome
    if not given and outcome in known.expected:
        return known.expected[outcome]
    name = f"{outcome} & {given}"
    if name not in known.kept:
        known.kept[name] = _work_out(known, outcome, given)
    return known.kept[name]


def _work_out(known: Known, outcome: str, given: str) -> Floats:
    code = read_code(outcome)
    if known.profile is None or known.probabilities is None:
        return known.expected[outcome] * known.expected[given]
    if code is not None:
        return expect_answer(known.layout, known.profile, known.probabilities, code, given)
    both = known.layout.shown[..., SHOWN.index(outcome)] * known.layout.shown[..., SHOWN.index(given)]
    found: Floats = (known.probabilities * both).sum(axis=1)[known.layout.situation]
    return found
