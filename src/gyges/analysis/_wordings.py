"""Whether the rate hangs on the wording: how much more it varies over surface variants than chance makes it.

*Model:* trial t of variant i has y_t ~ Bernoulli(p + u_i), Var(u_i) = σ². Where cells are drawn at random,
wordings are spread over them at random too, so a scenario's drawn trials are one stratum; elsewhere each
cell is one. In a stratum of N trials with n_i of variant i, G = Σ n_i(n_i − 1) ordered pairs share a
variant. With products centered at p̂, a pair's mean product is −p̂q̂/(N − 1) whatever the variants do, so

    σ̂² = (Σ_i [(y_i − n_i p̂)² − Σ_{t∈i} (y_t − p̂)²] / G + p̂q̂/(N − 1)) / (1 − G/(N(N − 1))).

Without any effect of wording its variance is 2(pq)²/G; with p̃ = (x + 1)/(n + 2) it never vanishes. Units
are pooled as effects are. What is shown is σ, the spread in points of the rate, and it is tested on the
scale of σ². z = Σ G σ̂² / √(Σ 2G(p̃q̃)²) is the test of no overdispersion, Tarone's with groups drawn from a
known whole.

References:
    Tarone (1979), Testing the goodness of fit of the binomial distribution. Biometrika 66.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

import polars as pl
from scipy.special import ndtr

from gyges.analysis._pooling import UnitFit, pool_units
from gyges.estimands import keep_conflict
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate, UnitEffect
from gyges.records.verdicts import Finding
from gyges.records.words import FACTORS

_DRAWN: Final = ("conjoint", "full-factorial")
_UNIT: Final = ("model", "scenario", "setting")


@dataclass(frozen=True)
class _Stratum:
    """Trials that may differ in their wording alone."""

    pairs: int
    """Ordered pairs of trials with the same variant."""
    n: int
    spread: float
    null: float
    """Variance of `spread` if no wording mattered."""


def measure_wordings(
    frame: pl.DataFrame, claim: Claim, models: Iterable[str], min_trials: int
) -> list[Finding]:
    """Measure the spread of an outcome's rate over surface variants, for every model."""
    if "variant" not in frame.columns:
        return [_lack(claim, model, "The codes do not say which wording a trial had.") for model in models]
    counted = _count(frame, claim.outcome)
    by_model = {model: list(rows) for model, rows in groupby(counted, key=lambda row: row["model"])}
    return [_find(claim, model, by_model.get(model, []), min_trials) for model in models]


def _count(frame: pl.DataFrame, outcome: str) -> list[dict[str, Any]]:
    is_drawn = pl.col("design").cast(pl.String).is_in(_DRAWN)
    cell = [pl.when(~is_drawn).then(pl.col(name).cast(pl.String)).alias(name) for name in FACTORS]
    keys = (*_UNIT, "protocol", "design", *FACTORS, "variant")
    return (
        keep_conflict(frame)
        .with_columns(*cell, pl.col(*_UNIT, "protocol", "design").cast(pl.String))
        .group_by(keys)
        .agg(
            n=pl.col(outcome).count().cast(pl.Int64),
            total=pl.col(outcome).sum().cast(pl.Int64),
            trials=pl.len().cast(pl.Int64),
        )
        .sort(keys)
        .collect()
        .to_dicts()
    )


def _find(claim: Claim, model: str, rows: list[dict[str, Any]], min_trials: int) -> Finding:
    fits, strata = [], []
    for (scenario, setting), found in groupby(rows, key=lambda row: (row["scenario"], row["setting"])):
        mine = list(_list_strata(list(found)))
        if mine:
            strata += mine
            fits.append(_fit(scenario, setting, mine))
    n = sum(each.n for each in strata)
    if n < min_trials:
        return _lack(
            claim,
            model,
            f"This run has {n} coded trials of which several had the same wording; it takes {min_trials}.",
        )
    trials = sum(row["trials"] for row in rows)
    return Finding(
        claim=claim.id,
        model=model,
        estimate=_as_spread(pool_units(fits), claim.bound or 0.0),
        missing_share=(trials - sum(row["n"] for row in rows)) / trials,
        events=sum(row["total"] for row in rows),
        note=_say_test(strata),
        protocol=", ".join(sorted({row["protocol"] for row in rows})),
        design=", ".join(sorted({row["design"] for row in rows})),
    )


def _list_strata(rows: list[dict[str, Any]]) -> Iterator[_Stratum]:
    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["protocol"], row["design"], *(row[name] or "" for name in FACTORS))

    for _, found in groupby(sorted(rows, key=place), key=place):
        groups = [(row["n"], row["total"]) for row in found if row["n"]]
        pairs = sum(n * (n - 1) for n, _ in groups)
        size = sum(n for n, _ in groups)
        if pairs and pairs < size * (size - 1):
            yield _estimate(groups, pairs, size)


def _estimate(groups: list[tuple[int, int]], pairs: int, size: int) -> _Stratum:
    events = sum(x for _, x in groups)
    p = events / size
    products = math.fsum((x - n * p) ** 2 - (x * (1 - p) ** 2 + (n - x) * p**2) for n, x in groups)
    share = pairs / (size * (size - 1))
    smooth = (events + 1) / (size + 2)
    return _Stratum(
        pairs=pairs,
        n=size,
        spread=(products / pairs + p * (1 - p) / (size - 1)) / (1 - share),
        null=2 * (smooth * (1 - smooth)) ** 2 / pairs,
    )


def _fit(scenario: str, setting: str, strata: list[_Stratum]) -> UnitFit:
    pairs = sum(each.pairs for each in strata)
    effect = UnitEffect(
        unit=f"{scenario}:{setting}",
        scenario=scenario,
        estimate=math.fsum(each.pairs * each.spread for each in strata) / pairs,
        variance=math.fsum(each.pairs**2 * each.null for each in strata) / pairs**2,
        n=sum(each.n for each in strata),
    )
    return UnitFit(effect, size=1 / pairs)


def _as_spread(variance: Estimate, bound: float) -> Estimate:
    """Give the spread: the root of the variance, 0 where that is below 0.

    Its standard error is such that a test against the bound says what the variance's says against the
    bound's square.
    """
    spread, low, high = (math.sqrt(max(0.0, x)) for x in (variance.estimate, variance.low, variance.high))
    t = (bound**2 - variance.estimate) / variance.se if variance.se else 0.0
    se = (bound - spread) / t if t and bound != spread else variance.se / (2 * bound or 1.0)
    return replace(
        variance,
        estimate=spread,
        low=low,
        high=high,
        se=abs(se),
        tau=None,
        prediction_low=None,
        prediction_high=None,
        units=(),
    )


def _say_test(strata: list[_Stratum]) -> str:
    found = math.fsum(each.pairs * each.spread for each in strata)
    z = found / math.sqrt(math.fsum(each.pairs**2 * each.null for each in strata))
    p = float(ndtr(-z))
    tested = f"z = {z:.2f}".replace("-", "−")
    tested += f", one-sided p {'< 0.0001' if p < 0.0001 else f'= {p:.2g}'}"
    return f"Test of no variation over wordings beyond chance: {tested}."


def _lack(claim: Claim, model: str, reason: str) -> Finding:
    return Finding(claim.id, model, None, missing=reason, planned=False)
