"""The effective number of independent judges."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gyges.coding._effective import count_effective

Codes = NDArray[np.int16]


def judge(
    truth: Codes, k: int, shared: float, rng: np.random.Generator, *, errors: tuple[float, float] = (0.2, 0.2)
) -> Codes:
    """Let k judges err; with chance `shared`, each takes over the error or success all of them share."""
    chance = np.where(truth == 1, errors[0], errors[1])[:, None]
    own = rng.random((truth.size, k)) < chance
    common = rng.random((truth.size, 1)) < chance
    err = np.where(rng.random((truth.size, k)) < shared, common, own)
    return np.where(err, 1 - truth[:, None], truth[:, None]).astype(np.int16)


def draw_truth(n: int, rng: np.random.Generator, rate: float = 0.5) -> Codes:
    """Draw labels."""
    return (rng.random(n) < rate).astype(np.int16)


@pytest.mark.parametrize(("shared", "k"), [(0.0, 3), (0.65, 6), (0.8, 4)])
def test_the_number_is_what_the_formula_gives(shared: float, k: int) -> None:
    """Judges whose errors correlate at ρ are worth k/(1 + (k − 1)ρ), as is the variance of their mean."""
    rng = np.random.default_rng(4)
    truth = draw_truth(6000, rng)
    codes = judge(truth, k, shared, rng)
    found = count_effective(codes, truth, trials=np.arange(truth.size), seed=1)
    rho = shared**2
    assert found.value == pytest.approx(k / (1 + (k - 1) * rho), rel=0.05)
    wrong = codes != truth[:, None]
    variance = wrong.mean(axis=1).var()
    assert found.value == pytest.approx(0.2 * 0.8 / variance, rel=0.08)
    assert (found.low or 0) <= (found.value or 0) <= (found.high or 0)


def test_six_judges_can_be_worth_less_than_two() -> None:
    """Six judges that share two errors in three are worth 1.9."""
    rng = np.random.default_rng(5)
    truth = draw_truth(6000, rng)
    found = count_effective(judge(truth, 6, 0.656, rng), truth, trials=np.arange(6000), seed=1)
    assert found.value == pytest.approx(1.9, abs=0.1)


def test_hard_labels_are_no_dependence() -> None:
    """Judges that all find yes harder than no, but err each on their own, count in full."""
    rng = np.random.default_rng(6)
    truth = draw_truth(6000, rng, 0.3)
    codes = judge(truth, 4, 0.0, rng, errors=(0.45, 0.05))
    found = count_effective(codes, truth, trials=np.arange(6000), seed=1)
    assert found.value == pytest.approx(4, rel=0.05)
    assert (found.high or 0) <= 4


def test_missing_answers_and_labels_are_passed_over() -> None:
    """With a third of the answers and half of the labels missing the number stays, its interval grows."""
    rng = np.random.default_rng(7)
    truth = draw_truth(3000, rng)
    codes = judge(truth, 3, 0.7, rng)
    whole = count_effective(codes, truth, trials=np.arange(3000), seed=1)
    codes[rng.random(codes.shape) < 0.33] = -1
    truth[::2] = -1
    part = count_effective(codes, truth, trials=np.arange(3000), seed=1)
    assert part.value == pytest.approx(whole.value, rel=0.12)
    assert (part.high or 0) - (part.low or 0) > (whole.high or 0) - (whole.low or 0)


def test_what_cannot_be_counted_has_a_reason() -> None:
    """Without labels, or without an error in common reach, there is no number; one judge is one."""
    truth = np.array([0, 1, 0, 1], dtype=np.int16)
    codes = np.stack([truth, truth], axis=1)
    trials = np.arange(4)
    assert count_effective(codes, np.full(4, -1, np.int16), trials=trials, seed=1).reason == "no labels"
    found = count_effective(codes, truth, trials=trials, seed=1)
    assert (found.value, found.reason[:18]) == (None, "no two judges err ")
    assert count_effective(codes[:, :1], truth, trials=trials, seed=1).value == 1
