"""Revealed weights, with intervals about scenarios like these.

*Model:* one conditional logit over all scenarios (`gyges.utility.fit_logit`). The variance of c·β̂ is the
larger of

- c ℐ⁻¹ cᵀ, which holds if every scenario has the same weights, and
- the jackknife over scenarios, (S − 1)/S Σ_s (c·β̂₍₋ₛ₎ − c·β̂)², with β̂₍₋ₛ₎ fitted without scenario s, which
  also holds if weights differ between them,

with t(S − 1), S the scenarios in which the features of c vary. Where fewer than five do, the first alone,
with a normal quantile: about these scenarios only.

The jackknife is close to the sandwich corrected for few clusters (CR3), and the fits it takes are those that
predict held-out scenarios. Measured alternatives are in docs/values.md.

References:
    Bell & McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage
    samples. Survey Methodology 28. Cameron & Miller (2015), A practitioner's guide to cluster-robust
    inference. JHR 50.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gyges.analysis._intervals import quantile_95
from gyges.estimands import MIN_SCENARIOS, ChoiceTable
from gyges.records.estimates import Estimate
from gyges.records.values import Value, ValueScale
from gyges.records.words import FACTORS
from gyges.utility import TERMS, THINGS, Choices, LogitFit, fit_logit, weigh_thing

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SLICED = ("role", "threat")
"""Factors at each of whose levels the weights are fitted again."""


@dataclass(frozen=True)
class WeightFit:
    """One model's weights, and the same without each scenario in turn."""

    fit: LogitFit
    without: Floats
    """S × K: the weights fitted without each scenario."""
    varies: Bools
    """S × K: whether a feature differs among acts open together in a scenario."""
    n: int
    """Trials."""
    n_varied: NDArray[np.int64]
    """K: trials in which acts that differ in a feature were open together."""

    def estimate(self, coefficients: Floats) -> Estimate:
        """Estimate a linear combination of weights; all that it names must be identified."""
        named = np.abs(coefficients) > 0
        value = float(coefficients @ self.fit.weights)
        variance = float(coefficients @ self.fit.covariance @ coefficients)
        size = int(self.varies[:, named].all(axis=1).sum())
        is_population = size >= MIN_SCENARIOS
        if is_population:
            moved = (self.without - self.fit.weights) @ coefficients
            folds = len(self.without)
            variance = max(variance, (folds - 1) / folds * float(moved @ moved))
        se = math.sqrt(variance)
        df = float(size - 1) if is_population else math.inf
        half = quantile_95(df) * se
        return Estimate(
            estimate=value,
            low=value - half,
            high=value + half,
            se=se,
            df=df,
            n=self.n,
            n_scenarios=size,
            scope="scenarios like these" if is_population else "these scenarios only",
        )


def fit_weights(table: ChoiceTable, kept: Bools | None = None) -> WeightFit:
    """Fit one model's weights, to all its choice sets or to some of them.

    Args:
        table: The choices.
        kept: The choice sets to fit; none: all. At least one must be.
    """
    choices = table.choices if kept is None else table.choices.take(kept)
    scenario = table.scenario if kept is None else table.scenario[kept]
    fit = fit_logit(choices)
    met = np.unique(scenario)
    differs = _differ(choices)
    many = len(met) > 1
    return WeightFit(
        fit=fit,
        without=np.array(
            [
                fit_logit(choices.take(scenario != each), start=fit.weights).weights if many else fit.weights
                for each in met
            ]
        ),
        varies=np.array([differs[scenario == each].any(axis=0) for each in met]),
        n=round(float(choices.counts.sum())),
        n_varied=np.round(choices.totals @ differs).astype(np.int64),
    )


def _differ(choices: Choices) -> Bools:
    """Say for each choice set and feature whether acts differ in it; shape T × K."""
    there = choices.is_open[..., None]
    low = np.where(there, choices.features, np.inf).min(axis=1)
    high = np.where(there, choices.features, -np.inf).max(axis=1)
    found: Bools = high - low > 1e-9
    return found


def list_values(model: str, table: ChoiceTable, whole: WeightFit, min_trials: int) -> Iterator[Value]:
    """List a model's weights and worths, over all trials and then by role and threat."""
    yield from _list_rows(_Subject(model, table.protocol), whole)
    for factor in SLICED:
        for level in FACTORS[factor]:
            kept = table.at_level(factor, level)
            n = round(float(table.choices.take(kept).counts.sum())) if kept.any() else 0
            subject = _Subject(model, table.protocol, factor, level)
            if n >= min_trials:
                yield from _list_rows(subject, fit_weights(table, kept))
            else:
                why = f"{n} trials at this level; the study asks for {min_trials}"
                yield from (subject.lack(term, "weight", why) for term in TERMS)


@dataclass(frozen=True)
class _Subject:
    model: str
    protocol: str
    factor: str = ""
    level: str = ""

    def lack(self, term: str, scale: ValueScale, reason: str) -> Value:
        """Give the row of a term that is not identified."""
        return Value(
            *(self.model, term, scale, self.factor, self.level),
            *(None, None, None, None),
            *(0, 0),
            identified=False,
            reason=reason,
            scope=None,
            protocol=self.protocol,
        )

    def show(self, term: str, scale: ValueScale, found: Estimate, n: int) -> Value:
        """Give the row of a term that is."""
        return Value(
            *(self.model, term, scale, self.factor, self.level),
            *(found.estimate, found.low, found.high, found.se),
            *(n, found.n_scenarios),
            identified=True,
            reason="",
            scope=found.scope,
            protocol=self.protocol,
        )


def _list_rows(subject: _Subject, fit: WeightFit) -> Iterator[Value]:
    scales: tuple[tuple[ValueScale, Floats], ...] = (
        ("weight", np.ones(len(TERMS))),
        ("per spread", fit.fit.spread),
    )
    for scale, sizes in scales:
        for place, term in enumerate(TERMS):
            if fit.fit.identified[place]:
                vector = np.zeros(len(TERMS))
                vector[place] = sizes[place]
                yield subject.show(term, scale, fit.estimate(vector), int(fit.n_varied[place]))
            else:
                yield subject.lack(term, scale, _say_why(fit, place))
    for thing in THINGS:
        vector = weigh_thing(thing)
        named = np.abs(vector) > 0
        if fit.fit.identified[named].all():
            yield subject.show(thing, "worth", fit.estimate(vector), int(fit.n_varied[named].min()))
        else:
            place = int(np.flatnonzero(named & ~fit.fit.identified)[0])
            yield subject.lack(thing, "worth", _say_why(fit, place))


def _say_why(fit: WeightFit, place: int) -> str:
    if not fit.n_varied[place]:
        return "acts open together never differ in it"
    return "it never differs by itself: it cannot be told from other terms"
