"""The intervals of factor effects cover simulated truths at their nominal rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from gyges.analysis import estimate_all
from gyges.records.estimates import Effect
from gyges.records.words import FACTORS, OUTCOMES

Array = NDArray[np.float64]

_THREAT = np.array([0.0, 0.4, 0.9])
"""Logits the levels of another drawn factor add."""


@dataclass(frozen=True)
class World:
    """Studies whose scenarios have intercepts and slopes of their own, in logits."""

    studies: int
    scenarios: int
    trials: int
    """In each scenario of each study."""
    slope: float
    slope_sd: float


def draw_scenarios(world: World, rng: np.random.Generator) -> tuple[Array, Array]:
    """Intercepts and slopes, a row a study and a column a scenario."""
    shape = (world.studies, world.scenarios)
    return rng.normal(-0.7, 0.8, shape), rng.normal(world.slope, world.slope_sd, shape)


def true_differences(intercepts: Array, slopes: Array) -> Array:
    """Each scenario's risk difference, averaged over the other factor's levels."""
    base = intercepts[..., None] + _THREAT
    high, low = (
        1 / (1 + np.exp(-(base + shift))) for shift in (slopes[..., None] / 2, -slopes[..., None] / 2)
    )
    return np.asarray((high - low).mean(axis=-1))


def simulate(world: World, intercepts: Array, slopes: Array, rng: np.random.Generator) -> pl.DataFrame:
    """Balanced conjoint trials of every study; a study stands as a model of its own."""
    shape = (world.studies, world.scenarios, world.trials)
    study, scenario, trial = np.indices(shape)
    high = rng.permuted(trial % 2, axis=-1)
    threat = rng.permuted(trial % 3, axis=-1)
    logits = intercepts[..., None] + slopes[..., None] * (high - 0.5) + _THREAT[threat]
    misaligned = rng.random(shape) < 1 / (1 + np.exp(-logits))

    def words(levels: tuple[str, ...], index: NDArray[np.int64]) -> pl.Series:
        return pl.Series(list(levels)).gather(index.ravel())

    return pl.DataFrame(
        {
            "model": words(tuple(f"study-{i:04d}" for i in range(world.studies)), study),
            "scenario": words(tuple(f"s{i:02d}" for i in range(world.scenarios)), scenario),
            "reputation": words(FACTORS["reputation"], high),
            "threat": words(FACTORS["threat"], threat),
            "misaligned": misaligned.ravel(),
            "severity": misaligned.ravel().astype(np.int8) * 4,
        }
    ).with_columns(
        **{name: pl.lit(None, pl.String) for name in FACTORS if name not in {"reputation", "threat"}},
        **{name: pl.lit(value=False) for name in OUTCOMES if name != "misaligned"},
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


def estimate(codes: pl.DataFrame) -> list[Effect]:
    """Every study's effect of reputation on misaligned trials, in the studies' order."""
    return [e for e in estimate_all(codes).effects if (e.factor, e.outcome) == ("reputation", "misaligned")]


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "slope_sd", "trials"), [(0.7, 0.7, 240), (0.0, 0.5, 120), (0.7, 0.7, 60)])
def test_interval_covers_the_mean_of_scenarios_like_these(slope: float, slope_sd: float, trials: int) -> None:
    """With ten scenarios drawn from many, the interval covers the population effect 95 % of the time."""
    rng = np.random.default_rng(20260401)
    world = World(studies=600, scenarios=10, trials=trials, slope=slope, slope_sd=slope_sd)
    population = World(studies=1, scenarios=400_000, trials=0, slope=slope, slope_sd=slope_sd)
    truth = float(true_differences(*draw_scenarios(population, rng)).mean())
    scenarios = draw_scenarios(world, rng)
    effects = estimate(simulate(world, *scenarios, rng))
    covered = [effect.estimate.low <= truth <= effect.estimate.high for effect in effects]
    assert {effect.estimate.scope for effect in effects} == {"scenarios like these"}
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.slow
def test_prediction_interval_covers_the_next_scenario() -> None:
    """The prediction interval covers what a new scenario would show at about its nominal rate."""
    rng = np.random.default_rng(7)
    world = World(studies=600, scenarios=11, trials=240, slope=0.7, slope_sd=0.7)
    intercepts, slopes = draw_scenarios(world, rng)
    seen = World(studies=600, scenarios=10, trials=240, slope=0.7, slope_sd=0.7)
    effects = estimate(simulate(seen, intercepts[:, :10], slopes[:, :10], rng))
    after = true_differences(intercepts, slopes)[:, 10]
    covered = [
        (e.estimate.prediction_low or 0) <= truth <= (e.estimate.prediction_high or 0)
        for e, truth in zip(effects, after, strict=True)
    ]
    assert 0.92 <= np.mean(covered) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("trials", [60, 240])
def test_interval_covers_these_scenarios_own_mean(trials: int) -> None:
    """With three scenarios the interval covers their own mean effect 95 % of the time."""
    rng = np.random.default_rng(11)
    world = World(studies=1000, scenarios=3, trials=trials, slope=0.7, slope_sd=1.0)
    intercepts, slopes = draw_scenarios(world, rng)
    effects = estimate(simulate(world, intercepts, slopes, rng))
    truths = true_differences(intercepts, slopes).mean(axis=1)
    covered = [e.estimate.low <= truth <= e.estimate.high for e, truth in zip(effects, truths, strict=True)]
    assert {effect.estimate.scope for effect in effects} == {"these scenarios only"}
    assert 0.93 <= np.mean(covered) <= 0.97
