"""Intervals of proportions and adjusted p values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from gyges.analysis._intervals import adjust_benjamini_hochberg, make_rate, two_sided_p


@given(n=st.integers(1, 500), data=st.data(), missing=st.integers(0, 50))
def test_rate_holds_wilsons_interval_and_the_worst_cases(n: int, data: st.DataObject, missing: int) -> None:
    """A rate's interval is Wilson's, and the worst cases of the missing trials lie around it."""
    events = data.draw(st.integers(0, n))
    rate = make_rate(events, n, missing)
    low, high = proportion_confint(events, n, method="wilson")
    assert rate.low == pytest.approx(low, abs=1e-12)
    assert rate.high == pytest.approx(high, abs=1e-12)
    assert rate.rate is not None
    assert rate.worst_low is not None
    assert rate.worst_high is not None
    assert rate.worst_low <= rate.rate <= rate.worst_high


def test_rate_of_nothing_coded_is_no_rate() -> None:
    """Without coded trials there is no rate, and the worst cases span everything."""
    rate = make_rate(0, 0, 7)
    assert (rate.rate, rate.low, rate.high) == (None, None, None)
    assert (rate.worst_low, rate.worst_high) == (0.0, 1.0)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_benjamini_hochberg_agrees_with_scipy(p: list[float]) -> None:
    """Adjusted p values are those of an independent implementation."""
    expected = false_discovery_control(p).tolist() if p else []
    assert adjust_benjamini_hochberg(p) == pytest.approx(expected)


def test_p_is_two_sided() -> None:
    """P values follow t, or the normal distribution where degrees of freedom are infinite."""
    assert two_sided_p(-0.2, 0.1, 4.0) == pytest.approx(2 * student.sf(2.0, 4))
    assert two_sided_p(0.196, 0.1, math.inf) == pytest.approx(0.05, abs=1e-3)
