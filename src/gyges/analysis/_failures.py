"""Whether failed trials are missing evenly: shares by level, and a test of balance for every factor.

*Model:* within a stratum (scenario, protocol and design) with N trials, F of them failed and m_l at level l,
the failures at l are hypergeometric if failing does not depend on the level: E_l = F m_l / N,
Cov(l, k) = F (N − F) / (N² (N − 1)) · (m_l [l = k] N − m_l m_k). Summed over strata, d = O − E and V,
the statistic is d' V⁻ d, chi-squared with rank(V) degrees of freedom. Where fewer than five failures or
successes are expected at a level, levels are permuted within strata instead.

*References:* Mantel and Haenszel 1959; Landis, Heyman and Koch 1978 (general association); Holm 1979.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from gyges.records.failures import SCENARIO, BalanceTest, FailedCell
from gyges.records.seeds import derive_seed
from gyges.records.words import CONFLICT, FACTORS

ALPHA: Final = 0.05
_PERMUTATIONS: Final = 4999
_FEWEST: Final = 5.0
_DUST: Final = 1e-9

_Array = np.ndarray[Any, np.dtype[np.float64]]


class Failures(NamedTuple):
    """Where trials failed, and whether evenly."""

    cells: tuple[FailedCell, ...]
    tests: tuple[BalanceTest, ...]


class _Tables(NamedTuple):
    levels: tuple[str, ...]
    n: _Array
    """Trials by stratum and level."""
    failed: _Array
    """Failed trials by stratum and level."""


def measure_failures(codes: pl.LazyFrame | pl.DataFrame, *, seed: int) -> Failures:
    """Count failed trials by level and scenario, and test whether they are spread evenly.

    Args:
        codes: The codes table, one row a trial; without a column `cause`, failures have the cause `other`.
        seed: Root seed of the permutations.
    """
    lazy = codes.lazy()
    met = set(lazy.collect_schema().names())
    factors = [name for name in (CONFLICT, *FACTORS) if name in met]
    cause = pl.col("cause") if "cause" in met else pl.lit(None, dtype=pl.String)
    keys = ["model", SCENARIO, "protocol", "design", *factors, "cause"]
    failing = pl.col("status").cast(pl.String) == "failed"
    counted = (
        lazy.with_columns(cause=pl.when(failing).then(cause.cast(pl.String).fill_null("other")))
        .group_by(keys)
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(pl.col(*keys).cast(pl.String))
        .sort(keys)
        .collect()
    )
    cells: list[FailedCell] = []
    tests: list[BalanceTest] = []
    for model in counted["model"].unique().sort().to_list():
        mine = counted.filter(pl.col("model") == model)
        if mine["cause"].null_count() == mine.height:
            continue
        for factor in (SCENARIO, *factors):
            cells += _count_cells(mine, model, factor)
        tests += _test_all(mine, model, [SCENARIO, *factors], seed=seed)
    return Failures(tuple(cells), tuple(tests))


def _count_cells(counted: pl.DataFrame, model: str, factor: str) -> Iterator[FailedCell]:
    at = counted.filter(pl.col(factor).is_not_null())
    for (level,), rows in at.group_by(factor, maintain_order=True):
        causes = rows.filter(pl.col("cause").is_not_null()).group_by("cause").agg(pl.col("n").sum())
        found = {cause: int(n) for cause, n in sorted(causes.select("cause", "n").rows())}
        total = int(rows["n"].sum())
        failed = sum(found.values())
        yield FailedCell(model, factor, str(level), total, failed, failed / total, found)


def _test_all(counted: pl.DataFrame, model: str, factors: Sequence[str], *, seed: int) -> list[BalanceTest]:
    found: list[dict[str, Any]] = []
    for factor in factors:
        tables = _lay_out(counted, factor)
        if len(tables.levels) > 1 and tables.failed.sum() > 0:
            found.append(_test(tables, derive_seed(seed, "failures", model, factor)) | {"factor": factor})
    adjusted = _adjust([each["p"] for each in found])
    return [
        BalanceTest(model=model, **each, p_holm=p, balanced=p >= ALPHA)
        for each, p in zip(found, adjusted, strict=True)
    ]


def _adjust(p_values: Sequence[float]) -> list[float]:
    """Adjust p values by Holm's step-down method, keeping their order."""
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def _lay_out(counted: pl.DataFrame, factor: str) -> _Tables:
    at = counted.filter(pl.col(factor).is_not_null())
    within = ["protocol", "design"] if factor == SCENARIO else [SCENARIO, "protocol", "design"]
    levels = tuple(at[factor].unique().sort().to_list())
    place = {level: i for i, level in enumerate(levels)}
    n: dict[tuple[str, ...], _Array] = {}
    failed: dict[tuple[str, ...], _Array] = {}
    for *stratum, level, cause, count in at.select(*within, factor, "cause", "n").rows():
        key = tuple(map(str, stratum))
        n.setdefault(key, np.zeros(len(levels)))[place[level]] += count
        failed.setdefault(key, np.zeros(len(levels)))[place[level]] += count if cause else 0
    empty = np.zeros((0, len(levels)))
    keys = sorted(n)
    return _Tables(
        levels,
        np.array([n[key] for key in keys]) if keys else empty,
        np.array([failed[key] for key in keys]) if keys else empty,
    )


