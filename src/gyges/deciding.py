"""From codes to verdicts, and again on variations of the codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.contrasts import ModelContrast
from gyges.records.judges import JudgeRow
from gyges.records.scenario import Scenario
from gyges.records.study import Study, name_model
from gyges.records.verdicts import Finding, Verdict

if TYPE_CHECKING:
    import polars as pl

    from gyges.analysis import Revealed, Variation
    from gyges.claims import Again
    from gyges.estimands import Facts


_READ_BY_PEOPLE = ("evidence", "codes", "reason")


@dataclass(frozen=True)
class Asked:
    """What a study asks of its codes."""

    study: Study
    claims: Sequence[Claim]
    facts: Mapping[str, Facts]
    scenarios: Mapping[str, Scenario]
    batteries: Mapping[str, Battery]
    judges: Sequence[JudgeRow] = ()
    """How far judges agree."""


@dataclass(frozen=True)
class Decided:
    """What a codes table came to."""

    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...]
    revealed: Revealed
    contrasts: tuple[ModelContrast, ...] = ()


def ask(
    study: Study,
    claims: Sequence[Claim],
    scenarios: Mapping[str, Scenario],
    judges: Sequence[JudgeRow] = (),
    batteries: Mapping[str, Battery] | None = None,
) -> Asked:
    """Put together what a study asks."""
    from gyges.estimands import find_facts

    facts = {name: find_facts(each) for name, each in scenarios.items()}
    return Asked(study, claims, facts, scenarios, batteries or {}, judges)


def collect_codes(codes: pl.LazyFrame) -> pl.DataFrame:
    """Read a codes table without the columns that only people read."""
    return codes.drop(_READ_BY_PEOPLE, strict=False).collect()


def measure_study(
    codes: pl.LazyFrame | pl.DataFrame,
    asked: Asked,
    revealed: Revealed | None = None,
    *,
    listed: bool = True,
) -> tuple[tuple[Finding, ...], Revealed]:
    """Measure every claim on a codes table; give the findings, and what choices reveal.

    Args:
        codes: The codes table; what is expected of its trials is worked out unless it is there.
        asked: What its study asks.
        revealed: What its choices reveal; none: it is worked out, if a claim rests on it.
        listed: Whether rows of revealed values are wanted too, besides what claims rest on.

    Raises:
        RunError: The table is not a codes table.
    """
    from gyges.analysis import estimate_scenarios, measure_alternatives, measure_claims, prepare_codes

    fewest = asked.study.min_trials
    known = _reveal(codes, asked, listed=listed) if revealed is None else revealed
    prepared = prepare_codes(_expect(codes.lazy().collect(), asked, known), asked.facts)
    findings = measure_claims(
        prepared,
        asked.claims,
        scenario_results=estimate_scenarios(prepared, min_trials=fewest),
        min_trials=fewest,
        facts=asked.facts,
        revealed=known,
        seed=asked.study.seed,
    )
    ranks = {name_model(s): s.capability for s in asked.study.models if s.capability is not None}
    findings += measure_alternatives(prepared, asked.claims, min_trials=fewest, ranks=ranks)
    return findings, known


def decide_codes(
    codes: pl.LazyFrame | pl.DataFrame,
    asked: Asked,
    revealed: Revealed | None = None,
    *,
    listed: bool = True,
) -> Decided:
    """Measure and decide every claim on a codes table.

    Args:
        codes: The codes table; what is expected of its trials is worked out unless it is there.
        asked: What its study asks.
        revealed: What its choices reveal; none: it is worked out, if a claim rests on it.
        listed: Whether rows of revealed values are wanted too, besides what claims rest on.

    Raises:
        RunError: The table is not a codes table.
    """
    from gyges.claims import decide

    findings, known = measure_study(codes, asked, revealed, listed=listed)
    verdicts = decide(findings, asked.claims, min_trials=asked.study.min_trials, judges=asked.judges)
    return Decided(findings, verdicts, known)


def _reveal(codes: pl.LazyFrame | pl.DataFrame, asked: Asked, *, listed: bool) -> Revealed:
    from gyges.analysis import ASSISTED, Revealed, reveal_values
    from gyges.estimands import VALUE_KINDS

    resting = VALUE_KINDS if _is_expected(codes) else VALUE_KINDS | ASSISTED
    if not any(claim.kind in resting for claim in asked.claims):
        return Revealed()
    fewest = asked.study.min_trials
    return reveal_values(codes, asked.scenarios, asked.batteries, min_trials=fewest, listed=listed)


def _expect(codes: pl.DataFrame, asked: Asked, revealed: Revealed) -> pl.DataFrame:
    from gyges.analysis import expect_outcomes

    if _is_expected(codes):
        return codes
    return expect_outcomes(codes, asked.claims, asked.scenarios, revealed.models)


def _is_expected(codes: pl.LazyFrame | pl.DataFrame) -> bool:
    from gyges.estimands import EXPECTED

    return any(name.startswith(EXPECTED) for name in codes.lazy().collect_schema().names())


def decide_thoroughly(codes: pl.DataFrame, asked: Asked, answers: pl.DataFrame | None = None) -> Decided:
    """Decide every claim, then again on every variation of the codes, and compare the models.

    Args:
        codes: The codes table of a run.
        asked: What its study asks.
        answers: What each coder answered; none: nobody judged.
    """
    from gyges.analysis import contrast_models, list_variations, prepare_codes
    from gyges.claims import Rules, settle_controls, weigh_alternatives
    from gyges.estimands import list_items

    expected, own = _decide_own(codes, asked)
    # What is expected of a trial stays the same when others are left out.
    again = [_decide_again(each, asked) for each in list_variations(expected, answers)]
    rules = Rules(asked.claims, asked.study.min_trials, judges=asked.judges)
    weighed = weigh_alternatives(own.findings, own.verdicts, again, rules)
    verdicts = settle_controls(weighed, asked.claims, items=list_items(asked.claims), judges=asked.judges)
    known = {finding.model for finding in own.findings}
    models = [name for spec in asked.study.models if (name := name_model(spec)) in known]
    prepared = prepare_codes(codes, asked.facts)
    contrasts = contrast_models(
        prepared, own.findings, models, claims=asked.claims, min_trials=asked.study.min_trials
    )
    return Decided(own.findings, verdicts, own.revealed, contrasts)


def _decide_own(codes: pl.DataFrame, asked: Asked) -> tuple[pl.DataFrame, Decided]:
    """Decide on all codes; gives them with what is expected of each trial."""
    from gyges.analysis import Revealed

    revealed = _reveal(codes, asked, listed=True)
    expected = _expect(codes, asked, revealed)
    own = decide_codes(expected, asked, revealed)
    # What stands behind it is large, and a variation has its own.
    return expected, replace(own, revealed=Revealed(found=own.revealed.found))


def _decide_again(variation: Variation, asked: Asked) -> Again:
    from gyges.claims import Again

    found = decide_codes(variation.table, asked, listed=False)
    return Again(
        variation.name, variation.question, found.findings, found.verdicts, is_part=variation.is_part
    )
