"""What each kind of claim compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Final

import polars as pl

from gyges.estimands._comparisons import DRAWN, MATCHED, MATCHED_FIRST, Comparison
from gyges.estimands._counts import LAST_RESORT, SEVERITY, Value, difference_of, value_of
from gyges.estimands._trials import OPEN_TACTICS, mask_of
from gyges.records.claim import Claim
from gyges.records.scenario import Condition
from gyges.records.words import CONFLICT, FACTORS, TACTICS

_ANY: Final = "any cell"


def make_comparison(claim: Claim) -> Comparison:
    """Give what a claim compares.

    Raises:
        KeyError: The claim is of a kind that compares no trials: `count`, say.
    """
    made = _KINDS[claim.kind](claim)
    if not claim.given or claim.kind == "given-difference":
        return made
    held = pl.col(claim.given)
    named = {_among(claim.given, name): (name, where) for name, where in made.sides.items()}
    renamed = {name: side for side, (name, _) in named.items()}
    return replace(
        made,
        sides={side: where & held for side, (_, where) in named.items()},
        contrasts=tuple(tuple(renamed[name] for name in pair) for pair in made.contrasts),
        members={side: (claim.given, where) for side, (_, where) in named.items()},
    )


def _compare_levels(claim: Claim) -> Comparison:
    sides = _at_levels(claim, (claim.reference, claim.level, *claim.also))
    reference, *levels = sides
    pairs = tuple((level, reference) for level in levels)
    return Comparison(value_of(claim.outcome), sides, {claim.factor, *claim.within}, contrasts=pairs)


def _compare_steps(claim: Claim) -> Comparison:
    """All levels from the reference to the level, in the factor's order, in the same units."""
    levels = FACTORS[claim.factor]
    start, end = levels.index(claim.reference), levels.index(claim.level)
    path = levels[start : end + 1] if start < end else levels[end : start + 1][::-1]
    sides = _at_levels(claim, path)
    return Comparison(
        value_of(claim.outcome), sides, {claim.factor, *claim.within}, contrasts=(tuple(sides),)
    )


def _compare_outcomes(claim: Claim) -> Comparison:
    return _one_cell(claim, difference_of(claim.outcome, claim.outcome_b))


def _compare_bound(claim: Claim) -> Comparison:
    made = _one_cell(claim, value_of(claim.outcome))
    return replace(made, extra=(value_of(claim.outcome_b),)) if claim.outcome_b else made


def _compare_given(claim: Claim) -> Comparison:
    """Trials with an outcome, against those without it, whatever cells they are in."""
    cell, held = _holds(claim.within), pl.col(claim.given)
    where = f" and {_say(claim.within)}" if claim.within else ""
    one, other = f"the outcome {claim.given}{where}", f"no outcome {claim.given}{where}"
    return Comparison(
        value_of(claim.outcome),
        {one: cell & held, other: cell & held.not_()},
        set(claim.within),
        contrasts=((one, other),),
        members={one: (claim.given, cell), other: (f"!{claim.given}", cell)},
    )


def _one_cell(claim: Claim, value: Value) -> Comparison:
    side = _say(claim.within)
    return Comparison(value, {side: _holds(claim.within)}, set(claim.within), contrasts=((side,),))


def _compare_activation(claim: Claim) -> Comparison:
    """The cell, against the claim's factor at its level or another factor of the cell turned."""
    active: Condition = {claim.factor: (claim.level,)}
    for name in claim.within:
        active.setdefault(name, _other_levels(claim.within, name))
    activated = reduce(lambda a, b: a | b, [_holds({name: levels}) for name, levels in active.items()])
    sides = {
        _say(claim.within): _holds(claim.within),
        " or ".join(_say({name: levels}) for name, levels in active.items()): activated
        & _carries(claim.within),
    }
    return Comparison(value_of(claim.outcome), sides, set(active), contrasts=(tuple(sides)[::-1],))


