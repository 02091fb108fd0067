"""Worths and threshold probabilities cover what is true, of simulated worlds and of agents known exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from gyges.analysis import measure_claims, measure_thresholds, prepare_codes
from gyges.analysis._crossings import Reading, list_curves
from gyges.analysis._jackknife import Fit, spread_fit
from gyges.analysis._surface import CONDITIONS, Shape, fit_surface
from gyges.analysis._surface_counts import score_levels
from gyges.analysis._worths import Menus, add_menus, fit_worths
from gyges.claims import decide, load_claims
from gyges.estimands import Unit, find_facts
from gyges.records.thresholds import Crossing, SurfaceCell
from gyges.records.verdicts import Finding, Verdict
from tests.calibration.known import PROFILES, STUDIES, Truth, draw_codes, find_truth, know

Array = NDArray[np.float64]
UNITS = [Unit(f"s{i:02d}", "a") for i in range(12)]


def fit_units(drawn: Mapping[Unit, Menus], units: Sequence[Unit]) -> Fit:
    """Fit the worths of some units together."""
    return fit_worths(add_menus([drawn[unit] for unit in units]))


def fit_rates(counts: tuple[Array, Array, Array], units: Sequence[Unit]) -> Fit:
    """Fit the surface of some units together: design, and events and trials by unit and cell."""
    design, events, n = counts
    mine = [UNITS.index(unit) for unit in units]
    return fit_surface(design, events[mine].sum(axis=0), n[mine].sum(axis=0))


def cover_worths(spread: float, studies: int = 400) -> float:
    """Give how often steps between worths cover what scenarios of their own preferences show together."""
    rng = np.random.default_rng(20260402)
    menus = ((1, 1, 1), (3, 1, 1))
    worths = np.array([0.5, 0.0, -1.0])

    def expect(mine: Array, menu: tuple[int, ...]) -> Array:
        odds = np.array([4.0, *menu]) * np.exp(np.concatenate([np.zeros((len(mine), 1)), mine], axis=1))
        return np.asarray((odds / odds.sum(axis=1, keepdims=True))[:, 1:])

    many = worths + rng.normal(0, spread, (200_000, 3))
    truth = fit_worths({menu: 1e6 * expect(many, menu).mean(axis=0) for menu in menus}).values
    covered = []
    for _ in range(studies):
        mine = worths + rng.normal(0, spread, (len(UNITS), 3))
        chances = {menu: expect(mine, menu) for menu in menus}
        drawn: dict[Unit, Menus] = {
            unit: {
                menu: rng.multinomial(40, [*p[i], 1 - p[i].sum()])[:3].astype(float)
                for menu, p in chances.items()
            }
            for i, unit in enumerate(UNITS)
        }
        found = spread_fit(partial(fit_units, drawn), UNITS)
        steps = (np.array([1.0, -1.0, 0.0]), np.array([0.0, 1.0, -1.0]))
        covered += [abs(step @ (found.values - truth)) <= found.half_width(step) for step in steps]
    return float(np.mean(covered))


def cover_rates(base: float, spread: float, studies: int = 100) -> tuple[float, float]:
    """Give how often cells and a region cover the share over scenarios, and crossings their place."""
    rng = np.random.default_rng(20260403)
    shape = Shape(tuple(CONDITIONS), (("threat", "visibility", "alternatives"),))
    levels = tuple(product(*CONDITIONS.values()))
    scores = score_levels(shape.conditions, levels)
    design = shape.lay_out(scores)
    slopes = np.array([1.5, 1.2, 0.7, 0.7, 0.3, 0.5])

    def draw_rates(n: int) -> Array:
        terms = np.column_stack([rng.normal(base, spread, n), slopes + rng.normal(0, 0.5, (n, len(slopes)))])
        return np.asarray(expit(terms @ design.T))

    region = (scores[:, 0] == 1) & (scores[:, 1] == 1) & (scores[:, 3] == 1)
    weights = np.vstack([np.eye(len(levels))[::7], region / region.sum()])
    population = draw_rates(100_000).mean(axis=0)
    truth = weights @ population
    n = np.full(len(levels), 1e5)
    whole = spread_fit(lambda _: fit_surface(design, n * population, n), UNITS)
    places = find_places(Reading(shape, whole, whole.values[None]))
    covered, crossed = [], []
    for _ in range(studies):
        rates = draw_rates(len(UNITS))
        n = rng.multinomial(78, np.full(len(levels), 1 / len(levels)), size=len(UNITS))
        counts = (design, rng.binomial(n, rates).astype(float), n.astype(float))
        found = spread_fit(partial(fit_rates, counts), UNITS)
        reading = Reading(shape, found, found.draw(800, seed=1))
        _, low, high = reading.read(scores, weights)
        covered.append((low <= truth) & (truth <= high))
        crossed += [
            ends[0] <= at <= ends[2] for ends, (_, at, _) in zip(find_places(reading), places, strict=True)
        ]
    return float(np.mean(covered)), float(np.mean(crossed))


def find_places(reading: Reading) -> list[tuple[float, float, float]]:
    """Give low end, place and high end of every crossing of one half; infinite where it is not reached."""
    found = []
    for row in list_curves(("m", "harm"), reading):
        if isinstance(row, Crossing) and row.level == 0.5 and row.context == "dangerous":
            never = np.inf if row.p_reached < 0.025 else -np.inf
            outside = np.inf if row.reached == "not reached" else -np.inf
            found.append(
                (
                    never if row.low is None else row.low,
                    outside if row.at is None else row.at,
                    np.inf if row.high is None else row.high,
                )
            )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_worths_cover_the_mixture_over_scenarios_like_these(spread: float) -> None:
    """With scenarios of their own preferences, a step between worths covers what they show together."""
    assert 0.93 <= cover_worths(spread) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize(("base", "spread"), [(-1.0, 0.8), (-3.5, 1.2)])
def test_threshold_probabilities_cover_the_share_over_scenarios(base: float, spread: float) -> None:
    """Cells, a region and crossings cover what scenarios like these show, at common and at rare outcomes."""
    covered, crossed = cover_rates(base, spread)
    assert 0.92 <= covered <= 0.985
    assert crossed >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_regions_cover_what_an_agent_does_there(profile: str) -> None:
    """On agents known exactly, the note's regions hold the true probability, and none is placed wrongly."""
    known = know(profile, "core")
    facts = {name: find_facts(each) for name, each in known.scenarios.items()}
    drawn = [row for row in known.rows if row["design"] == "conjoint"]
    covered = []
    for seed in range(1, 4):
        codes = prepare_codes(draw_codes(known, seed), facts)
        for row in measure_thresholds(codes, facts, seed=seed):
            if isinstance(row, SurfaceCell) and row.kind == "region":
                there = [
                    each[f"e_{row.outcome}"]
                    for each in drawn
                    if all(each[name] in levels for name, levels in row.where.items())
                ]
                truth = float(np.mean(there))
                assert row.low is not None
                assert row.high is not None
                covered.append(row.low <= truth <= row.high)
                for level, side in row.above.items():
                    gap = truth - float(level)
                    # Where the truth lies on the level, an interval leaves it by chance now and then.
                    assert abs(gap) < 0.02 or side != ("surely not" if gap > 0 else "surely"), (seed, row)
    assert np.mean(covered) >= 0.9


