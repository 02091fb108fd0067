"""Agents whose rates are stated outright: none of them changes, or each by twice what would matter.

No policy has exactly no effect of any factor, since a factor opens and closes acts, and none has the same
effect on everything. So these agents have rates of their own: for every outcome o in setting u and cell x

    logit p_o = a_ou + Σ_j β_j · (1 + h · ε_ju) · (z_j(x) − z̄_ju),    a_ou ~ N(logit BASE_RATE, BASE_SPREAD²)

z_j says on which side of claim part j a cell stands, ε_ju ~ N(0, 1) gives every setting a slope of its
own, and outcomes are drawn independently given the cell. A null agent has every β = 0. An effect agent has
the β for which the exact expectation of each of its claims, over the trials of the plan and over the
slopes, is twice the claim's SESOI; they are found by Newton's method. Claims that cannot all be so at once
(that visibility acts in equal steps, and that all of it lies in the first step) are shared out over
several effect agents, each without an effect on the claims of the others.

Where judges answer, their answers are outcomes too. Those to one question exclude each other: their rates
are scaled down in a trial in which they would sum to more than `MOST`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gyges.estimands import read_code
from gyges.records.claim import Claim
from gyges.records.words import FACTORS, OUTCOMES, TACTICS
from gyges.validity._layout import Floats, Layout
from gyges.validity._weights import Linear, Rows, is_weighed, weigh_claim

BASE_RATE: Final = 0.2
"""Middle rate of every outcome over the scenarios."""

BASE_SPREAD: Final = 0.5
"""Standard deviation over settings, in logits."""

SLOPE_SPREAD: Final = 0.5
"""Standard deviation over settings of a slope, as a share of it (h)."""

FACTOR: Final = 2.0
"""Effects as multiples of the SESOI."""

_TOP: Final = len(TACTICS) - 1
_MEAN_RUNG: Final = (_TOP + 1) / 2
_DRAWS: Final = 24
_NEWTON: Final = 12
_CLOSE: Final = 0.02
_LARGEST: Final = 6.0

MOST: Final = 0.95

Source = tuple[str, str]


class Pull(NamedTuple):
    """What moves the rate of an outcome towards what a claim asserts."""

    outcome: str
    place: Floats
    """Shape (trials,): where each trial stands, 0 to 1, towards the side with the higher rate."""


@dataclass(frozen=True)
class Aim:
    """A claim, and what moves rates towards it."""

    claim: Claim
    parts: tuple[Linear, ...]
    pulls: tuple[Pull, ...]
    goal: float
    """The value that its least convincing part of interest is to have."""


@dataclass(frozen=True)
class Stated:
    """An agent with stated rates."""

    name: str
    aims: tuple[Aim, ...]
    """Claims on which it has an effect."""
    slopes: Floats
    """Shape (aims,): β of each."""
    codes: tuple[str, ...] = ()
    """Outcomes that judges code, `code:ITEM=ANSWER`."""


def make_null(codes: tuple[str, ...] = ()) -> Stated:
    """Make the agent without any effect."""
    return Stated("null", (), np.zeros(0), codes)


def make_effects(
    layout: Layout,
    claims: Sequence[Claim],
    sources: Mapping[str, Source],
    seed: int,
    codes: tuple[str, ...] = (),
) -> list[Stated]:
    """Make the agents that have twice the SESOI on every directional claim, each on one of them.

    Args:
        layout: The plan's situations.
        claims: Directional claims.
        sources: For each claim that the plan can test, the design and protocol its verdict rests on.
        seed: Decides the slopes of settings over which expectations are taken.
        codes: Outcomes that judges code.
    """
    rest = [
        aim for claim in claims if claim.id in sources and (aim := _aim(layout, claim, sources[claim.id]))
    ]
    agents: list[Stated] = []
    while rest:
        together, slopes, left = _gather(layout, rest, seed)
        if not together:
            break
        agents.append(Stated(f"effects-{len(agents) + 1}", tuple(together), slopes, codes))
        rest = left
    return agents


def _gather(layout: Layout, aims: Sequence[Aim], seed: int) -> tuple[list[Aim], Floats, list[Aim]]:
    """Take as many aims as can hold at once, outcome by outcome; give them, their slopes, and the others."""
    groups: dict[str, list[Aim]] = {}
    for aim in aims:
        groups.setdefault(aim.claim.outcome, []).append(aim)
    taken: list[Aim] = []
    slopes: list[float] = []
    for group in groups.values():
        mine: list[Aim] = []
        found = _solve(layout, group, seed)
        if found is not None:
            mine = group
        else:
            found = np.zeros(0)
            for aim in group:
                more = _solve(layout, [*mine, aim], seed)
                if more is not None:
                    mine, found = [*mine, aim], more
        taken += mine
        slopes += found.tolist()
    return taken, np.array(slopes), [aim for aim in aims if aim not in taken]


def state_rates(layout: Layout, agent: Stated, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw the scenarios of one study; give the rate of every outcome in every trial, shape (trials,).

    The severity is given as the chance that it is not 0; if so, all rungs above are equally likely.
    """
    units = layout.unit
    n = int(units.max()) + 1
    bases = {name: _draw_bases(rng, n)[units] for name in (*OUTCOMES, "severity", *agent.codes)}
    noise = rng.standard_normal((len(agent.aims), n))
    shifts = _shift(layout, agent.aims, agent.slopes, noise)
    rates = {name: _expit(base + shifts.get(name, 0.0)) for name, base in bases.items()}
    for names in group_codes(agent.codes).values():
        excess = np.maximum(1.0, sum(rates[name] for name in names) / MOST)
        rates |= {name: rates[name] / excess for name in names}
    return rates


