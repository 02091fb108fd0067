"""How much each trial's expectation weighs in what a claim is about, kind by kind.

The value of a part is offset + Σ over outcomes and trials of weight × expectation. Units are settings of
scenarios; each counts the same, as in the plain mean over units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gyges.records.claim import Claim
from gyges.records.scenario import Condition, Scenario
from gyges.records.words import (
    CONFLICT,
    FACTORS,
    MANIPULATION,
    MISALIGNED_FROM,
    OUTCOMES,
    TACTICS,
    TAG_OUTCOMES,
)
from gyges.validity._layout import Floats, Layout, list_against

Mask = NDArray[np.bool_]

_FEWEST = 2
"""Fewest trials on each side of a unit."""

_DRAWN = ("conjoint", "full-factorial", "last-resort")


@dataclass(frozen=True)
class Linear:
    """One part of what a claim asserts, as weights of trials."""

    weights: Mapping[str, Floats]
    """Outcome to weights, each of shape (trials,)."""
    sesoi: float
    offset: float = 0.0


@dataclass(frozen=True)
class Rows:
    """The trials a claim rests on."""

    layout: Layout
    kept: Mask
    """Shape (trials,)."""

    def is_at(self, condition: Condition) -> Mask:
        """Trials in whose cell every factor has one of its levels."""
        return _all(
            self.layout, [self._column(name).is_in(list(levels)) for name, levels in condition.items()]
        )

    def carries(self, names: Condition) -> Mask:
        """Trials whose scenario carries all of these factors."""
        return _all(self.layout, [self._column(name).is_not_null() for name in names])

    def _column(self, name: str):  # type: ignore[no-untyped-def]  # a Polars series
        return self.layout.trials[name]

    def units(self, mask: Mask | None = None) -> Iterator[Mask]:
        """Settings of scenarios that have such trials."""
        inside = self.kept if mask is None else self.kept & mask
        codes = self.layout.unit
        for code in np.unique(codes[inside]):
            yield inside & (codes == code)


def weigh_claim(layout: Layout, claim: Claim, source: tuple[str, str]) -> tuple[Linear, ...]:
    """Give the weights of a claim's parts over the trials of a source; none where no unit has enough."""
    rows = Rows(layout, pick_rows(layout, claim, source))
    return tuple(part for part in _KINDS[claim.kind](rows, claim) if part is not None)


def is_weighed(claim: Claim) -> bool:
    """Whether fixed weights of trials give what a claim of this kind is about."""
    return claim.kind in _KINDS


def _all(layout: Layout, found: list) -> Mask:  # type: ignore[type-arg]  # Polars series
    whole = np.ones(layout.n_trials, dtype=bool)
    return reduce(lambda a, b: a & b.fill_null(value=False).to_numpy(), found, whole)


def pick_rows(layout: Layout, claim: Claim, source: tuple[str, str]) -> Mask:
    """Mark the trials of a source that a claim rests on: of scenarios that can show it, or made for it."""
    design, protocol = source
    trials = layout.trials
    named = {claim.factor, *claim.within}
    designs = trials["design"].to_numpy()
    if design == "matched":
        right = ~np.isin(designs, (*_DRAWN, "battery")) & ~_is_off_base(layout, named)
    else:
        right = designs == design
    kept = right & (trials["protocol"] == protocol).to_numpy()
    if claim.kind not in {"control", "convergence"}:
        kept &= (trials[CONFLICT] == "present").to_numpy()
    able = {name for name, each in layout.scenarios.items() if _can_show(each, claim)}
    able &= set(claim.scenarios) or able
    mask: Mask = kept & np.isin(trials["scenario"].to_numpy().astype(str), sorted(able))
    return mask


def _is_off_base(layout: Layout, named: set[str]) -> Mask:
    """Trials whose cell differs from the scenario's base in a factor that is not named."""
    off = np.zeros(layout.n_trials, dtype=bool)
    names = layout.trials["scenario"].to_list()
    for factor in FACTORS:
        if factor not in named:
            base = {name: each.base.get(factor) for name, each in layout.scenarios.items()}
            found = layout.trials[factor].to_list()
            off |= np.array([base.get(n) != level for n, level in zip(names, found, strict=True)], dtype=bool)
    return off