def _compare_neighbors(claim: Claim) -> Comparison:
    cell = _say(claim.within)
    sides = {cell: _holds(claim.within)}
    for name in claim.within:
        rest = {other: kept for other, kept in claim.within.items() if other != name}
        turned = {name: _other_levels(claim.within, name), **rest}
        sides[_say(turned)] = _holds(turned)
    pairs = tuple((cell, side) for side in sides if side != cell)
    return Comparison(
        value_of(claim.outcome), sides, set(claim.within), contrasts=pairs, sources=MATCHED_FIRST
    )


def _compare_zone(claim: Claim) -> Comparison:
    inside = _say(claim.within)
    sides = {inside: _holds(claim.within), "any other cell": _carries(claim.within)}
    return Comparison(
        value_of(claim.outcome), sides, set(claim.within), contrasts=(tuple(sides),), sources=DRAWN
    )


def _compare_openness(claim: Claim) -> Comparison:
    """Trials with one of the tactics open, against those with none; the outcome always is.

    `last-resort` trials are made for it: the same cells with the milder acts and without. Else drawn cells.
    """
    milder, outcome = mask_of(claim.tactics), mask_of([claim.outcome])
    can_happen = (pl.col(OPEN_TACTICS) & outcome) != 0
    is_open = (pl.col(OPEN_TACTICS) & milder) != 0
    sides = {"a milder tactic open": can_happen & is_open, "no milder tactic open": can_happen & ~is_open}
    return Comparison(
        value_of(claim.outcome), sides, set(), contrasts=(tuple(sides),), sources=(LAST_RESORT, *DRAWN)
    )


def _compare_order(claim: Claim) -> Comparison:
    """Trials in which all the tactics are open; what counts is whether one of them was the gravest done."""
    taken = pl.col(SEVERITY).is_in([TACTICS.index(name) for name in claim.tactics])
    mask = mask_of(claim.tactics)
    side = f"{', '.join(claim.tactics)} all open"
    sides = {side: (pl.col(OPEN_TACTICS) & mask) == mask}
    return Comparison(Value("taken", taken.cast(pl.Int64), taken), sides, set(), contrasts=((side,),))


def _compare_control(claim: Claim) -> Comparison:
    sides = {
        "the conflict at the base condition": pl.col(CONFLICT) == "present",
        "the matched control": pl.col(CONFLICT) == "absent",
    }
    return Comparison(
        value_of(claim.outcome),
        sides,
        {CONFLICT},
        contrasts=(tuple(sides),),
        sources=MATCHED,
        min_families=claim.at_least if claim.kind == "convergence" else 0,
    )


def _at_levels(claim: Claim, levels: tuple[str, ...]) -> dict[str, pl.Expr]:
    cells: list[Condition] = [{**claim.within, claim.factor: (level,)} for level in levels]
    return {_say(cell): _holds(cell) for cell in cells}


def _holds(condition: Condition) -> pl.Expr:
    """Trials in whose cell every factor has one of its levels; a scenario must carry the factor."""
    return _all([pl.col(name).is_in(list(levels)) for name, levels in condition.items()])


def _carries(condition: Condition) -> pl.Expr:
    return _all([pl.col(name).is_not_null() for name in condition])


def _other_levels(condition: Condition, factor: str) -> tuple[str, ...]:
    return tuple(level for level in FACTORS[factor] if level not in condition[factor])


def _say(condition: Condition) -> str:
    return " and ".join(f"{name} {' or '.join(levels)}" for name, levels in condition.items()) or _ANY


def _among(given: str, side: str) -> str:
    return f"the outcome {given}" if side == _ANY else f"the outcome {given} and {side}"


def _all(conditions: list[pl.Expr]) -> pl.Expr:
    return reduce(lambda a, b: a & b, conditions, pl.lit(True))


_KINDS: Final[Mapping[str, Callable[[Claim], Comparison]]] = {
    "contrast": _compare_levels,
    "dose": _compare_steps,
    "slope": _compare_steps,
    "rate-difference": _compare_outcomes,
    "inactive": _compare_activation,
    "conjunction": _compare_neighbors,
    "zone": _compare_zone,
    "openness": _compare_openness,
    "order": _compare_order,
    "control": _compare_control,
    "convergence": _compare_control,
    "rate-bound": _compare_bound,
    "rate-above": _compare_bound,
    "given-difference": _compare_given,
}
