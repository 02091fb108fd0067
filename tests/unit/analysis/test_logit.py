"""The penalised logit, against formulas worked by hand and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from gyges.analysis import _logit
from gyges.analysis._logit import fit_logit, spread_out


def one_hot(columns: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Design with an intercept."""
    x = np.zeros((len(columns), size + 1))
    np.put_along_axis(x, columns, 1.0, axis=1)
    x[:, 0] = 1
    return x


def draw(cells: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Cells of three factors with 2, 3 and 2 levels, with trials and events."""
    rng = np.random.default_rng(seed)
    columns = np.column_stack(
        [
            rng.integers(0, 2, cells),
            np.array([0, 2, 3])[rng.integers(0, 3, cells)],
            4 * rng.integers(0, 2, cells),
        ]
    )
    n = rng.integers(1, 6, cells).astype(float)
    beta = np.array([-0.8, 0.7, -0.4, 0.9, 0.3])
    p = 1 / (1 + np.exp(-one_hot(columns, 4) @ beta))
    return columns, rng.binomial(n.astype(int), p).astype(float), n


@pytest.mark.parametrize(("events", "other"), [(3, 9), (0, 5), (12, 12), (0, 12)])
def test_two_arms_add_half_a_trial(events: int, other: int) -> None:
    """In two arms Firth's estimate is the log odds ratio with half a trial added to each cell."""
    fit = fit_logit(
        spread_out([np.array([1, 0], np.uint8)], 1), np.array([events, other], float), np.full(2, 12.0)
    )
    odds = [(x + 0.5) / (12 - x + 0.5) for x in (events, other)]
    # What keeps aliased coefficients apart shrinks a little.
    assert fit.beta[1] == pytest.approx(math.log(odds[0] / odds[1]), rel=0.06)


def test_the_score_with_its_penalty_is_zero() -> None:
    """The estimate solves Firth's modified score equations."""
    columns, y, n = draw(120, 1)
    fit = fit_logit(spread_out(list(columns.T.astype(np.uint8)), 4), y, n)
    x = one_hot(columns, 4)
    p = 1 / (1 + np.exp(-x @ fit.beta))
    w = n * p * (1 - p)
    leverage = w * np.einsum("ij,jk,ik->i", x, fit.cov, x)
    score = x.T @ (y - n * p + leverage * (0.5 - p)) - np.array([0, *[1 / 100] * 4]) * fit.beta
    assert np.abs(score).max() < 1e-5


def test_many_cells_have_the_estimate_of_maximum_likelihood() -> None:
    """With many trials the penalty is nothing, and the quick passes over all cells lead to the same place."""
    columns, y, n = draw(30_000, 2)
    fit = fit_logit(spread_out(list(columns.T.astype(np.uint8)), 4), y, n)
    theirs = sm.GLM(np.column_stack([y, n - y]), one_hot(columns, 4), family=sm.families.Binomial()).fit()
    assert fit.beta == pytest.approx(theirs.params, abs=2e-3)
    assert np.sqrt(np.diag(fit.cov)) == pytest.approx(theirs.bse, rel=0.05)


def test_quick_passes_agree_with_the_exact_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether all cells are fitted exactly or in two steps makes no difference that matters."""
    columns, y, n = draw(20_000, 3)
    quick = fit_logit(spread_out(list(columns.T.astype(np.uint8)), 4), y, n)
    monkeypatch.setattr(_logit, "_EXACT", 50_000)
    exact = fit_logit(spread_out(list(columns.T.astype(np.uint8)), 4), y, n)
    assert np.abs(quick.beta - exact.beta).max() < 0.05 * np.sqrt(np.diag(exact.cov)).min()


def test_aliased_factors_stay_finite() -> None:
    """Two factors that always change together share their effect, and say how little is known of each."""
    columns = np.array([[1, 2], [0, 0]] * 40)
    y = np.array([1.0, 0.0] * 30 + [0.0, 0.0] * 10)
    fit = fit_logit(spread_out(list(columns.T.astype(np.uint8)), 2), y, np.ones(80))
    assert fit.beta[1] == pytest.approx(fit.beta[2])
    assert fit.cov[1, 1] > 5
