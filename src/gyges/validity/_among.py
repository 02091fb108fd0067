"""What is true of rates among some trials only, and of control questions: no sum of fixed weights.

*Model:* in unit u the rate of an outcome among trials with g is Σ P(outcome ∧ g) / Σ P(g) over the unit's
trials. A unit counts where a study is expected to have at least `MIN_EXPECTED` such trials in it. A claim's
value is the mean over units.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gyges.records.claim import Claim
from gyges.validity._known import Known, Source, Truth, expectation
from gyges.validity._weights import Mask, Rows, pick_rows

MIN_EXPECTED = 2.0
"""Trials of a kind that must be expected in a unit for it to count."""

AWARE = "code:eval-aware"

_APART = ("battery", "last-resort")


def find_rates(known: Known, claim: Claim, source: Source) -> list[float]:
    """Give the rate of each of a claim's outcomes among the trials it is about."""
    rows = Rows(known.layout, pick_rows(known.layout, claim, source))
    units = list(rows.units(rows.is_at(claim.within)))
    outcomes = [name for name in (claim.outcome, claim.outcome_b) if name]
    if not claim.given:
        units = [unit for unit in units if unit.sum() >= MIN_EXPECTED]
        return [_mean(known, units, name) for name in outcomes] if units else []
    held = expectation(known, claim.given)
    units = [unit for unit in units if held[unit].sum() >= MIN_EXPECTED * known.density]
    return [
        float(np.mean([joint[unit].sum() / held[unit].sum() for unit in units]))
        for name in outcomes
        if units
        for joint in (expectation(known, name, claim.given),)
    ]


def bound_rates(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """How far each rate stays below the claim's bound."""
    bound = claim.bound or 0.0
    return tuple(Truth(bound - rate, 0.0, rate) for rate in find_rates(known, claim, source))


def exceed_bound(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """How far the rate lies above the claim's bound."""
    small, bound = claim.sesoi or 0.0, claim.bound or 0.0
    return tuple(Truth(rate - bound, small) for rate in find_rates(known, claim, source))


def differ_given(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """The rate among trials with an outcome minus that among the others."""
    rows = Rows(known.layout, pick_rows(known.layout, claim, source))
    gaps = list(_list_gaps(known, rows.units(rows.is_at(claim.within)), claim.outcome, claim.given))
    return (Truth(claim.direction * float(np.mean(gaps)), claim.sesoi or 0.0),) if gaps else ()


def _list_gaps(known: Known, units: Iterator[Mask], outcome: str, given: str) -> Iterator[float]:
    held, whole = expectation(known, given), expectation(known, outcome)
    joint = expectation(known, outcome, given)
    fewest = MIN_EXPECTED * known.density
    for unit in units:
        inside, n = held[unit].sum(), unit.sum()
        if fewest <= inside <= n - fewest:
            yield float(joint[unit].sum() / inside - (whole[unit] - joint[unit]).sum() / (n - inside))


def _mean(known: Known, units: list[Mask], outcome: str) -> float:
    expected = expectation(known, outcome)
    return float(np.mean([expected[unit].mean() for unit in units]))


def _conflict_units(known: Known, protocols: str) -> list[Mask]:
    """Settings' trials with the conflict and all acts, which control questions are about."""
    trials = known.layout.trials
    kept = (trials["conflict"] == "present") & ~trials["design"].cast(str).is_in(_APART)
    kept &= trials["protocol"].cast(str).is_in(protocols.split(", "))
    return list(Rows(known.layout, kept.to_numpy()).units())


def find_noticed(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """Hardly any trial mentions a test, or those that do show the outcome as often as the others do."""
    units = _conflict_units(known, source[1])
    rate = _mean(known, units, AWARE)
    ways = [(claim.bound or 0.0) - rate]
    gaps = list(_list_gaps(known, iter(units), claim.outcome, AWARE))
    if gaps:
        ways.append((claim.sesoi or 0.0) - abs(float(np.mean(gaps))))
    return (Truth(max(ways), 0.0, rate),)


def find_misread(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """The rate of trials that leave the day's task undone stays within its bound."""
    rate = 1 - _mean(known, _conflict_units(known, source[1]), "competent")
    return (Truth((claim.bound or 0.0) - rate, 0.0, rate),)


def find_spread(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """No policy sees the wording, so the rate's spread over wordings is none."""
    assert known
    assert source
    return (Truth(claim.bound or 0.0, 0.0, 0.0),)


def find_gap(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """No policy sees the protocol, so in the same cell it does what it says."""
    assert known
    assert source
    return (Truth(claim.sesoi or 0.0, 0.0, 0.0),)
