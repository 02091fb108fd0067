"""From codes to findings and verdicts, as a run's own are measured and decided; a study stands as a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from gyges.claims import decide
from gyges.deciding import Asked, measure_study
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding, Verdict


def measure(codes: pl.DataFrame, asked: Asked, claims: Sequence[Claim]) -> tuple[Finding, ...]:
    """Measure some of a study's claims in simulated studies, each a model of its own."""
    return measure_study(codes, replace(asked, claims=claims), listed=False)[0]


def reach_verdicts(
    findings: Sequence[Finding], asked: Asked, claims: Sequence[Claim], others: Sequence[Claim] = ()
) -> tuple[Verdict, ...]:
    """Decide claims in simulated studies.

    Args:
        findings: What was measured.
        asked: What the study asks.
        claims: The claims measured.
        others: Claims of the same registry that were not measured: they take their room in the family of
            tests, as if nothing came of them.
    """
    models = dict.fromkeys(finding.model for finding in findings)
    rest = [
        Finding(claim.id, model, None, missing="Not simulated.", planned=True)
        for model in models
        for claim in others
    ]
    verdicts = decide([*findings, *rest], [*claims, *others], min_trials=asked.study.min_trials)
    names = {claim.id for claim in claims}
    return tuple(verdict for verdict in verdicts if verdict.id in names)
