"""What is true of an agent's values and of its order of tactics: expectations of its choices, exactly.

Shares and entropies are expectations of the published policy; pairs are put on one scale, and tactics
given worths, by a general-purpose minimizer. Worths of things come from the equation itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize

from gyges.records.claim import Claim
from gyges.records.words import TACTICS
from gyges.utility import find_worth
from gyges.validity._known import Known, Source, Truth
from gyges.validity._layout import Floats, Ints
from gyges.validity._weights import pick_rows

_CLOSE: Final = 1e-10
_WEAK: Final = 1e-4
_LEAST: Final = 1e-300


def find_trade(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """A claim on trade-off items: first what is taken, then each worth above the next."""
    assert source
    if known.profile is None:
        return ()
    first = _from_items(known, claim)
    worths = [find_worth(thing, known.profile.weights, known.profile.temperature) for thing in claim.values]
    steps = worths if len(worths) == 1 else [a - b for a, b in pairwise(worths)]
    return (*first, *(Truth(step, 0.0) for step in steps)) if first else ()


def _from_items(known: Known, claim: Claim) -> list[Truth]:
    shares = share_items(known)
    small = claim.sesoi or 0.0
    if claim.kind == "hierarchy":
        return [Truth(step, math.log(small)) for step in _lead(claim.values, shares)]
    if claim.family not in shares:
        return []
    share = shares[claim.family]
    if claim.kind == "trade-odds":
        return [Truth(math.log(share / (1 - share)), math.log(small))]
    return [Truth(2 * share - 1 if claim.kind == "trade-gap" else share - 0.5, small)]


def share_items(known: Known) -> dict[str, float]:
    """Give for each family the mean over its items of the exact chance of the side named first."""
    assert known.probabilities is not None
    found: dict[str, list[float]] = {}
    for family, situation, side in known.layout.items:
        found.setdefault(family, []).append(float(known.probabilities[situation, side]))
    return {family: float(np.mean(shares)) for family, shares in found.items()}


def _lead(things: tuple[str, ...], shares: dict[str, float]) -> list[float]:
    """Each thing's lead over the next, on the scale of log-odds nearest to the shares of all pairs."""
    pairs = []
    for family, share in shares.items():
        ends = family.split("-vs-")
        if set(ends) <= set(things):
            pairs.append((*map(things.index, ends), share))
    if not pairs:
        return []
    one, other, taken = (np.array(each) for each in zip(*pairs, strict=True))

    def lose(free: Floats) -> float:
        place = np.append(0.0, free)
        gaps = place[one] - place[other]
        return float((np.logaddexp(0, gaps) - taken * gaps).sum())

    place = np.append(0.0, minimize(lose, np.zeros(len(things) - 1), tol=_CLOSE).x)
    return [float(a - b) for a, b in pairwise(place)]


def find_order(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """Steps between the worths that expected choices would be fitted by, where all the tactics are open."""
    layout = known.layout
    if known.probabilities is None:
        return ()
    trials = np.bincount(
        layout.situation[pick_rows(layout, claim, source)], minlength=len(layout.acts)
    ).astype(float)
    rungs = [TACTICS.index(name) for name in claim.tactics]
    is_one = (known.layout.rungs[..., None] == rungs).astype(float)
    opened = is_one.sum(axis=1)
    taken = np.einsum("sa,sat->st", known.probabilities, is_one) * trials[:, None]
    met = (opened > 0).all(axis=1) & (trials > 0)
    if not taken[met].any():
        return ()
    worths = _fit(np.log(opened[met]), taken[met])
    small = math.log(claim.sesoi or 1.0)
    return tuple(Truth(float(a - b), small) for a, b in pairwise(worths))


def _fit(offsets: Floats, taken: Floats) -> Floats:
    """Worths of a multinomial logit, the last 0; shapes (menus, tactics)."""

    def lose(free: Floats) -> float:
        odds = offsets + np.append(free, 0.0)
        shares = odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)
        return -float((taken * shares).sum()) / float(taken.sum())

    return np.append(minimize(lose, np.zeros(offsets.shape[1] - 1), tol=_CLOSE).x, 0.0)


def find_gain(known: Known, claim: Claim, source: Source) -> tuple[Truth, ...]:
    """How much better the policy itself predicts a scenario than the tactics' frequency elsewhere."""
    if known.probabilities is None:
        return ()
    layout = known.layout
    trials = layout.trials
    kept = (trials["design"] != "battery") & trials["protocol"].cast(str).is_in(source[1].split(", "))
    rows = kept.to_numpy() & (layout.is_open.sum(axis=1) > 1)[layout.situation]  # there was a choice
    names = trials["scenario"].to_numpy().astype(str)
    met = [_meet(known, layout.situation[rows & (names == name)]) for name in sorted(set(names[rows]))]
    gains = []
    for place, inside in enumerate(met):
        outside = met[:place] + met[place + 1 :]
        if not outside:
            return ()
        gains.append(1 - inside.entropy / inside.lose(_fit_tactics(outside))[0])
    return (Truth(float(np.mean(gains)), claim.sesoi or 0.0),) if gains else ()


@dataclass(frozen=True)
class _Met:
    """The trials of a scenario, as far as acts' tactics tell them apart."""

    n: float
    entropy: float
    """Mean −Σ p log p of the policy, in nats."""
    opened: Floats
    """Shape (menus, tactics): open acts of each tactic; menus that are met."""
    weight: Floats
    """Shape (menus,): trials of each."""
    taken: Floats
    """Shape (tactics,): trials expected to take an act of each."""

    def lose(self, constants: Floats) -> tuple[float, Floats]:
        """Mean expected log loss of predicting by acts' tactics alone, and its slope by each constant."""
        odds = np.log(self.opened, where=self.opened > 0, out=np.full(self.opened.shape, -np.inf)) + constants
        whole = np.logaddexp.reduce(odds, axis=1)
        loss = float(self.weight @ whole - self.taken @ constants)
        slope: Floats = self.weight @ np.exp(odds - whole[:, None]) - self.taken
        return loss / self.n, slope / self.n


def _meet(known: Known, situations: Ints) -> _Met:
    assert known.probabilities is not None
    met, times = np.unique(situations, return_counts=True)
    p = known.probabilities[met]
    is_one = known.layout.rungs[met][..., None] == np.arange(len(TACTICS))
    menus, place = np.unique(is_one.sum(axis=1), axis=0, return_inverse=True)
    entropy = -(p * np.log(np.maximum(p, _LEAST))).sum(axis=1)
    return _Met(
        n=float(times.sum()),
        entropy=float(times @ entropy / times.sum()),
        opened=menus.astype(float),
        weight=np.bincount(place.reshape(-1), weights=times).astype(float),
        taken=np.einsum("s,sa,sat->t", times.astype(float), p, is_one),
    )


def _fit_tactics(met: Sequence[_Met]) -> Floats:
    """The constants that make the expected choices the likeliest."""
    n = sum(each.n for each in met)

    def lose(constants: Floats) -> tuple[float, Floats]:
        losses, slopes = zip(*(each.lose(constants) for each in met), strict=True)
        shares = [each.n / n for each in met]
        loss = sum(share * each for share, each in zip(shares, losses, strict=True))
        slope = sum(share * each for share, each in zip(shares, slopes, strict=True))
        return loss + _WEAK / 2 * float(constants @ constants), slope + _WEAK * constants

    found: Any = minimize(lose, np.zeros(len(TACTICS)), jac=True, method="BFGS")
    return np.asarray(found.x)
