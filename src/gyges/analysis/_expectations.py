"""What the values lead one to expect of each drawn trial, whatever the level of the factors at hand.

*Model:* weights fitted without a trial's own cell (`_own_weights`) give the probability m(c) of an outcome in
a cell c. For a comparison of the levels of some factors, h is the mean of m over all combinations of these
levels, the other factors as they are in the trial's own cell, less its mean in the unit. Cells are drawn at
random, so h tells nothing of its own level: the difference of the levels' means of y − λh is the average
marginal component effect as that of y is, whatever the policy really is and whatever λ. With λ the slope of y
on m in the *other* scenarios' drawn trials, held between 0 and 1, a prediction that is of no use is not used.

References:
    Robins, Rotnitzky & Zhao (1994), Estimation of regression coefficients when some regressors are not always
    observed. JASA 89. Wager, Du, Taylor & Tibshirani (2016), High-dimensional regression adjustments in
    randomized experiments. PNAS 113 (fits that leave a trial's own part of the data out). Cochran (1977),
    Sampling techniques, 3rd ed., section 7.4 (regression with a slope that is known beforehand).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.analysis._own_weights import OwnWeights, fit_own, name_cell
from gyges.analysis._predicted import predict_average
from gyges.analysis._values import Evidence
from gyges.estimands import DRAWN, EXPECTED, SEVERITY, make_comparison, name_expected
from gyges.records.claim import Claim
from gyges.records.scenario import Scenario
from gyges.records.words import CONFLICT, FACTORS, OUTCOMES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ASSISTED: Final = frozenset({"contrast", "slope", "dose", "zone", "rate-difference"})
"""Kinds of claims whose trials can be adjusted: differences of means, and means, over drawn cells."""

_FEWEST: Final = 2
"""Scenarios it takes, so that each can be predicted from another."""

_GRAINS: Final = 4096.0
"""Expectations are multiples of its inverse: sums of outcomes less these, and of squares, are then exact in
whatever order they are taken."""

_COUNTED: Final = (*OUTCOMES, SEVERITY)
_PLAIN: Final = ("model", "scenario", "setting", "design", CONFLICT, *FACTORS)


def expect_outcomes(
    codes: pl.DataFrame,
    claims: Iterable[Claim],
    scenarios: Mapping[str, Scenario],
    known: Mapping[str, Evidence],
) -> pl.DataFrame:
    """Add a column `expected_<claim>` for each claim whose drawn trials can be adjusted.

    Args:
        codes: The codes table.
        claims: The claims asked for.
        scenarios: The scenarios as run.
        known: Model to its choices; trials of a model without fitted weights have no expectation.
    """
    asked = [claim for claim in claims if _can_adjust(claim)]
    plain = codes.select(
        *(pl.col(name).cast(pl.String) for name in _PLAIN),
        *(pl.col(name).cast(pl.Float64) for name in _COUNTED),
    ).with_row_index("row")
    drawn = plain.filter(pl.col("design").is_in(DRAWN), pl.col(CONFLICT) == "present")
    columns = {claim.id: np.full(codes.height, np.nan) for claim in asked}
    for (model,), rows in drawn.group_by("model", maintain_order=True):
        evidence = known.get(str(model))
        if evidence is not None:
            for place, claim, values in _expect(rows, asked, scenarios, evidence):
                columns[claim][place] = np.round(values * _GRAINS) / _GRAINS
    added = [pl.Series(name_expected(name), each).fill_nan(None) for name, each in columns.items()]
    kept = [each for each in added if each.null_count() < each.len()]
    return codes.drop(name for name in codes.columns if name.startswith(EXPECTED)).with_columns(kept)


def _can_adjust(claim: Claim) -> bool:
    counted = {claim.outcome, *([claim.outcome_b] if claim.outcome_b else [])}
    return claim.kind in ASSISTED and counted <= set(_COUNTED) and not claim.given


@dataclass(frozen=True)
class _Foreseen:
    """What is expected in one scenario's drawn trials."""

    rows: Ints
    """Where the trials stand in the codes table."""
    claims: Mapping[str, Floats]
    """For each claim and outcome (`claim/outcome`) h, for λ = 1."""
    products: Mapping[str, tuple[float, float]]
    """For each outcome Σ m·y and Σ m², both less their means in each setting, over coded trials."""