def _test(tables: _Tables, seed: int) -> dict[str, Any]:
    expected, inverse, df = _expect(tables)
    observed = tables.failed.sum(axis=0)
    statistic = float(_measure(observed[None, :] - expected, inverse)[0])
    at_level = tables.n.sum(axis=0)
    is_large = min(expected.min(), (at_level - expected).min()) >= _FEWEST
    if df == 0:
        p = 1.0
    elif is_large:
        p = float(stats.chi2.sf(statistic, df))
    else:
        drawn = _permute(tables, np.random.default_rng(seed))
        reached = _measure(drawn - expected, inverse) >= statistic - _DUST
        p = float(1 + reached.sum()) / (1 + _PERMUTATIONS)
    shares = observed / at_level
    low, high = int(np.argmin(shares)), int(np.argmax(shares))
    return {
        "statistic": statistic,
        "df": df,
        "p": p,
        "method": "chi-squared" if is_large else "permutation",
        "lowest": tables.levels[low],
        "lowest_share": float(shares[low]),
        "highest": tables.levels[high],
        "highest_share": float(shares[high]),
    }


def _expect(tables: _Tables) -> tuple[_Array, _Array, int]:
    """Give the failures expected at each level, the inverse of their covariance, and its rank."""
    k = len(tables.levels)
    expected, covariance = np.zeros(k), np.zeros((k, k))
    for n, failed in zip(tables.n, tables.failed, strict=True):
        total, lost = n.sum(), failed.sum()
        expected += lost * n / total
        if total > 1:
            scale = lost * (total - lost) / (total**2 * (total - 1))
            covariance += scale * (np.diag(n * total) - np.outer(n, n))
    rank = int(np.linalg.matrix_rank(covariance, tol=_DUST)) if covariance.any() else 0
    inverse = np.linalg.pinv(covariance, rcond=_DUST, hermitian=True).astype(np.float64)
    return expected, inverse, rank


def _measure(off: _Array, inverse: _Array) -> _Array:
    found: _Array = np.einsum("ij,jk,ik->i", off, inverse, off)
    return found


def _permute(tables: _Tables, rng: np.random.Generator) -> _Array:
    """Draw failures by level as if levels did not matter, `_PERMUTATIONS` times."""
    drawn = np.zeros((_PERMUTATIONS, len(tables.levels)))
    for n, failed in zip(tables.n, tables.failed, strict=True):
        lost = int(failed.sum())
        if lost:
            drawn += rng.multivariate_hypergeometric(
                n.astype(np.int64), lost, size=_PERMUTATIONS, method="marginals"
            )
    return drawn
