"""What every claim's estimand comes to, for every model, before any decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final

import polars as pl

from gyges.analysis._bounds import pool_rates
from gyges.analysis._comparisons import (
    DRAWN,
    MATCHED_FIRST,
    Comparison,
    Picked,
    carries,
    holds,
    other_levels,
    pick,
    say,
    tally_comparison,
    turn,
    turned,
)
from gyges.analysis._counts import SEVERITY, Value, difference_of, value_of
from gyges.analysis._headline import count_misaligned
from gyges.analysis._pooling import pool_units
from gyges.analysis._table import Bases, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.analysis._units import fit_differences, fit_means, fit_slopes
from gyges.records.claim import Claim, EstimandKind
from gyges.records.estimates import Estimate, ScenarioResult
from gyges.records.scenario import Condition
from gyges.records.verdicts import Finding
from gyges.records.words import FACTORS

Parts = tuple[tuple[str, Estimate], ...]
Measure = Callable[[Claim, Comparison, Picked], Parts]

_LACKS: Final = {
    "judges": "codes by judges",
    "values": "revealed values",
    "tactics": "the order of tactics",
    "lotteries": "a decision by trade-off trials",
    "controls": "comparisons with the matched control",
    "models": "models of declared capability",
    "validity": "validity checks",
}


def measure_claims(
    codes: pl.LazyFrame | pl.DataFrame,
    claims: Sequence[Claim],
    *,
    scenario_results: Sequence[ScenarioResult],
    min_trials: int,
    bases: Bases | None = None,
) -> tuple[Finding, ...]:
    """Measure every claim's estimand for every model, by model and then in the claims' order.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        claims: Registered claims.
        scenario_results: Results at base condition, for claims that count scenarios.
        min_trials: Fewest coded trials on each side of a comparison.
        bases: Scenario to its base cell; needed where a study has no `base` trials.

    Raises:
        RunError: The table is not a codes table.
    """
    frame = prepare_codes(codes, bases)
    models = sorted(frame.select(pl.col("model").unique().cast(pl.String))["model"].to_list())
    frame = drop_items(frame)
    by_claim = [_measure(frame, claim, models, scenario_results, min_trials) for claim in claims]
    return tuple(findings[model] for model in models for findings in by_claim)


def _measure(
    frame: pl.DataFrame,
    claim: Claim,
    models: Sequence[str],
    scenario_results: Sequence[ScenarioResult],
    min_trials: int,
) -> dict[str, Finding]:
    if claim.kind == "count":
        return {model: count_misaligned(claim, model, scenario_results) for model in models}
    if claim.kind == "later":
        return {model: Finding(claim.id, model, None, missing=_say_later(claim)) for model in models}
    make, measure = _KINDS[claim.kind]
    comparison = make(claim)
    counted = tally_comparison(frame, claim, comparison)
    found = {}
    for model in models:
        picked = pick(counted.get(model, {}), comparison, min_trials)
        if isinstance(picked, str):
            found[model] = Finding(claim.id, model, None, missing=picked)
        else:
            found[model] = _make_finding(claim, model, picked, measure(claim, comparison, picked))
    return found


def _make_finding(claim: Claim, model: str, picked: Picked, parts: Parts) -> Finding:
    """The weakest part speaks for the whole."""
    weakest = min((estimate for _, estimate in parts), key=lambda estimate: estimate.estimate)
    return Finding(
        claim=claim.id,
        model=model,
        estimate=weakest,
        parts=parts if len(parts) > 1 else (),
        missing_share=picked.missing_share,
        events=picked.events,
    )


def _say_later(claim: Claim) -> str:
    lacks = " and ".join(_LACKS.get(need, need) for need in claim.needs) or "an estimand"
    return f"It needs {lacks}, which this version does not have yet."


def _compare_levels(claim: Claim) -> Comparison:
    sides = {}
    for level in (claim.reference, claim.level, *claim.also):
        cell = {**claim.within, claim.factor: (level,)}
        sides[say(cell)] = holds(cell)
    reference, *levels = sides
    pairs = tuple((level, reference) for level in levels)
    return Comparison(value_of(claim.outcome), sides, {claim.factor, *claim.within}, contrasts=pairs)


def _compare_outcomes(claim: Claim) -> Comparison:
    return _one_cell(claim, difference_of(claim.outcome, claim.outcome_b))


def _compare_bound(claim: Claim) -> Comparison:
    return _one_cell(claim, value_of(claim.outcome))


def _one_cell(claim: Claim, value: Value) -> Comparison:
    side = say(claim.within)
    return Comparison(value, {side: holds(claim.within)}, set(claim.within), contrasts=((side,),))


def _compare_activation(claim: Claim) -> Comparison:
    """The cell, against the claim's factor at its level or another factor of the cell turned."""
    active: Condition = {claim.factor: (claim.level,)}
    for name in claim.within:
        active.setdefault(name, other_levels(claim.within, name))
    activated = reduce(lambda a, b: a | b, [holds({name: levels}) for name, levels in active.items()])
    sides = {
        say(claim.within): holds(claim.within),
        " or ".join(say({name: levels}) for name, levels in active.items()): activated
        & carries(claim.within),
    }
    return Comparison(value_of(claim.outcome), sides, set(active), contrasts=(tuple(sides)[::-1],))


