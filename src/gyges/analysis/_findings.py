"""What every claim's estimand comes to, for every model, before any decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from gyges.analysis._checked import check_parts
from gyges.analysis._headline import count_misaligned
from gyges.analysis._order import measure_order
from gyges.analysis._parts import Measured, measure
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.analysis._turn import turn
from gyges.analysis._value_claims import measure_values
from gyges.analysis._values import Revealed
from gyges.estimands import (
    ALTERNATIVES,
    DRAWN,
    VALUE_KINDS,
    Comparison,
    Lack,
    Picked,
    Tally,
    adjust,
    blank_outcomes,
    codes_of,
    fill_codes,
    find_silent,
    items_of,
    make_comparison,
    name_expected,
    pick,
    read_code,
    tally_claim,
)
from gyges.records.claim import Claim
from gyges.records.estimates import ScenarioResult
from gyges.records.verdicts import Beside, Finding
from gyges.records.words import OUTCOMES


def measure_claims(  # noqa: PLR0913 one for each thing that an estimand may rest on
    codes: pl.LazyFrame | pl.DataFrame,
    claims: Sequence[Claim],
    *,
    scenario_results: Sequence[ScenarioResult],
    min_trials: int,
    facts: KnownFacts | None = None,
    revealed: Revealed | None = None,
    seed: int = 0,
) -> tuple[Finding, ...]:
    """Measure every claim's estimand for every model, by model and then in the claims' order.

    Claims that `measure_alternatives` measures are passed over.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        claims: Registered claims.
        scenario_results: Results at base condition, for claims that count scenarios.
        min_trials: Fewest coded trials on each side of a comparison.
        facts: What is known of the scenarios; needed where a study has no `base` trials.
        revealed: What `reveal_values` found; needed for claims about values and trade-offs.
        seed: Root seed of the draws that correct codes by judges.

    Raises:
        RunError: The table is not a codes table.
    """
    chosen = (revealed or Revealed()).models
    everything = prepare_codes(codes, facts)
    models = sorted(everything.select(pl.col("model").unique().cast(pl.String))["model"].to_list())
    frame = fill_codes(drop_items(everything), claims)
    rules = _Rules(min_trials, facts or {}, seed, frame)
    by_claim = []
    for claim in claims:
        if claim.kind == "count":
            by_claim.append({m: count_misaligned(claim, m, scenario_results) for m in models})
        elif claim.kind in VALUE_KINDS:
            by_claim.append({m: measure_values(claim, m, chosen.get(m), min_trials) for m in models})
        elif claim.kind in ALTERNATIVES:
            continue
        else:
            by_claim.append(_measure(claim, frame, models, rules))
    return tuple(findings[model] for model in models for findings in by_claim)


@dataclass(frozen=True)
class _Rules:
    """What holds for every claim."""

    min_trials: int
    facts: KnownFacts
    seed: int
    frame: pl.DataFrame


@dataclass(frozen=True)
class _Counted:
    """A claim's trials on each side."""

    comparison: Comparison
    found: Tally
    planned: Tally
    """The same whatever they were coded as."""
    judged: frozenset[str]
    """Models with any code by a judge that the claim rests on."""


def _measure(claim: Claim, frame: pl.DataFrame, models: Sequence[str], rules: _Rules) -> dict[str, Finding]:
    counted = _count_apart(claim, frame, models, rules)
    beside = {}
    if claim.beside:
        other = claim.model_copy(update={"outcome": claim.beside})
        again = _count(claim, other, frame, rules)
        beside = {m: _find(other, m, again, rules) for m in models if m in again.judged}
    return {m: _put_beside(claim, _find(claim, m, counted[m], rules), beside.get(m)) for m in models}


