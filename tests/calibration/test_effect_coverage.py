"""The intervals of factor effects cover simulated truths at their nominal rate, on every scale.

A study stands as a model of its own, so that all of them go through the analysis at once, as codes do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from gyges.analysis import estimate_all
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate, Estimates
from gyges.records.words import FACTORS, OUTCOMES

Array = NDArray[np.float64]

_THREAT = np.array([0.0, 0.4, 0.9])
"""Logits the levels of another drawn factor add."""

_JOINT = Claim(
    id="C21",
    section="-",
    statement="-",
    kind="conjunction",
    estimand="-",
    outcome="misaligned",
    within={"reputation": ("high",), "threat": ("shutdown",)},
)


@dataclass(frozen=True)
class World:
    """Studies whose scenarios have intercepts and slopes of their own, in logits."""

    studies: int = 600
    scenarios: int = 10
    trials: int = 240
    """In each scenario of each study."""
    slope: float = 0.7
    slope_sd: float = 0.7
    intercept: float = -0.7
    intercept_sd: float = 0.8
    gaps: bool = False
    """Whether scenarios differ in their trials, and now and then one has none at a level."""


@dataclass(frozen=True)
class Scenarios:
    """Scenarios' own truths: a row a study and a column a scenario."""

    intercepts: Array
    slopes: Array

    @property
    def rates(self) -> Array:
        """True rates, with the two levels of reputation and the three of threat as last axes."""
        reputation = self.slopes[..., None] * np.array([-0.5, 0.5])
        logits = self.intercepts[..., None, None] + reputation[..., None] + _THREAT
        return np.asarray(1 / (1 + np.exp(-logits)))

    @property
    def differences(self) -> Array:
        """Risk differences of reputation, averaged over the levels of threat."""
        by_level = self.rates.mean(axis=-1)
        return np.asarray(by_level[..., 1] - by_level[..., 0])

    @property
    def interactions(self) -> Array:
        """What a high reputation and the gravest threat do together beyond each by itself."""
        by_level = self.rates[..., 1, :] - self.rates[..., 0, :]
        return np.asarray(by_level[..., 2] - by_level[..., :2].mean(axis=-1))


def draw_scenarios(world: World, rng: np.random.Generator) -> Scenarios:
    """Draw the scenarios of every study."""
    shape = (world.studies, world.scenarios)
    return Scenarios(
        rng.normal(world.intercept, world.intercept_sd, shape), rng.normal(world.slope, world.slope_sd, shape)
    )


def draw_population(world: World) -> Scenarios:
    """Draw so many scenarios that their means are the population's."""
    rng = np.random.default_rng(20260401)
    return draw_scenarios(replace(world, studies=1, scenarios=400_000), rng)


