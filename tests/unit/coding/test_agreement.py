"""Raw agreement, alpha, kappa and AC1."""

from __future__ import annotations

from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from gyges.coding._agreement import Agreement, Metric, measure_agreement

_ = -1
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
"""Four observers and twelve units, as Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, E."""


def agree(codes: NDArray[np.integer[Any]], n_values: int, **more: Any) -> Agreement:
    """Measure agreement, each unit a trial."""
    given = {"trials": np.arange(len(codes)), "seed": 3, **more}
    return measure_agreement(codes.astype(np.int16), n_values=n_values, **given)


def count(table: list[list[int]]) -> NDArray[np.int16]:
    """Give two coders' answers with these counts: rows the first's, columns the second's."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return np.array(pairs, dtype=np.int16)


@pytest.mark.parametrize(("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_textbook(metric: Metric, alpha: float) -> None:
    """Krippendorff's own example, with missing answers, has the alphas that he works out."""
    codes = np.array(KRIPPENDORFF).T - 1
    codes[codes < 0] = -1
    found = agree(codes, 5, metric=metric)
    assert found.alpha.value == pytest.approx(alpha, abs=0.0006)
    assert found.n == 11


@given(
    codes=st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=4, max_size=25),
    metric=st.sampled_from(["nominal", "ordinal", "interval"]),
)
@settings(max_examples=60)
def test_alpha_is_that_of_the_reference_package(codes: list[list[int]], metric: Metric) -> None:
    """Whatever is answered, and whatever is missing, alpha is the one `krippendorff` gives."""
    table = np.array(codes)
    found = agree(table, 4, metric=metric)
    assume(found.alpha.value is not None)
    data = np.where(table < 0, np.nan, table).T
    expected = krippendorff.alpha(data, level_of_measurement=metric, value_domain=[0, 1, 2, 3])
    assert found.alpha.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", ["nominal", "ordinal"])
def test_kappa_is_that_of_scikit_learn(metric: Metric) -> None:
    """Two coders' kappa is Cohen's; on a scale it is weighted by squared distance, and so are units."""
    rng = np.random.default_rng(5)
    first = rng.integers(0, 4, 80)
    second = np.where(rng.random(80) < 0.6, first, rng.integers(0, 4, 80))
    weights = rng.random(80) + 0.1
    found = agree(np.stack([first, second], axis=1), 4, metric=metric, weights=weights)
    kind = None if metric == "nominal" else "quadratic"
    expected = cohen_kappa_score(first, second, weights=kind, sample_weight=weights)
    assert found.kappa.value == pytest.approx(expected, abs=1e-12)


def test_kappa_of_several_coders_is_the_mean_over_pairs() -> None:
    """Three coders' kappa is the mean of three, each over the units that both have coded."""
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 2, 60)
    codes = np.where(rng.random((60, 3)) < 0.8, truth[:, None], 1 - truth[:, None])
    codes[:10, 0] = -1
    pairs = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = (codes[:, [i, j]] >= 0).all(axis=1)
        pairs.append(cohen_kappa_score(codes[both, i], codes[both, j]))
    assert agree(codes, 2).kappa.value == pytest.approx(np.mean(pairs))


def test_ac1_stands_where_kappa_falls() -> None:
    """Of 125 units, 118 both yes and 7 in dispute: AC1 0.94, kappa −0.02, as worked by hand."""
    found = agree(count([[0, 2], [5, 118]]), 2)
    assert found.agreement.value == pytest.approx(118 / 125)
    chance = 2 * 0.972 * 0.028
    assert found.ac1.value == pytest.approx((0.944 - chance) / (1 - chance))
    assert found.kappa.value == pytest.approx(-0.0234, abs=5e-4)


def test_ac1_of_the_published_example() -> None:
    """Gwet's table of four raters and twelve units, one of them rated once, has the AC1 that he publishes.

    Handbook of Inter-Rater Reliability, 4th ed. (2014), and `cac.raw4raters` in his package irrCAC.
    """
    codes = np.array(KRIPPENDORFF).T - 1
    codes[codes < 0] = -1
    found = agree(codes, 5)
    assert found.agreement.value == pytest.approx(0.81818, abs=5e-6)
    assert found.ac1.value == pytest.approx(0.77544, abs=5e-6)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        # Cohen (1960), A coefficient of agreement for nominal scales, table 1: 200 patients.
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492),
        # Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, table 18.1: 0.68.
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.676),
    ],
)
def test_kappa_of_the_textbook(table: list[list[int]], kappa: float) -> None:
    """Two raters' kappa is the one the textbook works out."""
    assert agree(count(table), 3).kappa.value == pytest.approx(kappa, abs=5e-4)


