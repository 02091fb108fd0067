"""The effect of every factor's levels on every outcome, for each model (exploratory).

*Model:* within unit u, RD_u = ȳ_u(level) − ȳ_u(reference) over trials whose other factors were drawn at
random (average marginal component effect), or over cells that differ in this factor alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from gyges.analysis._intervals import adjust_benjamini_hochberg, two_sided_p
from gyges.analysis._pooling import UnitFit, pool_units
from gyges.analysis._units import fit_differences
from gyges.estimands import SEVERITY, Source, Tally, Units, pick_levels, tally_levels, value_of
from gyges.records.estimates import Effect, Scale
from gyges.records.words import FACTORS

BINARY_OUTCOMES: Final = ("misaligned", "manipulation", "harm", "power_act")
"""Yes-or-no outcomes whose effects are estimated."""

EFFECT_OUTCOMES: Final = (*BINARY_OUTCOMES, SEVERITY)

_VALUES: Final = {name: value_of(name) for name in EFFECT_OUTCOMES}


def tally_factor(frame: pl.DataFrame, factor: str) -> Tally:
    """Count the trials at each level of a factor and sum every outcome."""
    return tally_levels(frame, factor, _VALUES.values())


def estimate_effects(tallies: dict[str, Tally], model: str) -> tuple[Effect, ...]:
    """Estimate one model's effects and adjust their p values together."""
    found = [
        effect
        for factor, counted in tallies.items()
        for level in FACTORS[factor][1:]
        for effect in _compare(counted.get(model, {}), model, factor, level)
    ]
    adjusted = adjust_benjamini_hochberg([effect.p for effect in found])
    return tuple(replace(effect, q=q) for effect, q in zip(found, adjusted, strict=True))


def _compare(by_source: dict[Source, dict[str, Units]], model: str, factor: str, level: str) -> list[Effect]:
    reference = FACTORS[factor][0]
    source = pick_levels(by_source, level, reference)
    if source is None:
        return []
    fits = {
        name: fit_differences(by_source[source][name], level, reference, value)
        for name, value in _VALUES.items()
    }
    subjects = {name: Subject(model, factor, level, name) for name in fits}
    return [pool_effect(subjects[name], source, units, _scale(name)) for name, units in fits.items() if units]


def _scale(outcome: str) -> Scale:
    return "rungs" if outcome == SEVERITY else "risk-difference"


class Subject(NamedTuple):
    """What an effect is of, and on what."""

    model: str
    factor: str
    level: str
    outcome: str


def pool_effect(subject: Subject, source: Source, fits: Sequence[UnitFit], scale: Scale) -> Effect:
    """Pool the units' effects into one."""
    estimate = pool_units(fits)
    drawn: Final = "conditional" if scale == "log-odds" else "AMCE"
    return Effect(
        model=subject.model,
        factor=subject.factor,
        level=subject.level,
        reference=FACTORS[subject.factor][0],
        outcome=subject.outcome,
        estimand="matched cells" if source.design == "matched" else drawn,
        protocol=source.protocol,
        estimate=estimate,
        p=two_sided_p(estimate.estimate, estimate.se, estimate.df),
        scale=scale,
    )
