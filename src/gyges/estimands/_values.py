"""What claims about values need: trade-off trials of their family, and choices that tell their weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Final

from gyges.estimands._choices import ChoiceTable
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.utility import TERMS, find_identified, find_scatter, weigh_thing

VALUE_KINDS: Final = frozenset({"trade-share", "trade-gap", "trade-odds", "hierarchy", "prediction"})
"""Kinds of claims that are decided by choices as a whole rather than by a comparison of rates."""

FEWEST_FOLDS: Final = 2
"""Fewest scenarios of which one can be held out."""


def list_families(claim: Claim, known: Collection[str]) -> tuple[str, ...]:
    """List the families of trade-off items that a claim rests on.

    Args:
        claim: A claim of one of `VALUE_KINDS`.
        known: The families there are.
    """
    if claim.kind != "hierarchy":
        return (claim.family,) if claim.family else ()
    pairs = {
        f"{a}-vs-{b}" for one, other in combinations(claim.values, 2) for a, b in ((one, other), (other, one))
    }
    return tuple(sorted(pairs & set(known)))


def find_families(batteries: Mapping[str, Battery]) -> dict[tuple[str, str], str]:
    """Give the family of every item, by battery and item."""
    return {(each.id, item.id): item.family for each in batteries.values() for item in each.items}


def find_trade_lack(claim: Claim, trials: Mapping[str, int], min_trials: int) -> str:
    """Say what a claim lacks in trade-off trials; empty when it has enough.

    Args:
        claim: A claim of one of `VALUE_KINDS`.
        trials: Trials of each family, planned or coded.
        min_trials: Fewest trials of a family.
    """
    families = list_families(claim, trials)
    wanted = claim.family or " and ".join(claim.values)
    if claim.kind == "hierarchy":
        families = tuple(name for name in families if trials[name] >= min_trials)
        if not _joins(claim.values, families):
            return f"trade-off trials do not join {wanted}, with {min_trials} of a family"
    elif claim.family and trials.get(claim.family, 0) < min_trials:
        n = trials.get(claim.family, 0)
        return f"{n} trade-off trials of {wanted}; the study asks for {min_trials}"
    return ""


def _joins(things: Collection[str], families: Collection[str]) -> bool:
    """Whether the families lead from every thing to every other."""
    reached = set(list(things)[:1])
    for _ in things:
        reached |= {
            end for name in families for end in name.split("-vs-") if reached & set(name.split("-vs-"))
        }
    return set(things) <= reached


def find_value_lack(claim: Claim, table: ChoiceTable | None, min_trials: int) -> str:
    """Say what a claim lacks in choices among a scenario's acts; empty when it has enough."""
    if not claim.values and claim.kind != "prediction":
        return ""
    n = table.n if table else 0
    if table is None or n < min_trials:
        return f"{n} trials that choose among a scenario's acts; the study asks for {min_trials}"
    if claim.kind == "prediction":
        few = len(table.scenarios) < FEWEST_FOLDS
        return f"it takes {FEWEST_FOLDS} scenarios, so that one can be held out" if few else ""
    identified = dict(zip(TERMS, find_identified(find_scatter(table.choices)), strict=True))
    for thing in claim.values:
        terms = [name for name, weight in zip(TERMS, weigh_thing(thing), strict=True) if weight]
        for term in terms:
            if not identified[term]:
                return f"no acts open together tell the weight of '{term}' from the others"
    return ""
