"""Sensitivity and specificity against labels drawn by what the judges said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gyges.coding._accuracy import measure_accuracy, weigh_units


def draw(n: int, rate: float, tables: list[tuple[float, float]], seed: int) -> tuple[NDArray[np.int16], ...]:
    """Draw truths and the answers of judges with these sensitivities and specificities."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < rate).astype(np.int16)
    columns = [rng.random(n) < np.where(truth == 1, found, 1 - spared) for found, spared in tables]
    return truth, np.stack(columns, axis=1).astype(np.int16)


def hide(truth: NDArray[np.int16], strata: NDArray[np.int16], each: int, seed: int) -> NDArray[np.int16]:
    """Keep so many labels of each stratum."""
    rng = np.random.default_rng(seed)
    kept = np.full(truth.size, -1, dtype=np.int16)
    for stratum in (0, 1):
        chosen = rng.permutation(np.flatnonzero(strata == stratum))[:each]
        kept[chosen] = truth[chosen]
    return kept


def test_labels_drawn_half_from_yes_are_weighed_back() -> None:
    """80 of 100 of the 200 yes are true, 5 of 100 of the 1,800 no: 160 of 250 are found."""
    strata = np.repeat(np.array([1, 0], dtype=np.int16), [200, 1800])
    truth = np.full(2000, -1, dtype=np.int16)
    truth[:100] = [1] * 80 + [0] * 20
    truth[200:300] = [1] * 5 + [0] * 95
    found = measure_accuracy(strata, truth, strata, seed=1)
    assert found.sensitivity.value == pytest.approx(160 / 250)
    assert found.specificity.value == pytest.approx(1710 / 1750)
    assert weigh_units(strata, truth)[[0, 150, 200, 500]].tolist() == [2, 0, 18, 0]


def test_labels_count_for_the_arm_they_were_drawn_in() -> None:
    """A judge better in a rare arm, labelled as often there as in the other, keeps its own accuracy."""
    rng = np.random.default_rng(5)
    arm = (rng.random(40_000) < 0.1).astype(np.int64)
    truth = (rng.random(arm.size) < 0.3).astype(np.int16)
    error = np.array([0.25, 0.02])[arm]
    code = np.where(rng.random(arm.size) < error, 1 - truth, truth).astype(np.int16)
    labels = np.full(arm.size, -1, dtype=np.int16)
    for cell in range(4):
        chosen = rng.permutation(np.flatnonzero(2 * arm + code == cell))[:700]
        labels[chosen] = truth[chosen]
    weights = weigh_units(2 * arm + code, labels)
    assert weights.sum() == pytest.approx(arm.size)
    true = 1 - 0.9 * 0.25 - 0.1 * 0.02
    found = measure_accuracy(code, labels, code, seed=1, weights=weights)
    plain = measure_accuracy(code, labels, code, seed=1)
    for measured, blind in zip(found, plain, strict=True):
        assert (measured.low or 0) < true < (measured.high or 0)
        assert not (blind.low or 0) < true < (blind.high or 0)


def test_intervals_cover_and_counting_labels_alone_would_not() -> None:
    """Over 200 studies intervals cover sensitivity and specificity; the labels' own share is far off."""
    covered, naive = [], []
    for seed in range(200):
        truth, codes = draw(2000, 0.15, [(0.8, 0.9)], seed)
        code = codes[:, 0]
        labels = hide(truth, code, 150, seed)
        found = measure_accuracy(code, labels, code, seed=seed)
        for measured, true in ((found.sensitivity, 0.8), (found.specificity, 0.9)):
            covered.append((measured.low or 0) <= true <= (measured.high or 0))
        naive.append(code[labels == 1].mean())
    assert 0.92 <= np.mean(covered) <= 0.98
    assert np.mean(naive) > 0.9


def test_each_judge_of_a_panel_is_weighed_by_what_labels_were_drawn_by() -> None:
    """Judges of a panel get back their own sensitivity and specificity, whatever their majority said."""
    tables = [(0.9, 0.9), (0.7, 0.95), (0.6, 0.7)]
    truth, codes = draw(20_000, 0.2, tables, 3)
    majority = (codes.sum(axis=1) >= 2).astype(np.int16)
    labels = hide(truth, majority, 3000, 4)
    for place, (sensitivity, specificity) in enumerate(tables):
        found = measure_accuracy(codes[:, place], labels, majority, seed=place)
        assert found.sensitivity.value == pytest.approx(sensitivity, abs=0.03)
        assert found.specificity.value == pytest.approx(specificity, abs=0.02)
        assert (found.sensitivity.low or 0) < sensitivity < (found.sensitivity.high or 0)


def test_what_labels_cannot_say_has_a_reason() -> None:
    """No label, none of one of the answers, or none that says yes: no number, and why."""
    strata = np.array([1, 1, 0, 0], dtype=np.int16)
    reasons = {
        "no labels": [-1, -1, -1, -1],
        "one of the judges' answers has no label": [1, 0, -1, -1],
        "no label says yes": [0, -1, 0, -1],
    }
    for reason, truth in reasons.items():
        found = measure_accuracy(strata, np.array(truth, dtype=np.int16), strata, seed=1)
        assert (found.sensitivity.value, found.sensitivity.reason) == (None, reason)
