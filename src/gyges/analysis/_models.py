"""How two models differ: paired trial by trial where the plan gives them the same, else within scenario.

*Model:* within unit u, over its N pairs of trials alike in all but the model, d_u = (n₁₀ − n₀₁)/N, with
variance [(b + c) − (b − c)²/M]/M², b = n₁₀ + ½, c = n₀₁ + ½, M = N + 2: half a pair of each kind is added,
so that none vanishes; the estimate is the plain one. Units are pooled as effects are, weighted by their
numbers of pairs, with t of S − 1 degrees of freedom over scenarios like these. What a claim is about is
compared unit by unit too, with the sum of both variances; that the models share their cells is not used
there.

References:
    Agresti & Min (2005), Simple improved confidence intervals for comparing matched proportions. Stat. Med.
    24.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final, NamedTuple

import polars as pl

from gyges.analysis._intervals import adjust_benjamini_hochberg, two_sided_p
from gyges.analysis._pooling import UnitFit, pool_units
from gyges.analysis._units import fit_differences
from gyges.estimands import (
    MIN_ARM,
    PAIR,
    SEVERITY,
    Arm,
    Unit,
    Units,
    count_side,
    keep_conflict,
    usable,
    value_of,
)
from gyges.records.claim import Claim
from gyges.records.contrasts import ModelContrast
from gyges.records.estimates import Estimate, UnitEffect
from gyges.records.verdicts import Finding, FoundPart

CONTRASTED: Final = ("misaligned", "manipulation", "harm", "power_act")
"""Outcomes in which models are compared."""

_GROUPS: Final = {"conjoint": "conjoint", "full-factorial": "full-factorial"}
"""Designs whose trials are compared by themselves, in order of preference; all others are `matched`."""

_MATCHED: Final = "matched"


class Setup(NamedTuple):
    """Which trials two models are compared in."""

    design: str
    protocol: str


def contrast_models(
    frame: pl.DataFrame,
    findings: Sequence[Finding],
    models: Sequence[str],
    *,
    claims: Sequence[Claim],
    min_trials: int,
) -> tuple[ModelContrast, ...]:
    """Compare every two models in every outcome, and in what every claim is about (exploratory).

    Args:
        frame: Prepared codes.
        findings: What was measured for the claims.
        models: The models in the study's order; the earlier of two is the one taken off.
        claims: The registered claims.
        min_trials: Fewest pairs, or trials of each model, for a comparison.
    """
    rows = mark_setups(frame) if len(models) > 1 else frame
    # What is about the whole study is the same for all of its models.
    whole = {claim.id for claim in claims if claim.kind == "capability"}
    own = [finding for finding in findings if finding.claim not in whole]
    in_rungs = {claim.id for claim in claims if claim.outcome == SEVERITY}
    found: list[ModelContrast] = []
    for reference, model in combinations(models, 2):
        found += _contrast_outcomes(rows, model, reference, min_trials)
        found += [
            replace(each, scale="rungs") if each.subject in in_rungs else each
            for each in _contrast_claims(own, model, reference)
        ]
    adjusted = adjust_benjamini_hochberg([each.p for each in found])
    return tuple(replace(each, q=q) for each, q in zip(found, adjusted, strict=True))


def mark_setups(frame: pl.DataFrame) -> pl.DataFrame:
    """Mark each trial with the conflict by the kind of cells it belongs to, in a column `setup`."""
    design = pl.col("design").cast(pl.String)
    return keep_conflict(frame).with_columns(setup=design.replace_strict(_GROUPS, default=_MATCHED)).collect()


def pair_units(rows: pl.DataFrame, model: str, reference: str, setup: Setup, outcome: str) -> list[UnitFit]:
    """Compare two models' trials pair by pair, within each unit that has pairs enough for a variance."""
    mine = rows.filter(
        (pl.col("setup") == setup.design) & (pl.col("protocol").cast(pl.String) == setup.protocol)
    )

    def take(name: str, alias: str) -> pl.LazyFrame:
        return (
            mine.lazy()
            .filter(pl.col("model") == name)
            .select(*PAIR, pl.col(outcome).cast(pl.Int64).alias(alias))
        )

    one, other = pl.col("one"), pl.col("other")
    both = one.is_not_null() & other.is_not_null()
    counted = (
        take(model, "one")
        .join(take(reference, "other"), on=PAIR, how="inner", nulls_equal=True)
        .with_columns(pl.col("scenario", "setting").cast(pl.String))
        .group_by("scenario", "setting")
        .agg(
            n=both.sum().cast(pl.Int64),
            more=(both & (one > other)).sum().cast(pl.Int64),
            less=(both & (one < other)).sum().cast(pl.Int64),
            pairs=pl.len().cast(pl.Int64),
            low=(one.fill_null(0) - other.fill_null(1)).sum().cast(pl.Int64),
            high=(one.fill_null(1) - other.fill_null(0)).sum().cast(pl.Int64),
        )
        .sort("scenario", "setting")
        .collect()
    )
    return [_fit_pairs(*row) for row in counted.iter_rows() if row[2] >= MIN_ARM]


def _fit_pairs(
    scenario: str, setting: str, n: int, more: int, less: int, *ends: int
) -> UnitFit:  # counts of one unit, as they come from the table
    pairs, low, high = ends
    estimate = (more - less) / n
    b, c, m = more + 0.5, less + 0.5, n + 2
    variance = ((b + c) - (b - c) ** 2 / m) / m**2
    plain = ((more + less) - (more - less) ** 2 / n) / n**2
    effect = UnitEffect(
        unit=f"{scenario}:{setting}",
        scenario=scenario,
        estimate=estimate,
        variance=variance,
        n=n,
        worst_low=min(low / pairs, estimate),
        worst_high=max(high / pairs, estimate),
    )
    added = max(0.0, variance - plain)
    return UnitFit(effect, size=1 / n, added=added, limits=(-1.0, 1.0))