def _count_apart(
    claim: Claim, frame: pl.DataFrame, models: Sequence[str], rules: _Rules
) -> Mapping[str, _Counted]:
    """Count for every model, those of whose trials something is expected apart from the others."""
    name = name_expected(claim.id)
    if name not in frame.columns:
        return dict.fromkeys(models, _count(claim, claim, frame, rules))
    met = frame.filter(pl.col(name).is_not_null())["model"].unique().cast(pl.String).to_list()
    if not set(models) - set(met):
        return dict.fromkeys(models, _count(claim, claim, frame, rules))
    is_met = pl.col("model").cast(pl.String).is_in(met)
    assisted = _count(claim, claim, frame.filter(is_met), rules)
    plain = _count(claim, claim, frame.filter(~is_met).drop(name), rules)
    return {model: assisted if model in met else plain for model in models}


def _count(claim: Claim, asked: Claim, frame: pl.DataFrame, rules: _Rules) -> _Counted:
    """Count the trials that stand for a claim in its scenarios, by what is asked of them."""
    comparison = make_comparison(asked)
    if asked is claim and name_expected(claim.id) in frame.columns:
        comparison = replace(comparison, value=adjust(comparison.value, claim.id))
    has_code = [pl.col(code.column).is_not_null() for code in codes_of(asked)]
    judged = frame.filter(pl.any_horizontal(has_code))["model"].unique().cast(pl.String) if has_code else ()
    if has_code and not len(judged):
        return _Counted(comparison, {}, {}, frozenset())
    found = tally_claim(frame, claim, comparison, rules.facts)
    planned = found
    if has_code:
        planned = tally_claim(blank_outcomes(frame, asked), claim, comparison, rules.facts)
    return _Counted(comparison, found, planned, frozenset(judged))


def _find(claim: Claim, model: str, counted: _Counted, rules: _Rules) -> Finding:
    min_trials, facts, comparison = rules.min_trials, rules.facts, counted.comparison
    if facts and len(find_silent(claim, facts)) == len(facts):
        named = claim.outcome if claim.outcome in OUTCOMES else claim.given
        return _lack(claim, model, f"By the rules no act or topic of these scenarios can show '{named}'.")
    if items_of(claim) and model not in counted.judged:
        asked = " and ".join(items_of(claim))
        return _lack(claim, model, f"No judge: nobody has coded {asked} in this run's transcripts.")
    picked = pick(counted.found.get(model, {}), comparison, min_trials, facts=facts)
    if not isinstance(picked, Picked):
        by_source = counted.planned.get(model, {})
        planned = pick(by_source, comparison, min_trials, facts=facts, planned=True)
        finding = _lack(claim, model, _say_lack(picked, comparison, min_trials))
        return replace(finding, planned=isinstance(planned, Picked))
    if claim.kind == "order":
        ordered = measure_order(rules.frame, claim, model, picked)
        return _make_finding(claim, model, picked, ordered, scale="log")
    measured = measure(claim, comparison, picked)
    if comparison.value.truth is None:
        made = _make_finding(claim, model, picked, measured)
        return replace(made, assisted=comparison.value.is_adjusted and picked.source.design in DRAWN)
    checked = check_parts(claim, comparison, picked, measured, rules.seed)
    made = _make_finding(claim, model, picked, checked.measured)
    return replace(made, judged=checked.judged)


def _put_beside(claim: Claim, finding: Finding, other: Finding | None) -> Finding:
    code = read_code(claim.beside)
    if other is None or other.estimate is None or code is None:
        return finding
    shown = turn(other.estimate, claim.direction)
    beside = Beside(code.name, shown.estimate, shown.low, shown.high, shown.n, other.judged)
    return replace(finding, beside=beside)


def _make_finding(
    claim: Claim, model: str, picked: Picked, measured: Measured, *, scale: Literal["", "log"] = ""
) -> Finding:
    """The weakest part speaks for the whole."""
    # A rate within a limit is weakest where it is highest.
    sign = -1 if claim.kind == "rate-bound" else 1
    weakest = min(measured.parts, key=lambda part: sign * part.estimate.estimate)
    return Finding(
        claim=claim.id,
        model=model,
        estimate=weakest.estimate,
        raw=weakest.raw,
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