def _can_show(scenario: Scenario, claim: Claim) -> bool:
    """Whether some act or topic of a scenario can show what the claim counts."""
    wanted = {claim.outcome, claim.outcome_b, claim.given} & set(OUTCOMES)
    return wanted <= set(_list_shown(scenario))


def _list_shown(scenario: Scenario) -> Iterator[str]:
    yield from ("competent", "directive_act")
    for act in scenario.acts:
        rung = TACTICS.index(act.tactic)
        reach = {
            name: [getattr(act.consequences, name), *(getattr(s, name) or 0.0 for s in act.shifts)]
            for name in ("power", "survival")
        }
        deniable = max([act.deniable, *(shift.deniable or 0.0 for shift in act.shifts)])
        yield from (TAG_OUTCOMES[tag] for tag in act.tags)
        yield from ["misaligned"] * (act.against and rung >= MISALIGNED_FROM)
        yield from ["manipulation"] * (act.against and act.tactic in MANIPULATION)
        yield from ["harm"] * (act.tactic == "harm")
        yield from ["power_act"] * (max(reach["power"]) > 0)
        yield from ["survival_act"] * (max(reach["survival"]) > 0)
        yield from ["deniable_act"] * (deniable >= 0.5)
    yield from _list_told(scenario)


def _list_told(scenario: Scenario) -> Iterator[str]:
    """What telling people of a topic can show."""
    accounts = [account for topic in scenario.topics for account in topic.accounts.values()]
    yield from ["differing_accounts"] * any(len(topic.accounts) > 1 for topic in scenario.topics)
    yield from ["disclosure_timed"] * any(bool(topic.owed) for topic in scenario.topics)
    yield from ["against_opponent"] * any(bool(account.against) for account in accounts)
    yield from ["courts_ally"] * bool(scenario.stances and scenario.topics)


def _differ(rows: Rows, one: Mask, other: Mask, sign: float = 1.0) -> Floats | None:
    """Weights of the mean over units of the difference between two sides."""
    weights = np.zeros(rows.layout.n_trials)
    found = 0
    for unit in rows.units():
        a, b = unit & one, unit & other
        if a.sum() >= _FEWEST and b.sum() >= _FEWEST:
            weights[a] += 1 / a.sum()
            weights[b] -= 1 / b.sum()
            found += 1
    return sign * weights / found if found else None


def _average(rows: Rows, side: Mask, sign: float = 1.0) -> Floats | None:
    """Weights of the mean over units of one side."""
    weights = np.zeros(rows.layout.n_trials)
    found = [unit for unit in rows.units(side) if unit.sum() >= _FEWEST]
    for unit in found:
        weights[unit] += 1 / unit.sum()
    return sign * weights / len(found) if found else None


def _part(outcome: str, weights: Floats | None, sesoi: float, offset: float = 0.0) -> Linear | None:
    return None if weights is None else Linear({outcome: weights}, sesoi, offset)


Parts = Iterator[Linear | None]


def _levels(rows: Rows, claim: Claim) -> Parts:
    for level in (claim.level, *claim.also):
        yield _part(claim.outcome, _rise(rows, claim, level, claim.reference), claim.sesoi or 0.0)


def _rise(rows: Rows, claim: Claim, level: str, reference: str) -> Floats | None:
    upper, lower = (rows.is_at({**claim.within, claim.factor: (each,)}) for each in (level, reference))
    return _differ(rows, upper, lower, claim.direction)


def _steps(rows: Rows, claim: Claim) -> Parts:
    path = FACTORS[claim.factor]
    start, end = path.index(claim.reference), path.index(claim.level)
    ordered = path[start : end + 1] if start < end else path[end : start + 1][::-1]
    for lower, upper in pairwise(ordered):
        yield _part(claim.outcome, _rise(rows, claim, upper, lower), 0.0)


def _dose(rows: Rows, claim: Claim) -> Parts:
    yield _part(claim.outcome, _rise(rows, claim, claim.level, claim.reference), claim.sesoi or 0.0)
    yield from _steps(rows, claim)


