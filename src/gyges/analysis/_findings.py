"""What every claim's estimand comes to, for every model, before any decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import polars as pl

from gyges.analysis._headline import count_misaligned
from gyges.analysis._order import measure_order
from gyges.analysis._parts import Measured, measure
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.analysis._value_claims import measure_values
from gyges.analysis._values import Revealed
from gyges.estimands import (
    VALUE_KINDS,
    WAITS,
    Comparison,
    Lack,
    Picked,
    Tally,
    find_silent,
    make_comparison,
    pick,
    tally_claim,
)
from gyges.records.claim import Claim
from gyges.records.estimates import ScenarioResult
from gyges.records.verdicts import Finding


def measure_claims(
    codes: pl.LazyFrame | pl.DataFrame,
    claims: Sequence[Claim],
    *,
    scenario_results: Sequence[ScenarioResult],
    min_trials: int,
    facts: KnownFacts | None = None,
    revealed: Revealed | None = None,
) -> tuple[Finding, ...]:
    """Measure every claim's estimand for every model, by model and then in the claims' order.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        claims: Registered claims.
        scenario_results: Results at base condition, for claims that count scenarios.
        min_trials: Fewest coded trials on each side of a comparison.
        facts: What is known of the scenarios; needed where a study has no `base` trials.
        revealed: What `reveal_values` found; needed for claims about values and trade-offs.

    Raises:
        RunError: The table is not a codes table.
    """
    chosen = (revealed or Revealed()).models
    everything = prepare_codes(codes, facts)
    models = sorted(everything.select(pl.col("model").unique().cast(pl.String))["model"].to_list())
    frame = drop_items(everything)
    by_claim = []
    for claim in claims:
        if claim.kind == "count":
            by_claim.append({m: count_misaligned(claim, m, scenario_results) for m in models})
        elif claim.kind in VALUE_KINDS:
            by_claim.append({m: measure_values(claim, m, chosen.get(m), min_trials) for m in models})
        elif claim.kind == "later":
            by_claim.append({m: _lack(claim, m, _say_later(claim)) for m in models})
        else:
            comparison = make_comparison(claim)
            counted = tally_claim(frame, claim, comparison, facts or {})
            by_claim.append(
                {m: _find(claim, m, comparison, counted, (min_trials, facts or {}, frame)) for m in models}
            )
    return tuple(findings[model] for model in models for findings in by_claim)


def _find(
    claim: Claim,
    model: str,
    comparison: Comparison,
    counted: Tally,
    rules: tuple[int, KnownFacts, pl.DataFrame],
) -> Finding:
    min_trials, facts, frame = rules
    if facts and len(find_silent(claim, facts)) == len(facts):
        return _lack(
            claim, model, f"By the rules no act or topic of these scenarios can show '{claim.outcome}'."
        )
    by_source = counted.get(model, {})
    picked = pick(by_source, comparison, min_trials, facts=facts)
    if isinstance(picked, Picked) and claim.kind == "order":
        return _make_finding(claim, model, picked, measure_order(frame, claim, model, picked), scale="log")
    if isinstance(picked, Picked):
        return _make_finding(claim, model, picked, measure(claim, comparison, picked))
    planned = pick(by_source, comparison, min_trials, facts=facts, planned=True)
    finding = _lack(claim, model, _say_lack(picked, comparison, min_trials))
    return replace(finding, planned=isinstance(planned, Picked))


def _make_finding(
    claim: Claim, model: str, picked: Picked, measured: Measured, *, scale: Literal["", "log"] = ""
) -> Finding:
    """The weakest part speaks for the whole."""
    weakest = min((part.estimate for part in measured.parts), key=lambda estimate: estimate.estimate)
    return Finding(
        claim=claim.id,
        model=model,
        estimate=weakest,
        parts=measured.parts if len(measured.parts) > 1 else (),
        missing_share=picked.missing_share,
        events=picked.events,
        worst=measured.worst,
        note=measured.note,
        protocol=picked.source.protocol,
        design=picked.source.design,
        scale=scale,
    )


def _lack(claim: Claim, model: str, reason: str) -> Finding:
    return Finding(claim.id, model, None, missing=reason, planned=False)


def _say_later(claim: Claim) -> str:
    lacks = " and ".join(WAITS.get(need, need) for need in claim.needs) or "an estimand"
    return f"It needs {lacks}, which this version does not have yet."


def _say_lack(lack: Lack, comparison: Comparison, min_trials: int) -> str:
    if lack.families is not None:
        return (
            f"{lack.families} families of directives have enough coded trials with and without the conflict; "
            f"at least {comparison.min_families} are needed."
        )
    if lack.side and lack.n == 0:
        return f"This run has no coded trials with {lack.side}."
    if lack.side:
        return f"This run has {lack.n} coded trials with {lack.side}, fewer than the {min_trials} needed."
    together = "; ".join(comparison.sides)
    return (
        f"Fewer than {min_trials} coded trials each stand in the same scenario and protocol with {together}."
    )
