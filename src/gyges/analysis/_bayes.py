"""The hierarchical model's posteriors, held against the two-stage estimates.

A fit has converged when every R-hat is at most 1.01, every effective number of draws at least 400, and no
transition diverged (Vehtari et al. 2021). One that has not is kept and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from gyges.analysis._cell_counts import CellCounts, count_cells
from gyges.analysis._effects import BINARY_OUTCOMES
from gyges.analysis._hierarchy import Array, Counts, Posterior, Sampled, Sampling, check_sampler, sample
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.errors import BayesError, unknown_name
from gyges.estimands import MIN_SCENARIOS, SOURCES, Source, Unit
from gyges.records.bayes import BayesEffect, BayesFit, BayesResults, Disagreement
from gyges.records.estimates import Effect, Estimates, Scale, Scope
from gyges.records.seeds import derive_seed
from gyges.records.words import FACTORS

_MOST_R_HAT: Final = 1.01
_LEAST_ESS: Final = 400.0

_Key = tuple[str, str, str, str, str]
"""Model, factor, level, outcome, scale."""


@dataclass(frozen=True)
class _Column:
    """A level that has an effect."""

    factor: str
    level: str
    n: int
    scope: Scope


@dataclass(frozen=True)
class _Subject:
    model: str
    outcome: str
    source: Source


def fit_bayes(
    codes: pl.LazyFrame | pl.DataFrame,
    estimates: Estimates,
    *,
    seed: int,
    facts: KnownFacts | None = None,
    outcomes: Sequence[str],
    sampling: Sampling | None = None,
) -> BayesResults:
    """Sample the hierarchical model of each outcome for every model that has drawn cells.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        estimates: The two-stage estimates it is held against.
        seed: The study's seed.
        facts: What is known of the scenarios.
        outcomes: Yes-or-no outcomes; without one, nothing is sampled.
        sampling: How long to sample; none: 4 chains of 1,000 draws after 600 to warm up.

    Raises:
        BayesError: NumPyro is not installed, or an outcome is unknown.
    """
    if not outcomes:
        return BayesResults()
    for outcome in outcomes:
        if outcome not in BINARY_OUTCOMES:
            raise BayesError(f"--bayes-outcome: {unknown_name('outcome', outcome, BINARY_OUTCOMES)}")
    check_sampler()
    cells = count_cells(drop_items(prepare_codes(codes, facts)), outcomes)
    two_stage = _index(estimates)
    effects: list[BayesEffect] = []
    fits: list[BayesFit] = []
    for model in sorted(cells):
        source = _choose_source(cells[model])
        for outcome in outcomes:
            subject = _Subject(model, outcome, source)
            counts, columns = _stack(cells[model][source], outcome)
            if columns and 0 < counts.y.sum() < counts.n.sum():
                like_these = np.array([column.scope == "scenarios like these" for column in columns])
                length = sampling or Sampling()
                chosen = derive_seed(seed, "bayes", model, outcome)
                posterior = sample(counts, chosen, length, like_these=like_these)
                problem = _find_problem(posterior)
                rows = list(_make_rows(subject, columns, posterior, two_stage, converged=not problem))
                effects += rows
                fits.append(_describe(subject, cells[model][source], posterior, rows, length))
    return BayesResults(tuple(effects), tuple(fits))


def _index(estimates: Estimates) -> dict[_Key, Effect]:
    found = (*estimates.effects, *estimates.log_odds)
    return {(e.model, e.factor, e.level, e.outcome, e.scale): e for e in found}


def _choose_source(by_source: Mapping[Source, Mapping[Unit, CellCounts]]) -> Source:
    def rank(source: Source) -> tuple[int, float, str]:
        trials = sum(float(each.n.sum()) for each in by_source[source].values())
        return SOURCES.index(source.design), -trials, source.protocol

    return min(by_source, key=rank)


def _stack(by_unit: Mapping[Unit, CellCounts], outcome: str) -> tuple[Counts, list[_Column]]:
    """Lay all units' cells under each other, with a column a level that some unit compares."""
    columns: list[_Column] = []
    groups: list[tuple[int, ...]] = []
    spread: list[Array] = []
    carried: list[Array] = []
    for factor, levels in FACTORS.items():
        having = {
            i: {unit: each for unit, each in by_unit.items() if _has(each, factor, i)}
            for i in range(1, len(levels))
        }
        compared = {i: mine for i, mine in having.items() if mine}
        if compared:
            groups.append(tuple(range(len(columns), len(columns) + len(compared))))
        places = np.concatenate([_column_of(each, factor) for each in by_unit.values()])
        for i, mine in compared.items():
            columns.append(_describe_column(factor, i, mine))
            spread.append((places == i + 1).astype(float))
            carried.append((places > 0).astype(float))
    sizes = [len(each.n) for each in by_unit.values()]
    counts = Counts(
        x=_side_by_side(spread, sum(sizes)),
        carried=_side_by_side(carried, sum(sizes)),
        unit=np.repeat(np.arange(len(sizes)), sizes),
        y=np.concatenate([each.totals[outcome] for each in by_unit.values()]),
        n=np.concatenate([each.n for each in by_unit.values()]),
        groups=tuple(groups),
    )
    return counts, columns


