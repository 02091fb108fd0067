"""Pooling effects over units."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.meta_analysis import combine_effects

from gyges.analysis._pooling import Array, UnitFit, fit_tau2, pool_random, pool_units
from gyges.records.estimates import UnitEffect

Y = np.array([0.10, 0.35, -0.05, 0.22, 0.41, 0.02, 0.18])
V = np.array([0.004, 0.010, 0.006, 0.003, 0.012, 0.008, 0.005])


def make_fits(y: Array, v: Array, df: float = math.inf) -> list[UnitFit]:
    """Units of distinct scenarios with these effects and variances."""
    return [
        UnitFit(
            UnitEffect(f"s{i}:a", f"s{i}", float(effect), float(variance), 10, float(effect) - 0.1, 1.0), df
        )
        for i, (effect, variance) in enumerate(zip(y, v, strict=True))
    ]


def restricted_likelihood(tau2: float, y: Array, v: Array) -> float:
    """Restricted log likelihood of the random-effects model, up to a constant."""
    w = 1 / (v + tau2)
    mean = np.sum(w * y) / np.sum(w)
    return float(0.5 * (np.sum(np.log(w)) - np.log(np.sum(w)) - np.sum(w * (y - mean) ** 2)))


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0, 3.0])
def test_tau_maximizes_the_restricted_likelihood(spread: float) -> None:
    """The variance between units is the maximum of the restricted likelihood, found independently."""
    y = 0.15 + spread * (Y - 0.15)
    best = minimize_scalar(
        lambda tau2: -restricted_likelihood(tau2, y, V),
        bounds=(0, 2),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert fit_tau2(y, V) == pytest.approx(best.x, abs=1e-6)


def test_pooling_agrees_with_statsmodels() -> None:
    """With the same variance between units, mean and Hartung–Knapp error are those of statsmodels."""
    theirs = combine_effects(Y, V, method_re="iterated", use_t=True)
    ours = pool_random(Y, V, tau2=float(theirs.tau2))
    assert ours.mean == pytest.approx(float(theirs.mean_effect_re))
    assert ours.se == pytest.approx(math.sqrt(float(theirs.var_hksj_re)))


def test_heterogeneity_agrees_with_statsmodels() -> None:
    """Cochran's Q and I² are those of statsmodels."""
    theirs = combine_effects(Y, V, method_re="iterated", use_t=True)
    ours = pool_units(make_fits(Y, V))
    assert ours.cochran_q == pytest.approx(float(theirs.q))
    assert ours.i_squared == pytest.approx(float(theirs.i2))


def test_differences_are_weighted_by_their_trials_alone() -> None:
    """Which scenarios are near 0 or 1 does not change the weights, so it cannot pull the mean towards 0."""
    fits = [replace(fit, size=0.1) for fit in make_fits(Y, V)]
    assert pool_units(fits).estimate == pytest.approx(np.mean(Y))
    assert pool_units(make_fits(Y, V)).estimate != pytest.approx(np.mean(Y))


def test_what_was_added_keeps_an_interval() -> None:
    """Units that agree exactly, as when nothing ever happens, do not make a standard error of 0."""
    y = np.zeros(7)
    fits = [replace(fit, size=0.1, added=0.0035) for fit in make_fits(y, V)]
    assert pool_units(fits).se == pytest.approx(math.sqrt(0.0035 / 7))


def test_intervals_end_where_the_effect_does() -> None:
    """No interval of a difference of rates goes beyond −1 or 1, nor its prediction."""
    y = np.array([0.9, 1.0, 0.95, 0.2, 1.0, 0.99])
    fits = [replace(fit, limits=(-1.0, 1.0)) for fit in make_fits(y, V[:6])]
    estimate = pool_units(fits)
    assert (estimate.high, estimate.prediction_high) == (1.0, 1.0)
    assert estimate.low == pytest.approx(pool_units(make_fits(y, V[:6])).low)


def test_five_scenarios_speak_for_scenarios_like_these() -> None:
    """From five scenarios on the interval is t with S − 1 and the prediction interval t with S − 2."""
    estimate = pool_units(make_fits(Y, V))
    assert estimate.scope == "scenarios like these"
    assert estimate.df == len(Y) - 1
    assert estimate.high == pytest.approx(estimate.estimate + student.ppf(0.975, len(Y) - 1) * estimate.se)
    assert estimate.tau is not None
    assert estimate.prediction_high is not None
    reach = student.ppf(0.975, len(Y) - 2) * math.hypot(estimate.tau, estimate.se)
    assert estimate.prediction_high == pytest.approx(estimate.estimate + reach)


def test_fewer_scenarios_speak_for_themselves() -> None:
    """Below five scenarios the estimate is the plain mean with the variance within units alone."""
    estimate = pool_units(make_fits(Y[:4], V[:4]))
    assert estimate.scope == "these scenarios only"
    assert estimate.tau is None
    assert estimate.estimate == pytest.approx(np.mean(Y[:4]))
    se = math.sqrt(V[:4].sum()) / 4
    assert estimate.high - estimate.estimate == pytest.approx(norm.ppf(0.975) * se)


def test_settings_of_few_scenarios_are_not_many_scenarios() -> None:
    """Many settings of one scenario do not license a statement about scenarios like these."""
    fits = [UnitFit(UnitEffect(f"s:{i}", "s", 0.1 * i, 0.01, 10)) for i in range(7)]
    assert pool_units(fits).scope == "these scenarios only"


def test_few_trials_widen_by_satterthwaite() -> None:
    """Estimated variances with few degrees of freedom give a t interval."""
    estimate = pool_units(make_fits(Y[:2], np.array([0.01, 0.01]), df=4.0))
    assert estimate.df == pytest.approx(8.0)


@given(
    y=st.lists(st.floats(-1, 1), min_size=1, max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_pooling_is_antisymmetric_and_bounded(y: list[float], seed: int) -> None:
    """Turning every unit's sign turns the estimate's, and the worst-case bounds contain it."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(1e-5, 0.2, len(y))
    values = np.array(y)
    estimate, turned = pool_units(make_fits(values, v)), pool_units(make_fits(-values, v))
    assert turned.estimate == pytest.approx(-estimate.estimate, abs=1e-9)
    assert turned.se == pytest.approx(estimate.se, rel=1e-6)
    assert estimate.worst_low is not None
    assert estimate.worst_high is not None
    assert estimate.worst_low <= estimate.estimate <= estimate.worst_high


def test_units_without_any_variance_are_pooled() -> None:
    """What every unit says exactly, or one of them does, divides nothing by zero."""
    same = pool_random(np.array([0.2, 0.2, 0.2]), np.zeros(3))
    assert same.mean == pytest.approx(0.2)
    assert same.se == pytest.approx(0.0, abs=1e-6)
    assert same.tau == 0.0
    one = pool_random(np.array([0.2, 0.3, 0.25]), np.array([0.0, 0.04, 0.05]))
    assert np.isfinite([one.mean, one.se, one.tau]).all()
