"""Logistic regression on counted cells whose factors are one-hot, with Firth's penalty.

*Model:* y_c ~ Binomial(n_c, p_c), logit p_c = x_c'β; β maximizes Σ_c log L(y_c) + ½ log |X'WX| with
W = n p (1 − p): the mode under Jeffreys' prior, finite also where an outcome always or never occurs at a
level, and without the first-order bias of maximum likelihood. A normal prior of variance 100 keeps what is
aliased apart.

Many cells are fitted in two steps: Firth's estimate on the first of them, in an order that has nothing to do
with what happened, and from there Newton's steps with that information, scaled, on the score of all of them.

References:
    Firth (1993), Bias reduction of maximum likelihood estimates. Biometrika 80.
    Heinze & Schemper (2002), A solution to the problem of separation in logistic regression. Stat. Med. 21.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[np.float64]
Codes = NDArray[np.uint8]
Design = NDArray[np.float32]

_RIDGE: Final = 1 / 100
_MAX_STEPS: Final = 60
_LONGEST: Final = 4.0
"""Logits a step may change a coefficient by, so that separated data do not throw it off."""
_TOLERANCE: Final = 1e-8
_EXACT: Final = 4096
"""Cells up to which the penalty is worked out for every step."""
_FULL_STEPS: Final = 8
_NEAR: Final = 0.02
"""Standard errors that a step over all cells may still move a coefficient by."""


class Logit(NamedTuple):
    """A fitted model."""

    beta: Array
    """Intercept, then one coefficient a column."""
    cov: Array


def spread_out(columns: Sequence[Codes], size: int) -> Design:
    """Make the design: an intercept, and a column a coefficient.

    Args:
        columns: For each factor, which coefficient every cell's level has, from 1 to `size`; 0 for a level
            that has none, the baseline.
        size: Coefficients without the intercept.
    """
    x = np.zeros((size + 1, len(columns[0]) if columns else 0), dtype=np.float32)
    for column in columns:
        np.put_along_axis(x, column[None].astype(np.intp), 1.0, axis=0)
    x[0] = 1.0
    return x


def fit_logit(x: Design, y: Array, n: Array) -> Logit:
    """Fit counts of an outcome to factors.

    Args:
        x: The design, a column a cell, in an order unrelated to outcomes.
        y: Trials with the outcome, a number a cell.
        n: Trials, likewise.
    """
    exact = _fit_exactly(x[:, :_EXACT].astype(float), y[:_EXACT], n[:_EXACT])
    if len(y) <= _EXACT:
        return exact
    cov = exact.cov * (float(np.sum(n[:_EXACT])) / float(np.sum(n)))
    beta = exact.beta
    near = _NEAR * np.sqrt(np.diag(cov))
    for _ in range(_FULL_STEPS):
        rest = y - n * expit(beta.astype(np.float32) @ x)
        change = cov @ (x @ rest.astype(np.float32)).astype(float)
        beta = beta + change
        if bool(np.all(np.abs(change) < near)):
            break
    return Logit(beta, cov)


def _fit_exactly(x: Array, y: Array, n: Array) -> Logit:
    ridge = np.full(len(x), _RIDGE)
    ridge[0] = 0.0
    beta = np.zeros(len(x))
    for _ in range(_MAX_STEPS):
        p = expit(beta @ x)
        w = n * p * (1 - p)
        cov = np.linalg.inv((x * w) @ x.T + np.diag(ridge))
        leverage = w * np.sum((cov @ x) * x, axis=0)
        change = cov @ (x @ (y - n * p + leverage * (0.5 - p)) - ridge * beta)
        longest = float(np.max(np.abs(change)))
        beta = beta + change * min(1.0, _LONGEST / longest if longest else 1.0)
        if longest < _TOLERANCE:
            break
    p = expit(beta @ x)
    w = n * p * (1 - p)
    cov = np.linalg.inv((x * w) @ x.T + np.diag(ridge))
    return Logit(beta, np.asarray(cov, dtype=float))