def test_ac1_of_several_coders_with_missing_answers() -> None:
    """Four units by hand: agreement 1, 1/3 and 1; shares of yes 1, 2/3, 0 and, of one answer alone, 1."""
    found = agree(np.array([[1, 1, 1], [1, 1, 0], [0, -1, 0], [1, -1, -1]]), 2)
    yes, agreement = (1 + 2 / 3 + 0 + 1) / 4, (1 + 1 / 3 + 1) / 3
    chance = 2 * yes * (1 - yes)
    assert found.agreement.value == pytest.approx(agreement)
    assert found.ac1.value == pytest.approx((agreement - chance) / (1 - chance))


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ([[0], [1]], "one coder"),
        ([[0, -1], [-1, 1]], "no unit was coded by two"),
        ([[0, 0], [0, 0]], "all answers are the same: chance would agree as well"),
    ],
)
def test_what_cannot_be_measured_has_a_reason(codes: list[list[int]], reason: str) -> None:
    """One coder, no overlap, or one answer alone: alpha and kappa are none and say why."""
    found = agree(np.array(codes), 2)
    for measured in (found.alpha, found.kappa):
        assert (measured.value, measured.low, measured.high, measured.reason) == (None, None, None, reason)


def test_full_agreement_has_no_point_for_an_interval() -> None:
    """Ten units without dispute leave room for disagreement, a thousand leave little."""
    few, many = (agree(count([[n, 0], [0, n]]), 2) for n in (5, 500))
    for found, agreement, rest in ((few, 0.7, 0.4), (many, 0.995, 0.99)):
        assert found.alpha.value == found.kappa.value == found.ac1.value == 1
        assert found.agreement.low == pytest.approx(agreement, abs=0.03)
        assert found.alpha.low == found.kappa.low == pytest.approx(rest, abs=0.06)
        assert found.alpha.high == 1


def test_the_interval_is_the_bootstrap_s() -> None:
    """Drawing kinds of trials by their number gives the interval of drawing trials one by one."""
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 2, 150)
    codes = np.where(rng.random((150, 2)) < 0.85, truth[:, None], 1 - truth[:, None])
    drawn = codes[rng.integers(0, 150, (1000, 150))]
    agreement = (drawn[..., 0] == drawn[..., 1]).mean(axis=1)
    first, second = np.moveaxis(drawn.mean(axis=1), -1, 0)
    chance = first * second + (1 - first) * (1 - second)
    plain = (agreement - chance) / (1 - chance)
    found = agree(codes, 2).kappa
    assert (found.low, found.high) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.02)


def test_acts_of_a_trial_are_drawn_together() -> None:
    """Ten copies of each trial's answer say no more than one: the interval stays as wide."""
    rng = np.random.default_rng(9)
    truth = rng.integers(0, 2, 60)
    codes = np.where(rng.random((60, 2)) < 0.85, truth[:, None], 1 - truth[:, None])
    copies, trials = np.repeat(codes, 10, axis=0), np.repeat(np.arange(60), 10)
    once, together = agree(codes, 2).kappa, agree(copies, 2, trials=trials).kappa
    apart = agree(copies, 2).kappa
    assert together.value == pytest.approx(once.value)
    width = (once.high or 0) - (once.low or 0)
    assert (together.high or 0) - (together.low or 0) == pytest.approx(width, rel=0.1)
    assert (apart.high or 0) - (apart.low or 0) < 0.5 * width


@given(st.permutations(range(12)))
@settings(max_examples=10)
def test_the_order_of_trials_changes_nothing(order: list[int]) -> None:
    """The same answers in another order give the same numbers, intervals included."""
    codes = np.array(KRIPPENDORFF).T - 1
    codes[codes < 0] = -1
    assert agree(codes[order], 5) == agree(codes, 5)


def test_intervals_cover_the_true_agreement() -> None:
    """Of 200 simulated studies, about 95 % of the intervals hold the true kappa."""
    rng = np.random.default_rng(10)
    # Two coders, right at 0.85, of a truth that is even: they agree at 0.745, kappa 0.49.
    truth = 2 * (0.85**2 + 0.15**2) - 1
    covered = []
    for _ in range(200):
        answer = rng.integers(0, 2, 200)
        codes = np.where(rng.random((200, 2)) < 0.85, answer[:, None], 1 - answer[:, None])
        found = agree(codes, 2).kappa
        covered.append((found.low or 0) <= truth <= (found.high or 0))
    assert 0.91 <= np.mean(covered) <= 0.985