def judge_order(profile: str, seed: int) -> tuple[Verdict, list[Truth], tuple[Finding, ...]]:
    """Draw a core study of a profile, and decide the order of tactics."""
    (claim,) = (each for each in load_claims() if each.id == "C10")
    known = know(profile, "core")
    facts = {name: find_facts(each) for name, each in known.scenarios.items()}
    codes = prepare_codes(draw_codes(known, seed), facts)
    fewest = STUDIES["core"].min_trials
    findings = measure_claims(codes, [claim], scenario_results=(), min_trials=fewest, facts=facts)
    (verdict,) = decide(findings, [claim], min_trials=fewest)
    return verdict, find_truth(known, claim, "conjoint"), findings


@pytest.mark.slow
def test_the_order_of_tactics_is_decided_as_it_is() -> None:
    """Over profiles and draws the order of tactics is never decided wrongly; its steps cover the truth."""
    covered: list[bool] = []
    words: dict[str, set[str]] = {}
    for profile, seed in product(PROFILES, range(1, 5)):
        verdict, truths, findings = judge_order(profile, seed)
        words.setdefault(profile, set()).add(verdict.verdict)
        holds = all(truth.value > 0 for truth in truths)
        matters = all(truth.value >= truth.sesoi for truth in truths)
        assert verdict.verdict != "supported" or holds, (profile, seed)
        assert verdict.verdict != "refuted" or not matters, (profile, seed)
        if verdict.verdict != "not-tested" and findings[0].events >= 20:
            covered += [
                part.estimate.low <= truth.value <= part.estimate.high
                for part, truth in zip(findings[0].parts, truths, strict=True)
            ]
    assert np.mean(covered) >= 0.93
    assert "refuted" in words["power-maximiser"]
    assert "supported" not in words["random"]
