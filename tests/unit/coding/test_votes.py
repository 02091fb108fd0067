"""One answer of several judges'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gyges.coding import fit_posterior, take_majority
from gyges.coding._votes import settle_votes


def judge(
    truth: NDArray[np.int64], tables: list[tuple[float, float]], rng: np.random.Generator
) -> NDArray[np.int16]:
    """Let judges of these sensitivities and specificities answer."""
    columns = [rng.random(truth.size) < np.where(truth == 1, found, 1 - spared) for found, spared in tables]
    return np.stack(columns, axis=1).astype(np.int16)


def test_the_majority_has_more_votes_than_any_other_answer() -> None:
    """Ties and units that nobody coded have no majority; missing answers are no votes."""
    codes = np.array([[1, 1, 0], [0, 1, -1], [-1, -1, -1], [2, -1, -1], [2, 0, 1]], dtype=np.int16)
    assert take_majority(codes, 3).tolist() == [1, -1, -1, 2, -1]


def test_the_posterior_finds_who_is_right() -> None:
    """Two good judges outvoted by three that answer at random are believed; the tables are found."""
    rng = np.random.default_rng(1)
    truth = (rng.random(30_000) < 0.3).astype(np.int64)
    tables = [(0.95, 0.95), (0.9, 0.95), (0.55, 0.5), (0.5, 0.55), (0.5, 0.5)]
    codes = judge(truth, tables, rng)
    codes[rng.random(codes.shape) < 0.1] = -1
    found = fit_posterior(codes, 2)
    right = (found.truth.argmax(axis=1) == truth).mean()
    assert right > 0.93
    assert right > (take_majority(codes, 2) == truth).mean() + 0.1
    assert found.rates[1] == pytest.approx(0.3, abs=0.04)
    for table, (sensitivity, specificity) in zip(found.tables, tables, strict=True):
        assert table[1, 1] == pytest.approx(sensitivity, abs=0.08)
        assert table[0, 0] == pytest.approx(specificity, abs=0.06)


def test_the_posterior_is_calibrated() -> None:
    """Of units thought true with a probability, about that share is."""
    rng = np.random.default_rng(2)
    truth = (rng.random(40_000) < 0.4).astype(np.int64)
    found = fit_posterior(judge(truth, [(0.8, 0.7), (0.75, 0.8), (0.7, 0.8), (0.8, 0.8)], rng), 2)
    p = found.truth[:, 1]
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        mine = (p >= low) & (p < high)
        assert mine.sum() > 100
        assert truth[mine].mean() == pytest.approx(p[mine].mean(), abs=0.06)


@given(st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=20), st.randoms())
@settings(max_examples=40)
def test_the_posterior_depends_on_nothing_but_the_answers(codes: list[list[int]], random: object) -> None:
    """Answers in another order give the same probabilities; each unit's add up to one."""
    table = np.array(codes, dtype=np.int16)
    order = np.arange(len(codes))[::-1]
    first, second = fit_posterior(table, 3), fit_posterior(table[order], 3)
    assert np.allclose(first.truth.sum(axis=1), 1)
    assert np.array_equal(first.truth[order], second.truth)


def test_one_vote_alone_is_believed_with_doubt() -> None:
    """A single answer makes its value probable, and a unit without answers has the rates."""
    found = fit_posterior(np.array([[1], [1], [0], [-1]], dtype=np.int16), 2)
    assert 0.5 < found.truth[0, 1] < 1
    assert found.truth[3] == pytest.approx(found.rates, abs=1e-6)


def test_two_judges_are_settled_by_majority() -> None:
    """Of two judges who differ nothing says who errs: they stay open, as by majority."""
    votes = np.array([[0, 1], [1, 1], [-1, 0], [-1, -1]], dtype=np.int16)
    assert settle_votes(votes, 2, "posterior").tolist() == [-1, 1, 0, -1]


def test_posterior_leaves_open_what_nobody_answered() -> None:
    """A unit without an answer has no consensus, however frequent an answer is elsewhere."""
    votes = np.array([[1, 1, 1]] * 9 + [[-1, -1, -1]], dtype=np.int16)
    assert settle_votes(votes, 2, "posterior").tolist() == [1] * 9 + [-1]
    assert settle_votes(votes[:0], 2, "posterior").tolist() == []
