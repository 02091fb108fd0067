"""Effects in logits: a penalised logit with all main effects in every unit, then pooled over units.

*Model:* in unit u, logit p = a_u + Σ_f b_{u,f}[level of f], b = 0 at each factor's first level. The b_{u,f}
and their variances are pooled as effects are; a unit in which the outcome never occurs, or always, has no
say. Unlike the difference of rates it holds the other factors fixed, so where logits add up it does not
depend on the study's level weights; and it is larger than the log-odds of the averaged rates. Units are
weighted by their trials: by their own variance those would count most in which the effect came out small.

Between matched cells it is log(x₁ + ½)/(n₁ − x₁ + ½) − log(x₀ + ½)/(n₀ − x₀ + ½), which is Firth's estimate
in two arms, with variance Σ 1/(x + ½) + 1/(n − x + ½).

References:
    Firth (1993), Bias reduction of maximum likelihood estimates. Biometrika 80.
    Gart (1966), Alternative analyses of contingency tables. JRSS B 28.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gyges.analysis._cell_counts import CellCounts, Cells
from gyges.analysis._effects import BINARY_OUTCOMES, Subject, pool_effect
from gyges.analysis._intervals import adjust_benjamini_hochberg
from gyges.analysis._logit import Codes, fit_logit, spread_out
from gyges.analysis._pooling import UnitFit
from gyges.estimands import MIN_ARM, Arm, Source, Tally, Unit, Units, pick_levels, usable
from gyges.records.estimates import Effect, UnitEffect
from gyges.records.words import FACTORS

_Fits = dict[tuple[str, str], list[UnitFit]]
"""Factor and level to its effect in every unit."""


class _Shown(NamedTuple):
    """A level whose coefficient is an effect."""

    factor: str
    level: str
    at: int
    arms: tuple[int, int]
    """Trials at the level, and at the reference."""


def estimate_log_odds(tallies: Mapping[str, Tally], cells: Cells, model: str) -> tuple[Effect, ...]:
    """Estimate one model's effects in logits, from the sources its differences of rates rest on.

    Args:
        tallies: Trials at the levels of each factor, by factor.
        cells: Drawn trials by cell.
        model: Whose effects.
    """
    fitted: dict[Source, dict[str, _Fits]] = {}
    found = []
    for factor, counted in tallies.items():
        by_source = counted.get(model, {})
        for level in FACTORS[factor][1:]:
            source = pick_levels(by_source, level, FACTORS[factor][0])
            if source is None:
                continue
            for outcome in BINARY_OUTCOMES:
                if source.design == "matched":
                    fits = _fit_arms(by_source[source][outcome], level, FACTORS[factor][0])
                else:
                    if source not in fitted:
                        fitted[source] = fit_units(cells[model][source])
                    fits = fitted[source][outcome].get((factor, level), [])
                if fits:
                    found.append(
                        pool_effect(Subject(model, factor, level, outcome), source, fits, "log-odds")
                    )
    adjusted = adjust_benjamini_hochberg([effect.p for effect in found])
    return tuple(replace(effect, q=q) for effect, q in zip(found, adjusted, strict=True))


def _fit_arms(units: Units, level: str, reference: str) -> list[UnitFit]:
    found = []
    for unit, sides in usable(units, (level, reference)).items():
        arms = sides[level], sides[reference]
        if 0 < sum(arm.events for arm in arms) < sum(arm.n for arm in arms):
            logits = [_measure_logit(arm) for arm in arms]
            effect = UnitEffect(
                unit=unit.name,
                scenario=unit.scenario,
                estimate=logits[0][0] - logits[1][0],
                variance=logits[0][1] + logits[1][1],
                n=sum(arm.n for arm in arms),
            )
            found.append(UnitFit(effect, size=_size_of(arm.n for arm in arms)))
    return found


def _measure_logit(arm: Arm) -> tuple[float, float]:
    yes, no = arm.events + 0.5, arm.n - arm.events + 0.5
    return math.log(yes / no), 1 / yes + 1 / no


def fit_units(by_unit: Mapping[Unit, CellCounts]) -> dict[str, _Fits]:
    """Fit every outcome that was counted in every unit."""
    found: dict[str, _Fits] = {outcome: {} for outcome in BINARY_OUTCOMES}
    for unit, counts in by_unit.items():
        shown, columns, size = _lay_out(counts)
        total = counts.n.sum()
        known = [name for name, totals in counts.totals.items() if 0 < totals.sum() < total]
        x = spread_out(columns, size)
        for outcome in known:
            fit = fit_logit(x, counts.totals[outcome], counts.n)
            for factor, level, at, arms in shown:
                effect = UnitEffect(
                    unit.name, unit.scenario, float(fit.beta[at]), float(fit.cov[at, at]), sum(arms)
                )
                found[outcome].setdefault((factor, level), []).append(UnitFit(effect, size=_size_of(arms)))
    return found


def _size_of(arms: Iterable[int]) -> float:
    return sum(1 / n for n in arms)


def _lay_out(counts: CellCounts) -> tuple[list[_Shown], list[Codes], int]:
    """Give each level seen a coefficient; the first of a factor is its baseline and has none.

    Returns:
        What is an effect; for each factor every cell's coefficient, or 0; how many coefficients there are.
    """
    shown: list[_Shown] = []
    columns: list[Codes] = []
    size = 0
    for factor in counts.levels:
        trials = counts.count(factor)
        present = [i for i, n in enumerate(trials) if n]
        numbers = np.zeros(len(trials) + 1, dtype=np.uint8)
        for i in present[1:]:
            size += 1
            numbers[i + 1] = size
            if present[0] == 0 and min(trials[0], trials[i]) >= MIN_ARM:
                shown.append(_Shown(factor, FACTORS[factor][i], size, (trials[i], trials[0])))
        columns.append(numbers[counts.levels[factor]])
    return shown, columns, size