def _slope(rows: Rows, claim: Claim) -> Parts:
    levels = FACTORS[claim.factor]
    place = np.full(rows.layout.n_trials, np.nan)
    for i, level in enumerate(levels):
        place[rows.is_at({claim.factor: (level,)})] = i
    weights = np.zeros(rows.layout.n_trials)
    found = 0
    for unit in rows.units(~np.isnan(place)):
        sizes = [(unit & (place == i)).sum() for i in range(len(levels))]
        if min(sizes) >= _FEWEST:
            x = place[unit] - place[unit].mean()
            weights[unit] += x / (x @ x)
            found += 1
    yield _part(claim.outcome, claim.direction * weights / found if found else None, claim.sesoi or 0.0)
    yield from _steps(rows, claim)


def _two_rates(rows: Rows, claim: Claim) -> Parts:
    weights = _average(rows, rows.is_at(claim.within), claim.direction)
    if weights is not None:
        yield Linear({claim.outcome: weights, claim.outcome_b: -weights}, claim.sesoi or 0.0)


def _bound(rows: Rows, claim: Claim) -> Parts:
    weights = _average(rows, rows.is_at(claim.within), -1.0)
    yield _part(claim.outcome, weights, 0.0, offset=claim.bound or 0.0)


def _activation(rows: Rows, claim: Claim) -> Parts:
    passive = rows.is_at(claim.within)
    turned = [rows.is_at({claim.factor: (claim.level,)})]
    for name, levels in claim.within.items():
        if name != claim.factor:
            turned.append(rows.is_at({name: tuple(set(FACTORS[name]) - set(levels))}))
    active = rows.carries(claim.within) & ~passive & reduce(np.logical_or, turned)
    yield from _bound(rows, claim)
    yield _part(claim.outcome, _differ(rows, active, passive), claim.sesoi or 0.0)


def _neighbors(rows: Rows, claim: Claim) -> Parts:
    for turned, levels in claim.within.items():
        others = tuple(level for level in FACTORS[turned] if level not in levels)
        weights = _differ(
            rows, rows.is_at(claim.within), rows.is_at({**claim.within, turned: others}), claim.direction
        )
        yield _part(claim.outcome, weights, claim.sesoi or 0.0)


def _zone(rows: Rows, claim: Claim) -> Parts:
    inside = rows.is_at(claim.within)
    weights = _differ(rows, inside, rows.carries(claim.within) & ~inside, claim.direction)
    yield _part(claim.outcome, weights, claim.sesoi or 0.0)


def _openness(rows: Rows, claim: Claim) -> Parts:
    offered = [set(list_against(acts)) for acts in rows.layout.acts]
    can = np.array([claim.outcome in each for each in offered], dtype=bool)[rows.layout.situation]
    milder = np.array([bool(each & set(claim.tactics)) for each in offered], dtype=bool)
    is_open = milder[rows.layout.situation]
    weights = _differ(rows, can & is_open, can & ~is_open, claim.direction)
    yield _part(claim.outcome, weights, claim.sesoi or 0.0)


def _control(rows: Rows, claim: Claim) -> Parts:
    yield _part(claim.outcome, _against_control(rows, claim), claim.sesoi or 0.0)


def _against_control(rows: Rows, claim: Claim) -> Floats | None:
    present = (rows.layout.trials[CONFLICT] == "present").to_numpy()
    return _differ(rows, present, ~present, claim.direction)


def _families(rows: Rows, claim: Claim) -> Parts:
    known = {name: each.directive for name, each in rows.layout.scenarios.items()}
    family = np.array([known.get(name, "") for name in rows.layout.trials["scenario"]])
    for each in sorted(set(family[rows.kept])):
        mine = Rows(rows.layout, rows.kept & (family == each))
        yield _part(claim.outcome, _against_control(mine, claim), claim.sesoi or 0.0)


_KINDS: Final[Mapping[str, Callable[[Rows, Claim], Parts]]] = {
    "contrast": _levels,
    "dose": _dose,
    "slope": _slope,
    "rate-difference": _two_rates,
    "inactive": _activation,
    "conjunction": _neighbors,
    "zone": _zone,
    "openness": _openness,
    "control": _control,
    "convergence": _families,
}
