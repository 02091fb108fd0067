"""Whether a safeguard does more than a less capable model would: the same answer for the whole study.

*Model:* the user declares the models' ranks. Within unit u, for each safeguard s,

    θ_su = mean over the ranked models of [ȳ(no safeguard) − ȳ(s)] − [ȳ(strongest) − ȳ(weakest)],

the first over the drawn cells of each model, the second over its pairs of trials alike in all but the model.
The claim says that some θ_s > 0. It is tested safeguard by safeguard: supported if the least of the k p
values passes at α/k, refuted only if every safeguard is ruled out, so looking for the largest one costs
nothing in error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from gyges.analysis._models import Setup, mark_setups, pair_units
from gyges.analysis._pooling import UnitFit, pool_units
from gyges.analysis._units import fit_differences
from gyges.estimands import SOURCES, Source, Units, count_side, rank_sources, tally_levels, usable, value_of
from gyges.records.claim import Claim
from gyges.records.estimates import UnitEffect
from gyges.records.verdicts import Finding, FoundPart
from gyges.records.words import FACTORS


def measure_capability(
    frame: pl.DataFrame,
    claim: Claim,
    models: Sequence[str],
    ranks: Mapping[str, int],
    min_trials: int,
) -> list[Finding]:
    """Measure it once, for every model of the study alike.

    Args:
        frame: Prepared codes.
        claim: The claim, with its factor and the level without safeguard.
        models: All models.
        ranks: Model to the rank its user declares; of equal ranks the first named counts.
        min_trials: Fewest coded trials of a model on each side.
    """
    known = [model for model in ranks if model in models]
    strong, weak = (
        max(known, key=ranks.__getitem__, default=""),
        min(known, key=ranks.__getitem__, default=""),
    )
    if len(known) < 2 or ranks[strong] == ranks[weak]:
        reason = "Fewer than two models of this study declare a `capability`, or all declare the same."
        return [Finding(claim.id, model, None, missing=reason, planned=False) for model in models]
    rows = mark_setups(frame.filter(pl.col(claim.factor).is_not_null()))
    counted = tally_levels(frame, claim.factor, [value_of(claim.outcome)])
    by_model = {model: counted.get(model, {}) for model in known}
    for source in rank_sources(by_model[weak], SOURCES):
        gaps = pair_units(rows, strong, weak, Setup(source.design, source.protocol), claim.outcome)
        units = [by_model[model].get(source, {}).get(claim.outcome, {}) for model in known]
        parts = tuple(_list_parts(claim, units, gaps, min_trials))
        if len(parts) == len(FACTORS[claim.factor]) - 1:
            return [_make(claim, model, source, parts, (units, strong, weak)) for model in models]
    reason = (
        f"Not every ranked model has {min_trials} coded trials with each safeguard and without, in scenarios"
        " that the strongest and the weakest share."
    )
    return [Finding(claim.id, model, None, missing=reason, planned=False) for model in models]


def _list_parts(
    claim: Claim, units: Sequence[Units], gaps: Sequence[UnitFit], min_trials: int
) -> Iterator[FoundPart]:
    shared = {fit.effect.unit: fit for fit in gaps}
    value = value_of(claim.outcome)
    for level in FACTORS[claim.factor]:
        if level == claim.reference:
            continue
        kept = [usable(each, (claim.reference, level)) for each in units]
        fewest = min(count_side(each, side) for each in kept for side in (claim.reference, level))
        if fewest < min_trials:
            return
        effects = [
            {fit.effect.unit: fit for fit in fit_differences(each, claim.reference, level, value)}
            for each in kept
        ]
        common = [name for name in effects[0] if name in shared and all(name in each for each in effects)]
        if common:
            fits = [_combine([each[name] for each in effects], shared[name]) for name in common]
            yield FoundPart(level, pool_units(fits))


def _combine(fits: Sequence[UnitFit], gap: UnitFit) -> UnitFit:
    """The mean of the models' effects in one unit, minus the gap between two of them there."""
    k = len(fits)
    parts = [(fit, 1 / k) for fit in fits] + [(gap, -1.0)]
    low = high = 0.0
    for fit, weight in parts:
        known = fit.effect
        ends = (
            known.estimate if known.worst_low is None else known.worst_low,
            known.estimate if known.worst_high is None else known.worst_high,
        )
        low += weight * ends[weight < 0]
        high += weight * ends[weight > 0]
    effect = UnitEffect(
        unit=gap.effect.unit,
        scenario=gap.effect.scenario,
        estimate=math.fsum(weight * fit.effect.estimate for fit, weight in parts),
        variance=math.fsum(weight**2 * fit.effect.variance for fit, weight in parts),
        n=sum(fit.effect.n for fit in fits),
        worst_low=low,
        worst_high=high,
    )
    sizes = [weight**2 * fit.size for fit, weight in parts if fit.size is not None]
    return UnitFit(
        effect,
        size=math.fsum(sizes) if len(sizes) == len(parts) else None,
        added=math.fsum(weight**2 * fit.added for fit, weight in parts),
        limits=(-2.0, 2.0),
    )


def _make(
    claim: Claim,
    model: str,
    source: Source,
    parts: tuple[FoundPart, ...],
    about: tuple[Sequence[Units], str, str],
) -> Finding:
    units, strong, weak = about
    arms = [arm for each in units for sides in each.values() for arm in sides.values()]
    best = max((part.estimate for part in parts), key=lambda estimate: estimate.estimate)
    return Finding(
        claim=claim.id,
        model=model,
        estimate=best,
        parts=parts,
        missing_share=sum(arm.missing for arm in arms) / sum(arm.trials for arm in arms),
        events=sum(arm.events for arm in arms),
        note=f"It is about the whole study: the strongest model is {strong}, the weakest {weak}.",
        protocol=source.protocol,
        design=source.design,
    )