def _expect(
    rows: pl.DataFrame, claims: Sequence[Claim], scenarios: Mapping[str, Scenario], evidence: Evidence
) -> Iterable[tuple[Ints, str, Floats]]:
    """Give, scenario by scenario, a claim's λh in the drawn trials of one model."""
    table = evidence.table
    if evidence.fit is None or table is None or len(table.scenarios) < _FEWEST:
        return
    own = fit_own(table, evidence.fit, {name: len(each.acts) for name, each in scenarios.items()})
    found = {
        str(name): _foresee(mine, claims, scenarios[str(name)], own[str(name)])
        for (name,), mine in rows.group_by("scenario", maintain_order=True)
        if name in own
    }
    for name, here in found.items():
        others = [each.products for other, each in found.items() if other != name]
        slopes = {outcome: _find_slope([each[outcome] for each in others]) for outcome in _COUNTED}
        for claim in claims:
            if f"{claim.id}/{claim.outcome}" in here.claims:
                values = slopes[claim.outcome] * here.claims[f"{claim.id}/{claim.outcome}"]
                if claim.outcome_b:
                    values = values - slopes[claim.outcome_b] * here.claims[f"{claim.id}/{claim.outcome_b}"]
                yield here.rows, claim.id, values


def _find_slope(products: Sequence[tuple[float, float]]) -> float:
    both, own = (math.fsum(each[i] for each in products) for i in (0, 1))
    return min(max(both / own, 0.0), 1.0) if own > 0 else 0.0


def _foresee(rows: pl.DataFrame, claims: Sequence[Claim], scenario: Scenario, own: OwnWeights) -> _Foreseen:
    cells = rows.select(*FACTORS).unique(maintain_order=True)
    joined = rows.join(
        cells.with_row_index("cell"), on=list(FACTORS), nulls_equal=True, maintain_order="left"
    )
    place, levels = (
        joined["cell"].to_numpy(),
        {name: cells[name].to_numpy().astype(object) for name in FACTORS},
    )
    fold = own.place([name_cell("present", row) for row in cells.iter_rows()])
    setting = rows["setting"].to_numpy()

    def average(factors: tuple[str, ...]) -> Mapping[str, Floats]:
        found = predict_average(levels, factors, scenario, own.weights[fold], own.constants[fold])
        return {outcome: each[place] for outcome, each in found.items()}

    averages: dict[tuple[str, ...], Mapping[str, Floats]] = {}
    by_claim: dict[str, Floats] = {}
    for claim in claims:
        factors = tuple(sorted(make_comparison(claim).factors))
        if any(cells[name].null_count() for name in factors):
            continue
        if factors not in averages:
            averages[factors] = average(factors)
        for outcome in filter(None, (claim.outcome, claim.outcome_b)):
            by_claim[f"{claim.id}/{outcome}"] = _center(averages[factors][outcome], setting)
    here = average(())
    products = {outcome: _multiply(here[outcome], rows[outcome].to_numpy(), setting) for outcome in _COUNTED}
    return _Foreseen(rows["row"].to_numpy().astype(np.int64), by_claim, products)


def _multiply(expected: Floats, shown: Floats, setting: NDArray[np.object_]) -> tuple[float, float]:
    coded = ~np.isnan(shown)
    m, y = (_center(each[coded], setting[coded]) for each in (expected, shown))
    return float(m @ y), float(m @ m)


def _center(values: Floats, setting: NDArray[np.object_]) -> Floats:
    """Give values less their mean in each setting."""
    found = values.copy()
    for each in set(setting):
        here = setting == each
        found[here] -= found[here].mean()
    return found