def _compare_neighbors(claim: Claim) -> Comparison:
    cell = say(claim.within)
    sides = {cell: holds(claim.within)}
    for name in claim.within:
        rest = {other: kept for other, kept in claim.within.items() if other != name}
        sides[say({name: other_levels(claim.within, name), **rest})] = turned(claim.within, name)
    pairs = tuple((cell, side) for side in sides if side != cell)
    return Comparison(
        value_of(claim.outcome), sides, set(claim.within), contrasts=pairs, sources=MATCHED_FIRST
    )


def _compare_zone(claim: Claim) -> Comparison:
    inside = say(claim.within)
    sides = {inside: holds(claim.within), "any other cell": carries(claim.within)}
    return Comparison(
        value_of(claim.outcome), sides, set(claim.within), contrasts=(tuple(sides),), sources=DRAWN
    )


def _compare_steps(claim: Claim) -> Comparison:
    cells = [{**claim.within, claim.factor: (level,)} for level in FACTORS[claim.factor]]
    sides = {say(cell): holds(cell) for cell in cells}
    value = value_of(claim.outcome or SEVERITY)
    return Comparison(value, sides, {claim.factor, *claim.within}, contrasts=(tuple(sides),))


def _measure_differences(claim: Claim, comparison: Comparison, picked: Picked) -> Parts:
    parts = []
    for side, reference in comparison.contrasts:
        fits = fit_differences(picked.units, side, reference, comparison.value)
        parts.append((f"{side} − {reference}", turn(pool_units(fits), claim.direction)))
    return tuple(parts)


def _measure_mean(claim: Claim, comparison: Comparison, picked: Picked) -> Parts:
    (side,) = comparison.sides
    fits = fit_means(picked.units, side, comparison.value)
    return ((comparison.value.name, turn(pool_units(fits), claim.direction)),)


def _measure_bound(claim: Claim, comparison: Comparison, picked: Picked) -> Parts:
    (side,) = comparison.sides
    return ((side, pool_rates(picked.units, side, comparison.value, bound=claim.bound or 0.0)),)


def _measure_activation(claim: Claim, comparison: Comparison, picked: Picked) -> Parts:
    ((active, inactive),) = comparison.contrasts
    bound = claim.bound or 0.0
    rate = pool_rates(picked.units, inactive, comparison.value, bound=bound)
    fits = fit_differences(picked.units, active, inactive, comparison.value)
    return (
        (f"{bound:g} − rate with {inactive}", turn(rate, -1, bound)),
        (f"{active} − {inactive}", turn(pool_units(fits), claim.direction)),
    )


def _measure_slope(claim: Claim, comparison: Comparison, picked: Picked) -> Parts:
    fits = fit_slopes(picked.units, list(comparison.sides), comparison.value)
    return ((f"rise for a step of {claim.factor}", turn(pool_units(fits), claim.direction)),)


_KINDS: Final[dict[EstimandKind, tuple[Callable[[Claim], Comparison], Measure]]] = {
    "contrast": (_compare_levels, _measure_differences),
    "rate-difference": (_compare_outcomes, _measure_mean),
    "inactive": (_compare_activation, _measure_activation),
    "conjunction": (_compare_neighbors, _measure_differences),
    "zone": (_compare_zone, _measure_differences),
    "rate-bound": (_compare_bound, _measure_bound),
    "slope": (_compare_steps, _measure_slope),
}
