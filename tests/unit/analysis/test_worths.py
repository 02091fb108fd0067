"""Worths of tactics: the same as another library's, about acts and not about menus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gyges.analysis._jackknife import Array, Fit, spread_fit
from gyges.analysis._worths import Menu, Menus, add_menus, fit_worths
from gyges.estimands import Unit


def draw_choices(seed: int, menus: list[Menu], worths: list[float], n: int) -> dict[Menu, Array]:
    """Draw choices from a known multinomial logit."""
    rng = np.random.default_rng(seed)
    found = {}
    for menu in menus:
        odds = np.array(menu) * np.exp(worths)
        found[menu] = rng.multinomial(n, odds / odds.sum()).astype(float)
    return found


@pytest.mark.parametrize("seed", range(2))
def test_worths_are_those_of_choix(seed: int) -> None:
    """With one act a tactic, the fit is the maximum likelihood that choix finds, availability and all."""
    menus: list[Menu] = [(1, 1, 1, 1), (1, 1, 0, 1), (1, 0, 1, 1)]
    choices = draw_choices(seed, menus, [0.0, 0.6, -0.4, -1.2], 30)
    rows = [
        (winner, [other for other in range(4) if menu[other] and other != winner])
        for menu, taken in choices.items()
        for winner in range(4)
        for _ in range(int(taken[winner]))
    ]
    theirs = choix.opt_top1(4, rows, tol=1e-10)
    ours = fit_worths(choices, added=0.0).values
    assert ours == pytest.approx(theirs - theirs[0], abs=1e-4)


@given(seed=st.integers(0, 2**32 - 1), acts=st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_more_acts_on_offer_are_no_preference(seed: int, acts: int) -> None:
    """An agent that takes acts at random has even worths, however many acts a tactic offers."""
    shares = np.array([2, acts, 1]) / (3 + acts)
    fit = fit_worths({(2, acts, 1): shares * (100 + seed % 1000)}, added=0.0)
    assert fit.values == pytest.approx(np.zeros(3), abs=1e-6)


def test_with_one_menu_worths_are_logarithms_of_counts() -> None:
    """Where everything is open once, a worth is the log odds, with the variance 1/a + 1/b."""
    fit = fit_worths({(1, 1, 1): np.array([40.0, 20.0, 10.0])}, added=0.0)
    assert fit.values == pytest.approx([0.0, math.log(0.5), math.log(0.25)])
    assert fit.covariance[1, 1] == pytest.approx(1 / 40 + 1 / 20)


def test_what_was_never_taken_or_never_open_stays_finite() -> None:
    """No tactic without a choice has an infinite worth, and one that was never open has none."""
    fit = fit_worths({(1, 1, 0): np.array([50.0, 0.0, 0.0])})
    assert np.isfinite(fit.values).all()
    assert fit.values[1] < -3
    assert fit.values[2] == fit.covariance[2, 2] == 0


def test_units_are_what_inference_counts() -> None:
    """Units that differ widen the interval; units that agree do not make it narrower than trials allow."""
    unlike: dict[Unit, Menus] = {
        Unit(f"s{i}", "a"): {(1, 1): np.array([30.0, 5.0 if i % 2 else 60.0])} for i in range(8)
    }
    alike: dict[Unit, Menus] = {Unit(f"s{i}", "a"): {(1, 1): np.array([30.0, 30.0])} for i in range(8)}

    def fit(units: Mapping[Unit, Menus], chosen: Sequence[Unit]) -> Fit:
        return fit_worths(add_menus([units[unit] for unit in chosen]))

    wide = spread_fit(lambda chosen: fit(unlike, chosen), sorted(unlike))
    even = spread_fit(lambda chosen: fit(alike, chosen), sorted(alike))
    step = np.array([0.0, 1.0])
    assert wide.scope == even.scope == "scenarios like these"
    assert wide.df == 7
    assert wide.find_se(step) > 3 * math.sqrt(wide.inner[1, 1])
    assert even.find_se(step) == pytest.approx(math.sqrt(even.inner[1, 1]))


def test_with_few_scenarios_the_interval_is_about_these() -> None:
    """With fewer than five scenarios the spread over scenarios is not claimed to be known."""
    units: dict[Unit, Menus] = {Unit(f"s{i}", "a"): {(1, 1): np.array([30.0, 10.0])} for i in range(3)}
    found = spread_fit(lambda chosen: fit_worths(add_menus([units[u] for u in chosen])), sorted(units))
    assert found.scope == "these scenarios only"
    assert math.isinf(found.df)
