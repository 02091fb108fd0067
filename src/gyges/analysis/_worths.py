"""Worths of tactics: how readily an open act of each is the one taken.

*Model:* multinomial logit (the first place of a Plackett–Luce ranking) over the tactics open in a trial,
P(i) = k_i·exp(θ_i) / Σ_j k_j·exp(θ_j), where k_j counts the open acts of tactic j, so that θ is about an act:
a tactic is not preferred for being on offer more often. A tactic with all its k_i acts then has the worth
θ_i + log k_i, the log-sum over them. Trials are counted by unit and availability set; half a choice is added
to each tactic, which keeps what was never taken finite; the log-likelihood is concave, and Newton's method
climbs it. Units are put together by `_jackknife`.

References:
    McFadden (1974), Conditional logit analysis of qualitative choice behavior. Luce (1959), Individual Choice
    Behavior. Plackett (1975), The analysis of permutations. Appl. Stat. 24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from gyges.analysis._jackknife import Array, Fit

_STEPS = 100
_LONGEST = 2.0
"""Longest step of Newton's method in one worth, in logits."""
_TOLERANCE = 1e-10
_ADDED = 0.5

Menu: TypeAlias = tuple[int, ...]
"""How many acts of each option are open."""

Menus: TypeAlias = Mapping[Menu, Array]
"""Availability set to how often each option was taken there."""


def add_menus(each: Sequence[Menus]) -> dict[Menu, Array]:
    """Add up the choices of several units."""
    found: dict[Menu, Array] = {}
    for menus in each:
        for menu, taken in menus.items():
            found[menu] = found[menu] + taken if menu in found else taken
    return dict(sorted(found.items()))


def fit_worths(menus: Menus, *, added: float = _ADDED) -> Fit:
    """Fit worths relative to the first option, which is open always; shape (options,).

    Args:
        menus: How often each option was taken, by availability set.
        added: Choices added to each option, spread over the sets in which it is open.

    Returns:
        The worths, 0 for the first option and for what was never open, and the inverse of the information in
        the trials.
    """
    opened, taken = _lay_out(menus, added)
    is_open = opened.sum(axis=0) > 0
    kept = np.flatnonzero(is_open)[1:]
    n = taken.sum(axis=1)
    theta = np.zeros(opened.shape[1])
    information = np.eye(len(kept))
    for _ in range(_STEPS):
        shares = opened * np.exp(theta)
        shares /= shares.sum(axis=1, keepdims=True)
        gradient = (taken - n[:, None] * shares).sum(axis=0)[kept]
        mean = shares[:, kept]
        information = np.diag(n @ mean) - (mean * n[:, None]).T @ mean
        step = np.clip(np.linalg.solve(information, gradient), -_LONGEST, _LONGEST)
        theta[kept] += step
        if np.abs(step).max(initial=0.0) < _TOLERANCE:
            break
    covariance = np.zeros((len(theta), len(theta)))
    covariance[np.ix_(kept, kept)] = np.linalg.inv(information)
    return Fit(theta, covariance)


def _lay_out(menus: Menus, added: float) -> tuple[Array, Array]:
    """Give open acts and choices, a row a set and a column an option."""
    opened = np.array(list(menus), dtype=float)
    taken = np.array(list(menus.values()), dtype=float)
    is_open = opened > 0
    return opened, taken + added * is_open / np.maximum(1, is_open.sum(axis=0))