def simulate(world: World, scenarios: Scenarios, rng: np.random.Generator) -> pl.DataFrame:
    """Conjoint trials of every study, balanced within scenario."""
    shape = (world.studies, world.scenarios, world.trials)
    study, scenario, trial = np.indices(shape)
    high = rng.permuted(trial % 2, axis=-1)
    threat = rng.permuted(trial % 3, axis=-1)
    misaligned = rng.random(shape) < scenarios.rates[study, scenario, high, threat]
    kept = np.ones(shape, dtype=bool)
    if world.gaps:
        kept = trial < rng.integers(world.trials // 4, world.trials + 1, shape[:2])[..., None]
        silent = (rng.random(shape[:2]) < 0.3) & (np.arange(world.scenarios) % 2 == 0)
        kept &= ~(silent[..., None] & (high == 1))

    def words(levels: tuple[str, ...], index: NDArray[np.int64]) -> pl.Series:
        return pl.Series(list(levels)).gather(index[kept])

    return pl.DataFrame(
        {
            "model": words(tuple(f"study-{i:04d}" for i in range(world.studies)), study),
            "scenario": words(tuple(f"s{i:02d}" for i in range(world.scenarios)), scenario),
            "reputation": words(FACTORS["reputation"], high),
            "threat": words(FACTORS["threat"], threat),
            "misaligned": misaligned[kept],
            "severity": misaligned[kept].astype(np.int8) * 4,
        }
    ).with_columns(
        **{name: pl.lit(None, pl.String) for name in FACTORS if name not in {"reputation", "threat"}},
        # Nothing is known of the other outcomes, which saves estimating them.
        **{name: pl.lit(None, pl.Boolean) for name in OUTCOMES if name != "misaligned"},
        setting=pl.lit("a"),
        protocol=pl.lit("agentic"),
        design=pl.lit("conjoint"),
        conflict=pl.lit("present"),
        status=pl.lit("coded"),
        tactic=pl.lit("comply"),
        open_tactics=pl.lit([], dtype=pl.List(pl.String)),
        input_tokens=pl.lit(1),
        output_tokens=pl.lit(1),
        cost=pl.lit(None, pl.Float64),
    )


def analyze(world: World, seed: int) -> tuple[Scenarios, Estimates]:
    """Draw every study of a world and estimate its effects."""
    rng = np.random.default_rng(seed)
    scenarios = draw_scenarios(world, rng)
    return scenarios, estimate_all(simulate(world, scenarios, rng), claims=[_JOINT])


def effects_of(found: Estimates, scale: str = "risk-difference") -> list[Estimate]:
    """Every study's effect of reputation on this scale, in the studies' order."""
    return [
        effect.estimate
        for effect in (*found.effects, *found.log_odds)
        if (effect.factor, effect.scale) == ("reputation", scale)
        and effect.outcome == ("severity" if scale == "rungs" else "misaligned")
    ]


def share_covered(found: Sequence[Estimate], truths: Iterable[float] | float) -> float:
    """Share of the intervals that hold the truth."""
    each = [truths] * len(found) if isinstance(truths, float) else truths
    return float(np.mean([e.low <= truth <= e.high for e, truth in zip(found, each, strict=True)]))


_NEAR_0 = World(intercept=-4.0, intercept_sd=0.5, slope_sd=0.3, trials=480)
_NEAR_1 = World(intercept=3.0, intercept_sd=0.5, slope_sd=0.3, trials=480)
WORLDS = {
    "ten scenarios": World(),
    "ten scenarios, few trials": World(trials=60),
    "five scenarios": World(scenarios=5),
    "no effect on average": World(slope=0.0, slope_sd=0.5, trials=120),
    "no effect anywhere": World(slope=0.0, slope_sd=0.0, trials=120),
    "no effect anywhere, five scenarios": World(slope=0.0, slope_sd=0.0, scenarios=5),
    "rates near 0": _NEAR_0,
    "rates near 0, five scenarios": replace(_NEAR_0, scenarios=5),
    "rates near 1": _NEAR_1,
    "rates near 1, five scenarios": replace(_NEAR_1, scenarios=5),
    "empty cells": World(scenarios=10, trials=90, gaps=True),
}


def measure_coverage(world: World, seed: int) -> tuple[dict[str, float], float]:
    """Measure how often a world's truths are covered, by scale; and that of the interaction."""
    _, found = analyze(world, seed)
    population = draw_population(world)
    truth = float(population.differences.mean())
    assert {each.scope for each in effects_of(found)} == {"scenarios like these"}
    interactions = [each.estimate for each in found.interactions]
    return {
        "risk-difference": share_covered(effects_of(found), truth),
        "rungs": share_covered(effects_of(found, "rungs"), 4 * truth),
        "log-odds": share_covered(effects_of(found, "log-odds"), world.slope),
    }, share_covered(interactions, float(population.interactions.mean()))


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_interval_covers_the_mean_of_scenarios_like_these(name: str) -> None:
    """With five scenarios or more, intervals on every scale cover the population's effect as they say."""
    world = WORLDS[name]
    covered, joint = measure_coverage(world, seed=20260402)
    assert {scale: share for scale, share in covered.items() if not 0.93 <= share <= 0.97} == {}
    # Four arms where there were two: near 0 and 1 hardly one has an event, and intervals cover more.
    assert 0.93 <= joint <= (0.975 if abs(world.intercept) < 2 else 1.0)


@pytest.mark.slow
def test_prediction_interval_covers_the_next_scenario() -> None:
    """The prediction interval covers what a new scenario would show at about its nominal rate."""
    rng = np.random.default_rng(7)
    every = draw_scenarios(World(studies=600, scenarios=11), rng)
    shown = Scenarios(every.intercepts[:, :10], every.slopes[:, :10])
    found = estimate_all(simulate(World(studies=600), shown, rng))
    for scale, after in (("risk-difference", every.differences[:, 10]), ("log-odds", every.slopes[:, 10])):
        covered = [
            (each.prediction_low or 0) <= truth <= (each.prediction_high or 0)
            for each, truth in zip(effects_of(found, scale), after, strict=True)
        ]
        assert 0.92 <= np.mean(covered) <= 0.98, scale


@pytest.mark.slow
@pytest.mark.parametrize(("scenarios", "trials"), [(1, 240), (3, 60), (3, 240), (4, 120)])
def test_interval_covers_these_scenarios_own_mean(scenarios: int, trials: int) -> None:
    """With fewer than five scenarios the interval says so, and covers their own mean effect."""
    world = World(studies=800, scenarios=scenarios, trials=trials, slope_sd=1.0)
    truths, found = analyze(world, seed=11)
    effects = effects_of(found)
    assert {each.scope for each in effects} == {"these scenarios only"}
    assert 0.93 <= share_covered(effects, truths.differences.mean(axis=1)) <= 0.97


@pytest.mark.slow
def test_hardly_an_event_widens_an_interval() -> None:
    """With hardly an event anywhere intervals cover at least as often as they say, and end at −1 and 1."""
    world = World(trials=24, intercept=-4.5, intercept_sd=0.5, slope_sd=0.3, scenarios=6)
    _, found = analyze(world, seed=5)
    effects = effects_of(found)
    assert share_covered(effects, float(draw_population(world).differences.mean())) >= 0.95
    assert all(-1 <= each.low < each.high <= 1 for each in effects)