def _describe_column(factor: str, level: int, by_unit: Mapping[Unit, CellCounts]) -> _Column:
    wide = len({unit.scenario for unit in by_unit}) >= MIN_SCENARIOS
    trials = [each.count(factor) for each in by_unit.values()]
    n = sum(each[0] + each[level] for each in trials)
    scope: Scope = "scenarios like these" if wide else "these scenarios only"
    return _Column(factor, FACTORS[factor][level], n, scope)


def _side_by_side(columns: Sequence[Array], height: int) -> Array:
    return np.column_stack(columns) if columns else np.zeros((height, 0))


def _has(counts: CellCounts, factor: str, level: int) -> bool:
    """Say whether a unit has trials at a level and at the factor's first."""
    if factor not in counts.levels:
        return False
    trials = counts.count(factor)
    return min(trials[0], trials[level]) > 0


def _column_of(counts: CellCounts, factor: str) -> Array:
    found = counts.levels.get(factor)
    return np.zeros(len(counts.n)) if found is None else found.astype(float)


def _find_problem(posterior: Posterior) -> str:
    found = []
    if posterior.divergences:
        found.append(f"{posterior.divergences:,} divergent transitions")
    if posterior.worst_r_hat > _MOST_R_HAT:
        found.append(f"an R-hat of {posterior.worst_r_hat:.3f} (at most {_MOST_R_HAT} is wanted)")
    if posterior.least_ess < _LEAST_ESS:
        found.append(f"{posterior.least_ess:.0f} effective draws (at least {_LEAST_ESS:.0f} are wanted)")
    return f"The sampler did not converge: {', '.join(found)}." if found else ""


def _make_rows(
    subject: _Subject,
    columns: Sequence[_Column],
    posterior: Posterior,
    two_stage: Mapping[_Key, Effect],
    *,
    converged: bool,
) -> Iterable[BayesEffect]:
    for at, column in enumerate(columns):
        effects = posterior.effects if column.scope == "scenarios like these" else posterior.own
        scales: tuple[tuple[Scale, Sampled], ...] = (
            ("log-odds", effects),
            ("risk-difference", posterior.differences),
        )
        for scale, sampled in scales:
            draws = sampled.draws[:, at]
            low, high = (float(each) for each in np.quantile(draws, (0.025, 0.975)))
            mean = float(np.mean(draws))
            key = (subject.model, column.factor, column.level, subject.outcome, scale)
            other = two_stage.get(key)
            if other is not None and (
                other.protocol != subject.source.protocol or other.estimand == "matched cells"
            ):
                other = None
            yield BayesEffect(
                model=subject.model,
                outcome=subject.outcome,
                factor=column.factor,
                level=column.level,
                reference=FACTORS[column.factor][0],
                scale=scale,
                estimate=mean,
                low=low,
                high=high,
                p_positive=float(np.mean(draws > 0)),
                tau=float(np.median(posterior.taus[:, at])),
                r_hat=float(sampled.r_hat[at]),
                ess=float(sampled.ess[at]),
                scope=column.scope,
                protocol=subject.source.protocol,
                design=subject.source.design,
                n=column.n,
                two_stage=other.estimate.estimate if other else None,
                two_stage_low=other.estimate.low if other else None,
                two_stage_high=other.estimate.high if other else None,
                disagrees=_compare((mean, low, high), other),
                converged=converged,
            )


def _compare(posterior: tuple[float, float, float], other: Effect | None) -> tuple[Disagreement, ...]:
    if other is None:
        return ()
    mean, low, high = posterior
    theirs = other.estimate
    found: list[Disagreement] = []
    if mean * theirs.estimate < 0:
        found.append("sign")
    if (low <= 0 <= high) != (theirs.low <= 0 <= theirs.high):
        found.append("zero")
    if not (low <= theirs.estimate <= high and theirs.low <= mean <= theirs.high):
        found.append("outside")
    return tuple(found)


def _describe(
    subject: _Subject,
    by_unit: Mapping[Unit, CellCounts],
    posterior: Posterior,
    rows: Sequence[BayesEffect],
    sampling: Sampling,
) -> BayesFit:
    problem = _find_problem(posterior)
    return BayesFit(
        model=subject.model,
        outcome=subject.outcome,
        protocol=subject.source.protocol,
        design=subject.source.design,
        n=round(sum(float(each.n.sum()) for each in by_unit.values())),
        n_units=len(by_unit),
        n_scenarios=len({unit.scenario for unit in by_unit}),
        chains=sampling.chains,
        warmup=sampling.warmup,
        draws=sampling.draws,
        divergences=posterior.divergences,
        worst_r_hat=posterior.worst_r_hat,
        least_ess=posterior.least_ess,
        converged=not problem,
        problem=problem,
        disagreements=sum(bool(row.disagrees) for row in rows),
    )
