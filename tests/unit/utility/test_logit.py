"""The conditional logit: exact, weakly held where acts are separated, and silent on what it cannot know."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from gyges.utility import Choices, find_identified, find_losses, find_scatter, find_shares, fit_logit


def make_choices(seed: int, *, sets: int = 200, weights: tuple[float, ...] = (1.0, -2.0, 0.5)) -> Choices:
    """Draw choices among two to five acts each, by these weights."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(sets, 5, len(weights)))
    is_open = np.arange(5) < rng.integers(2, 6, size=(sets, 1))
    features[~is_open] = 0.0
    blank = Choices(features, is_open, np.zeros(is_open.shape))
    shares = find_shares(blank, np.array(weights))
    return Choices(
        features, is_open, rng.multinomial(3, shares / shares.sum(axis=1, keepdims=True)).astype(float)
    )


def test_newton_finds_what_a_general_minimizer_finds() -> None:
    """Weights and standard errors are those of the penalized likelihood, whoever maximizes it."""
    choices = make_choices(1)
    spread = np.sqrt(np.diag(find_scatter(choices)))

    def lose(weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        loss = find_losses(choices, find_shares(choices, weights)).sum()
        return float(loss + 0.5 * ((spread * weights) ** 2).sum())

    found = minimize(lose, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    fit = fit_logit(choices, ridge=1.0)
    assert fit.weights == pytest.approx(found.x, abs=1e-4)
    steps = 1e-4 * np.eye(3)
    hessian = [
        [
            (
                lose(fit.weights + a + b)
                - lose(fit.weights + a - b)
                - lose(fit.weights - a + b)
                + lose(fit.weights - a - b)
            )
            / 4e-8
            for b in steps
        ]
        for a in steps
    ]
    assert fit.information == pytest.approx(np.array(hessian), rel=1e-3, abs=0.05)


def test_closed_acts_have_no_probability() -> None:
    """Probabilities are over the acts open, and sum to one."""
    choices = make_choices(2)
    shares = find_shares(choices, np.array([3.0, 0.0, -1.0]))
    assert (shares[~choices.is_open] == 0).all()
    assert shares.sum(axis=1) == pytest.approx(np.ones(200))


def test_perfect_separation_stays_finite() -> None:
    """Where one act is always taken, the ridge holds the weight, and its error says how little is known."""
    features = np.zeros((50, 2, 1))
    features[:, 0, 0] = 1.0
    counts = np.tile([1.0, 0.0], (50, 1))
    fit = fit_logit(Choices(features, np.ones((50, 2), dtype=bool), counts))
    assert 1 < fit.weights[0] < 20
    assert fit.covariance[0, 0] > 0.2
    even = fit_logit(Choices(features, np.ones((50, 2), dtype=bool), np.ones((50, 2))))
    assert even.covariance[0, 0] < fit.covariance[0, 0]


def test_what_never_differs_is_not_identified() -> None:
    """A constant feature, and two that only ever differ together, are not identified; the others are."""
    choices = make_choices(3)
    constant = np.where(choices.is_open[..., None], 2.0, 0.0)
    twice = np.concatenate([choices.features, constant, 3 * choices.features[..., :1]], axis=2)
    wide = Choices(twice, choices.is_open, choices.counts)
    assert find_identified(find_scatter(wide)).tolist() == [False, True, True, False, False]
    fit = fit_logit(wide)
    assert fit.weights[1:3] == pytest.approx(fit_logit(choices).weights[1:3], rel=0.02)


def test_expected_counts_fit_exactly() -> None:
    """Given what a policy does on average, the fit without a ridge is its weights."""
    blank = make_choices(4)
    weights = np.array([0.7, -1.5, 0.2])
    shares = find_shares(blank, weights)
    fit = fit_logit(Choices(blank.features, blank.is_open, 10 * shares), ridge=1e-9)
    assert fit.weights == pytest.approx(weights, abs=1e-6)