def list_setups(rows: pl.DataFrame, models: Sequence[str]) -> list[Setup]:
    """List the setups in which all of these models have coded trials, best first."""
    counted = (
        rows.lazy()
        .filter(pl.col("status") == "coded", pl.col("model").cast(pl.String).is_in(list(models)))
        .group_by("setup", pl.col("protocol").cast(pl.String), "model")
        .len()
        .group_by("setup", "protocol")
        .agg(models=pl.len(), trials=pl.col("len").min())
        .filter(pl.col("models") == len(models))
        .collect()
    )
    order = [*_GROUPS, _MATCHED]
    ranked = sorted((order.index(s), -n, p) for s, p, _, n in counted.iter_rows())
    return [Setup(order[place], protocol) for place, _, protocol in ranked]


def _contrast_outcomes(
    rows: pl.DataFrame, model: str, reference: str, min_trials: int
) -> Iterator[ModelContrast]:
    for setup in list_setups(rows, (model, reference)):
        fits = {name: pair_units(rows, model, reference, setup, name) for name in CONTRASTED}
        is_paired = sum(fit.effect.n for fit in fits[CONTRASTED[0]]) >= min_trials
        if not is_paired:
            fits = {name: _fit_apart(rows, model, reference, setup, name, min_trials) for name in CONTRASTED}
        if all(fits.values()):
            for name, mine in fits.items():
                estimate = pool_units(mine)
                yield ModelContrast(
                    model=model,
                    reference=reference,
                    subject=name,
                    kind="outcome",
                    part="",
                    estimate=estimate,
                    p=two_sided_p(estimate.estimate, estimate.se, estimate.df),
                    pairing="trials" if is_paired else "scenarios",
                    protocol=setup.protocol,
                    design=setup.design,
                )
            return


def _fit_apart(
    rows: pl.DataFrame, model: str, reference: str, setup: Setup, outcome: str, min_trials: int
) -> list[UnitFit]:
    """Compare rates within scenario, where the models do not share their cells."""
    mine = rows.filter(
        (pl.col("setup") == setup.design)
        & (pl.col("protocol").cast(pl.String) == setup.protocol)
        & pl.col("model").cast(pl.String).is_in([model, reference])
    )
    keys = ("scenario", "setting", "model")
    counted = (
        mine.lazy()
        .group_by(keys)
        .agg(
            n=pl.col(outcome).count().cast(pl.Int64),
            total=pl.col(outcome).sum().cast(pl.Int64),
            missing=pl.col(outcome).is_null().sum().cast(pl.Int64),
        )
        .with_columns(pl.col(keys).cast(pl.String))
        .sort(keys)
        .collect()
    )
    units: Units = {}
    for scenario, setting, name, n, total, missing in counted.iter_rows():
        arm = Arm(n=n, missing=missing, total=total, squares=total, events=total)
        units.setdefault(Unit(scenario, setting), {})[name] = arm
    kept = usable(units, (model, reference))
    if min(count_side(kept, model), count_side(kept, reference)) < min_trials:
        return []
    return fit_differences(kept, model, reference, value_of(outcome))


def _contrast_claims(findings: Sequence[Finding], model: str, reference: str) -> Iterator[ModelContrast]:
    by_model: dict[str, dict[str, Finding]] = {model: {}, reference: {}}
    for finding in findings:
        if finding.model in by_model and finding.estimate is not None:
            by_model[finding.model][finding.claim] = finding
    for claim, one in by_model[model].items():
        other = by_model[reference].get(claim)
        if other is None or (one.protocol, one.design) != (other.protocol, other.design):
            continue
        theirs = _name_parts(other)
        for name, estimate in _name_parts(one).items():
            found = _subtract(estimate, theirs.get(name))
            if found is not None:
                yield ModelContrast(
                    model=model,
                    reference=reference,
                    subject=claim,
                    kind="claim",
                    part=name,
                    estimate=found,
                    p=two_sided_p(found.estimate, found.se, found.df),
                    pairing="scenarios",
                    protocol=one.protocol,
                    design=one.design,
                    scale="log-odds" if one.scale == "log" else "risk-difference",
                )


def _name_parts(finding: Finding) -> Mapping[str, Estimate]:
    parts: Sequence[FoundPart] = finding.parts
    if parts:
        return {part.name: part.estimate for part in parts}
    return {"": finding.estimate} if finding.estimate is not None else {}


def _subtract(one: Estimate, other: Estimate | None) -> Estimate | None:
    """Subtract two estimates within each unit that both have; none where they have none in common."""
    theirs = {unit.unit: unit for unit in other.units} if other is not None else {}
    fits = [_subtract_unit(unit, theirs[unit.unit]) for unit in one.units if unit.unit in theirs]
    # A difference of two halves of n trials has variance 4/n where every trial's value has variance 1.
    return pool_units([UnitFit(each, size=4 / each.n) for each in fits]) if fits else None


def _subtract_unit(one: UnitEffect, other: UnitEffect) -> UnitEffect:
    ends = (one.worst_low, other.worst_high, one.worst_high, other.worst_low)
    known = [end for end in ends if end is not None]
    has_worst = len(known) == len(ends)
    return UnitEffect(
        unit=one.unit,
        scenario=one.scenario,
        estimate=one.estimate - other.estimate,
        variance=math.fsum((one.variance, other.variance)),
        n=one.n + other.n,
        worst_low=known[0] - known[1] if has_worst else None,
        worst_high=known[2] - known[3] if has_worst else None,
    )