def group_codes(codes: Iterable[str]) -> dict[str, list[str]]:
    """Group outcomes that judges code by their question."""
    found: dict[str, list[str]] = {}
    for name in codes:
        code = read_code(name)
        if code is not None:
            found.setdefault(code.item, []).append(name)
    return found


def expect_stated(rates: Mapping[str, Floats]) -> dict[str, Floats]:
    """Give the exact expectations that stated rates mean."""
    return {**rates, "severity": _MEAN_RUNG * rates["severity"]}


def _draw_bases(rng: np.random.Generator, n: int) -> Floats:
    return float(np.log(BASE_RATE / (1 - BASE_RATE))) + BASE_SPREAD * rng.standard_normal(n)


def _shift(layout: Layout, aims: Sequence[Aim], slopes: Floats, noise: Floats) -> dict[str, Floats]:
    """Logits that each outcome is moved by; of shape (trials,)."""
    units = layout.unit
    found: dict[str, Floats] = {}
    for aim, slope, mine in zip(aims, slopes, noise, strict=True):
        own = (slope * (1 + SLOPE_SPREAD * mine))[units]
        for pull in aim.pulls:
            found[pull.outcome] = found.get(pull.outcome, 0.0) + own * pull.place
    return found


def _expit(x: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-x))
    return found


def _solve(layout: Layout, aims: Sequence[Aim], seed: int) -> Floats | None:
    """Find the slopes for which every aim has its goal; none where there are none."""
    world = _draw_world(layout, aims, seed)
    goals = np.array([aim.goal for aim in aims])
    slopes = np.full(len(aims), 0.7)
    for _ in range(_NEWTON):
        deciding, values, jacobian = _evaluate(world, slopes)
        missed = deciding - goals
        if np.abs(missed / goals).max() < _CLOSE:
            is_good = np.abs(slopes).max() <= _LARGEST and all(map(_rises, aims, values))
            return slopes if is_good else None
        step = np.linalg.lstsq(jacobian, -missed, rcond=1e-6)[0]
        slopes = slopes + np.clip(step, -1.5, 1.5)
    return None


@dataclass(frozen=True)
class _World:
    """Settings drawn once, over which expectations are taken."""

    aims: Sequence[Aim]
    bases: Floats
    """Shape (draws, trials)."""
    own: Floats
    """Shape (draws, aims, trials): what each slope is multiplied with in a trial's setting."""


def _draw_world(layout: Layout, aims: Sequence[Aim], seed: int) -> _World:
    units = layout.unit
    n = int(units.max()) + 1
    rng = np.random.default_rng(seed)
    bases = np.stack([_draw_bases(rng, n) for _ in range(_DRAWS)])[:, units]
    own = np.stack([_vary(rng.standard_normal((len(aims), n)), units) for _ in range(_DRAWS)])
    return _World(aims, bases, own)


def _vary(noise: Floats, units: NDArray[np.int64]) -> Floats:
    found: Floats = (1 + SLOPE_SPREAD * noise)[:, units]
    return found


