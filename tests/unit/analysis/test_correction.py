"""Rates corrected for judge error."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike
from ppi_py import ppi_mean_ci

from gyges.analysis import ArmCounts, correct_rates, find_limits, subtract


def make_counts(judged: ArrayLike, labelled: ArrayLike, confirmed: ArrayLike) -> ArmCounts:
    """Make counts; columns: coded no, coded yes."""
    first, second, third = (
        np.atleast_2d(np.asarray(each, dtype=np.int64)) for each in (judged, labelled, confirmed)
    )
    return ArmCounts(first, second, third)


def test_the_rate_is_the_post_stratified_one() -> None:
    """600 of 1,000 coded yes, of which 80 % truly, and 5 % of the rest: 50 %, worked by hand."""
    found = correct_rates(make_counts([400, 600], [2000, 2000], [100, 1600]), seed=1)
    assert found.rates[0] == pytest.approx(0.6 * 0.8 + 0.4 * 0.05, abs=1e-3)
    low, high = find_limits(found.draws)
    variance = 0.6**2 * 0.8 * 0.2 / 2000 + 0.4**2 * 0.05 * 0.95 / 2000 + 0.75**2 * 0.6 * 0.4 / 1000
    assert high[0] - low[0] == pytest.approx(2 * 1.96 * variance**0.5, rel=0.05)


def test_how_many_labels_are_drawn_from_each_code_does_not_matter() -> None:
    """Half from those coded yes or a tenth: the corrected rate is the same, its width is not."""
    half = correct_rates(make_counts([900, 100], [100, 100], [10, 80]), seed=1)
    tenth = correct_rates(make_counts([900, 100], [180, 20], [18, 16]), seed=1)
    assert half.rates[0] == pytest.approx(tenth.rates[0], abs=0.01)
    assert half.rates[0] == pytest.approx(0.1 * 0.8 + 0.9 * 0.1, abs=0.01)


@pytest.mark.parametrize(
    ("judged", "labelled", "reason"),
    [
        ([50, 50], [0, 0], "judge unchecked: no label in this arm"),
        ([50, 50], [9, 0], "judge unchecked: no label among the 50 trials coded yes"),
        ([1200, 50], [0, 9], "judge unchecked: no label among the 1,200 trials coded no"),
        ([0, 0], [0, 0], "no trial of this arm is coded"),
        ([50, 0], [9, 0], ""),
    ],
)
def test_no_label_no_correction(judged: list[int], labelled: list[int], reason: str) -> None:
    """An arm whose codes no label checks has no corrected rate, and the reason is said."""
    found = correct_rates(make_counts(judged, labelled, [0, 0]), seed=1)
    assert found.reasons == (reason,)
    assert bool(np.isnan(found.rates[0])) == bool(np.isnan(found.draws).all()) == bool(reason)


def test_a_difference_has_both_arms_doubt() -> None:
    """Arms are drawn apart: the variances of a difference add up, and swapping arms turns it around."""
    counts = make_counts([[700, 300], [500, 500]], [[75, 75], [75, 75]], [[5, 55], [8, 60]])
    found = correct_rates(counts, seed=2)
    value, low, high = subtract(found, [1, 0], [0, 1])
    assert value[0] == pytest.approx(found.rates[1] - found.rates[0]) == pytest.approx(-value[1])
    assert (low[0], high[0]) == pytest.approx((-high[1], -low[1]))
    lows, highs = find_limits(found.draws)
    assert high[0] - low[0] == pytest.approx(np.hypot(*(highs - lows)), rel=0.05)


def test_an_arm_alone_has_its_own_interval_among_many() -> None:
    """A hundred arms corrected at once have the intervals of each, up to the draws; a seed repeats them."""
    rng = np.random.default_rng(3)
    judged = rng.integers(100, 500, (100, 2))
    labelled = np.full((100, 2), 60)
    confirmed = rng.binomial(60, [0.1, 0.8], (100, 2))
    many = correct_rates(make_counts(judged, labelled, confirmed), seed=4)
    assert np.array_equal(many.draws, correct_rates(make_counts(judged, labelled, confirmed), seed=4).draws)
    for arm in (0, 57, 99):
        one = correct_rates(make_counts(judged[arm], labelled[arm], confirmed[arm]), seed=5)
        assert one.rates[0] == many.rates[arm]
        assert np.allclose(find_limits(one.draws[0]), find_limits(many.draws[arm]), atol=0.01)


@pytest.mark.parametrize("is_stratified", [False, True])
def test_it_agrees_with_prediction_powered_inference(*, is_stratified: bool) -> None:
    """Over 200 studies both cover as they should; ours is narrower than PPI and as narrow as PPI++."""
    rng = np.random.default_rng(6)
    n, m, rate = 2000, 150, 0.25
    covered, widths = [], []
    for study in range(200):
        truth = rng.random(n) < rate
        code = np.where(rng.random(n) < np.where(truth, 0.8, 0.1), 1, 0)
        order = rng.permutation(n)
        by_code = [order[code[order] == value] for value in (0, 1)]
        chosen = np.concatenate([mine[: m // 2] for mine in by_code]) if is_stratified else order[:m]
        cells = (code, np.where(np.isin(np.arange(n), chosen), code, -1))
        judged, labelled = ([int((each == value).sum()) for value in (0, 1)] for each in cells)
        confirmed = [int((truth & (cells[1] == value)).sum()) for value in (0, 1)]
        low, high = find_limits(correct_rates(make_counts(judged, labelled, confirmed), seed=study).draws[0])
        weights = (np.array(judged) / np.array(labelled))[code[chosen]]
        found = [(float(low), float(high))]
        for power in (1.0, None):
            ends = ppi_mean_ci(
                truth[chosen].astype(float),
                code[chosen].astype(float),
                (code if is_stratified else np.delete(code, chosen)).astype(float),
                alpha=0.05,
                lam=power,
                w=weights / weights.mean() if is_stratified else None,
            )
            found.append((float(np.squeeze(ends[0])), float(np.squeeze(ends[1]))))
        covered.append([low <= rate <= high for low, high in found])
        widths.append([high - low for low, high in found])
    assert np.all(np.mean(covered, axis=0) > 0.91)
    ours, ppi, ppi_plus = np.mean(widths, axis=0)
    assert ours < 0.95 * ppi
    assert ours < 1.05 * ppi_plus
