"""From codes to findings and verdicts, by the stages of every run; a study stands as a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from gyges.analysis import estimate_scenarios, measure_claims, prepare_codes
from gyges.claims import decide
from gyges.estimands import find_facts
from gyges.records.claim import Claim
from gyges.records.scenario import Scenario
from gyges.records.verdicts import Finding, Verdict


def measure(
    codes: pl.DataFrame, claims: Sequence[Claim], scenarios: Mapping[str, Scenario], min_trials: int
) -> tuple[Finding, ...]:
    """Measure claims in simulated studies, each a model of its own."""
    facts = {name: find_facts(each) for name, each in scenarios.items()}
    prepared = prepare_codes(codes, facts)
    results = estimate_scenarios(prepared, facts=facts, min_trials=min_trials)
    return measure_claims(prepared, claims, scenario_results=results, min_trials=min_trials, facts=facts)


def reach_verdicts(
    findings: Sequence[Finding], claims: Sequence[Claim], min_trials: int, others: Sequence[Claim] = ()
) -> tuple[Verdict, ...]:
    """Decide claims in simulated studies.

    Args:
        findings: What was measured.
        claims: The claims measured.
        min_trials: The study's own.
        others: Claims of the same registry that were not measured: they take their room in the family of
            tests, as if nothing came of them.
    """
    models = dict.fromkeys(finding.model for finding in findings)
    rest = [
        Finding(claim.id, model, None, missing="Not simulated.", planned=True)
        for model in models
        for claim in others
    ]
    verdicts = decide([*findings, *rest], [*claims, *others], min_trials=min_trials)
    names = {claim.id for claim in claims}
    return tuple(verdict for verdict in verdicts if verdict.id in names)


def name_models(codes: pl.DataFrame, name: str) -> pl.DataFrame:
    """Give the codes of one simulated study under a name of its own."""
    return codes.with_columns(model=pl.lit(name))
