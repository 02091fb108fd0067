"""Which claims a plan can test, by the rules that the analysis keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from gyges.design._foresee import Prospect, foresee_alternative
from gyges.estimands import (
    ALTERNATIVES,
    MARK_BASE,
    VALUE_KINDS,
    Comparison,
    Lack,
    blank_outcomes,
    choose_protocol,
    find_carriers,
    find_trade_lack,
    find_value_lack,
    items_of,
    make_comparison,
    pick,
    tally_claim,
)
from gyges.records.claim import Claim
from gyges.records.words import OUTCOMES


@dataclass(frozen=True)
class ClaimOutlook:
    """Whether a plan can test a claim, and if not, why."""

    id: str
    testable: bool
    reason: str
    scenarios: tuple[str, ...] = ()
    """Scenarios of the study that carry it."""


def find_testable(prospect: Prospect, claim: Claim) -> ClaimOutlook:
    """Say whether the plan's trials can test `claim`, with enough on every side."""
    met = set(prospect.trials["scenario"].unique().cast(pl.String))
    mine = {name: each for name, each in prospect.scenarios.items() if name in met}
    carriers = find_carriers(claim, mine)
    reason = _find_reason(prospect, claim, carriers)
    return ClaimOutlook(claim.id, testable=not reason, reason=reason, scenarios=carriers)


def _find_reason(prospect: Prospect, claim: Claim, carriers: tuple[str, ...]) -> str:
    if claim.kind in _APART:
        return _APART[claim.kind](prospect, claim)
    if not carriers:
        return _say_not_carried(claim)
    if items_of(claim) and not prospect.is_judged:
        return f"no judge: it rests on {' and '.join(items_of(claim))}, and the study names no judges"
    comparison = make_comparison(claim)
    trials = blank_outcomes(prospect.trials, claim)
    counted = tally_claim(trials, claim, comparison, prospect.facts)
    by_source = next(iter(counted.values()), {})
    found = pick(by_source, comparison, prospect.min_trials, facts=prospect.facts, planned=True)
    if not isinstance(found, Lack):
        return ""
    fixed = _find_fixed(prospect.trials, claim, carriers)
    return f"'{fixed}' is not varied" if fixed else _say_lack(found, comparison, prospect.min_trials)


def _count_base(prospect: Prospect, claim: Claim) -> str:
    """A scenario counts with its base trials; without any, with those that fell into its base cell."""
    rows = prospect.trials.lazy().filter(MARK_BASE)
    if claim.scenarios:
        rows = rows.filter(pl.col("scenario").cast(pl.String).is_in(list(claim.scenarios)))
    counted = rows.group_by("scenario", "protocol").len().cast({"protocol": pl.String}).collect()
    n = 0
    for _, mine in counted.group_by("scenario"):
        trials = dict(zip(mine["protocol"].to_list(), mine["len"].to_list(), strict=True))
        n += trials[choose_protocol(trials, prospect.min_trials)]
    if n >= prospect.min_trials:
        return ""
    return f"{n} trials at the base condition; the study asks for {prospect.min_trials}"


def _say_not_carried(claim: Claim) -> str:
    if claim.kind == "order":
        return f"no scenario of the study has acts of {', '.join(claim.tactics)} all"
    if claim.tactics:
        return "no scenario of the study has an act of harm and a milder one"
    if claim.factors:
        return "no scenario of the study carries " + " and ".join(f"'{name}'" for name in claim.factors)
    named = claim.outcome if claim.outcome in OUTCOMES else claim.given
    return f"by the rules no act or topic of the study's scenarios can show '{named}'"


def _find_fixed(trials: pl.DataFrame, claim: Claim, carriers: tuple[str, ...]) -> str:
    mine = trials.filter(pl.col("scenario").cast(pl.String).is_in(list(carriers)))
    return next((factor for factor in claim.factors if mine[factor].drop_nulls().n_unique() < 2), "")


def _say_lack(lack: Lack, comparison: Comparison, min_trials: int) -> str:
    if lack.families is not None:
        return (
            f"{lack.families} families of directives have enough trials with and without the conflict "
            f"and acts that can show it; it takes {comparison.min_families}"
        )
    if lack.side:
        return f"{lack.n} trials with {lack.side}; the study asks for {min_trials}"
    return f"fewer than {min_trials} trials on each side stand in the same scenario and protocol"


def _foresee_values(prospect: Prospect, claim: Claim) -> str:
    lack = find_trade_lack(claim, prospect.families, prospect.min_trials)
    return lack or find_value_lack(claim, prospect.choices, prospect.min_trials)


_APART: Final[Mapping[str, Callable[[Prospect, Claim], str]]] = {
    "count": _count_base,
    **dict.fromkeys(VALUE_KINDS, _foresee_values),
    **dict.fromkeys(ALTERNATIVES, foresee_alternative),
}
"""Kinds of claims that no comparison of cells decides."""