def _evaluate(world: _World, slopes: Floats) -> tuple[Floats, list[list[float]], Floats]:
    """Give each aim's deciding value, all its parts' values, and the deciding values' gradient."""
    outcomes = sorted({name for aim in world.aims for part in aim.parts for name in part.weights})
    rates, gradients = zip(*(_rate(world, slopes, name) for name in outcomes), strict=True)
    means, slants = dict(zip(outcomes, rates, strict=True)), dict(zip(outcomes, gradients, strict=True))
    values = [
        [part.offset + sum(float(w @ means[o]) for o, w in part.weights.items()) for part in aim.parts]
        for aim in world.aims
    ]
    deciding = [_weakest(aim, mine) for aim, mine in zip(world.aims, values, strict=True)]
    rows = [
        reduce(np.add, (slants[o] @ w for o, w in aim.parts[i].weights.items()))
        for aim, i in zip(world.aims, deciding, strict=True)
    ]
    found = np.array([mine[i] for mine, i in zip(values, deciding, strict=True)])
    return found, values, np.stack(rows)


def _rate(world: _World, slopes: Floats, outcome: str) -> tuple[Floats, Floats]:
    """The mean rate of an outcome over the drawn settings, and its gradient; (trials,) and (aims, trials)."""
    scale = _MEAN_RUNG if outcome == "severity" else 1.0
    place = np.stack([_find_place(aim, outcome, world.bases.shape[1]) for aim in world.aims])
    mean, gradient = np.zeros(place.shape[1]), np.zeros(place.shape)
    touched = np.flatnonzero(np.abs(place).any(axis=1))
    for base, own in zip(world.bases, world.own, strict=True):
        pull = own[touched] * place[touched]
        rate = _expit(base + slopes[touched] @ pull)
        mean += scale * rate / len(world.bases)
        gradient[touched] += scale * rate * (1 - rate) * pull / len(world.bases)
    return mean, gradient


def _find_place(aim: Aim, outcome: str, n: int) -> Floats:
    return next((pull.place for pull in aim.pulls if pull.outcome == outcome), np.zeros(n))


def _weakest(aim: Aim, values: Sequence[float]) -> int:
    """The part that decides the aim: the least convincing one of interest, or the room below a bound."""
    if aim.claim.kind == "inactive":
        return 0
    return min((i for i, part in enumerate(aim.parts) if part.sesoi > 0), key=lambda i: values[i])


def _rises(aim: Aim, values: Sequence[float]) -> bool:
    """Whether what is asserted without a size of its own holds clearly too."""
    steps = [value for part, value in zip(aim.parts, values, strict=True) if not part.sesoi]
    least = aim.goal / max(1, len(steps)) / 2 if aim.claim.kind == "dose" else 0.0
    return all(value > least for value in steps)


def _aim(layout: Layout, claim: Claim, source: Source) -> Aim | None:
    parts = weigh_claim(layout, claim, source) if is_weighed(claim) else ()
    if not parts or not claim.sesoi:
        return None
    pulls = tuple(_pulls(layout, claim, source))
    goal = (claim.bound or 0.0) / 2 if claim.kind == "inactive" else FACTOR * claim.sesoi
    return Aim(claim, parts, pulls, goal)


def _pulls(layout: Layout, claim: Claim, source: Source) -> list[Pull]:
    rows = Rows(layout, np.ones(layout.n_trials, dtype=bool))
    if claim.kind == "rate-difference":
        inside = rows.is_at(claim.within).astype(float)
        return [Pull(claim.outcome, inside), Pull(claim.outcome_b, -inside)]
    place = _place(layout, rows, claim, source).astype(float)
    return [Pull(claim.outcome, claim.direction * _center(layout, place))]


def _center(layout: Layout, place: Floats) -> Floats:
    units = layout.unit
    sizes = np.bincount(units)
    means: Floats = np.bincount(units, weights=place) / sizes
    return place - means[units]


def _place(layout: Layout, rows: Rows, claim: Claim, source: Source) -> Floats | NDArray[np.bool_]:
    """Where each trial stands, on the way from what a claim calls lower to what it calls higher."""
    if claim.kind in {"control", "convergence"}:
        return (layout.trials["conflict"] == "present").to_numpy()
    if claim.kind in {"dose", "slope"}:
        levels = FACTORS[claim.factor]
        places = [rows.is_at({claim.factor: (level,)}) * float(i) for i, level in enumerate(levels)]
        place: Floats = reduce(np.add, places) / (len(levels) - 1)
        return place if levels.index(claim.level) > levels.index(claim.reference) else 1 - place
    if claim.kind == "contrast":
        sides = [rows.is_at({**claim.within, claim.factor: (each,)}) for each in (claim.level, *claim.also)]
        return np.asarray(reduce(np.logical_or, sides))
    if claim.kind == "inactive":
        return ~rows.is_at(claim.within)
    if claim.kind == "openness":
        weights = weigh_claim(layout, claim, source)[0].weights[claim.outcome]
        return claim.direction * weights > 0
    return rows.is_at(claim.within)
