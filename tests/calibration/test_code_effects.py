"""Effects on what judges code, corrected by labels, cover the truth; as judges have them, they do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from gyges.agents import SimulatedJudge
from gyges.analysis import add_labels, measure_claims
from gyges.claims import load_claims
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding
from gyges.records.words import FACTORS, OUTCOMES

N_STUDIES = 400
N_LABELS = 300
ARMS = ("leader-candidate", "subordinate")
ASPIRATIONAL = next(claim for claim in load_claims() if claim.id == "C35")
GIVEN = next(claim for claim in load_claims() if claim.id == "C30")


@dataclass(frozen=True)
class World:
    """What is true in scenarios of a kind, and who reads them."""

    rates: tuple[float, float]
    """Mean rate in each arm."""
    tau: float = 0.0
    """Spread of the difference over scenarios."""
    scenarios: int = 10
    trials: int = 500
    """In each arm, over all scenarios."""
    judges: tuple[SimulatedJudge, SimulatedJudge] = (SimulatedJudge(0.8, 0.9), SimulatedJudge(0.8, 0.9))
    labels: int = N_LABELS


def simulate(world: World, seed: int, item: str = "aspirational-language") -> tuple[pl.LazyFrame, np.ndarray]:
    """Draw studies, each standing as a model of its own, and the true difference in each one's scenarios."""
    rng = np.random.default_rng(seed)
    each = world.trials // world.scenarios
    shape = (N_STUDIES, len(ARMS), world.scenarios, each)
    spread = rng.normal(0, world.tau / 2, (N_STUDIES, 1, world.scenarios)) * np.array([1, -1])[:, None]
    rates = np.clip(np.array(world.rates)[:, None] + spread, 0, 1)
    truth = (rng.random(shape) < rates[..., None]).astype(np.int64)
    said = np.stack(
        [
            judge.read(truth[:, arm].ravel(), 2, rng).reshape(truth[:, arm].shape)
            for arm, judge in enumerate(world.judges)
        ],
        axis=1,
    )
    # Among an arm's trials of one code, those with the smallest of random numbers are labelled.
    order = rng.random(shape)
    rank = np.zeros(shape)
    for code in (0, 1):
        mine = np.where(said == code, order, 2.0).reshape(N_STUDIES, len(ARMS), -1)
        place = np.argsort(np.argsort(mine, axis=-1), axis=-1).reshape(shape)
        rank = np.where(said == code, place, rank)
    study, arm, scenario, _ = np.indices(shape)
    words = pl.Series(["no", "yes"])
    column = "code_" + item.replace("-", "_")
    frame = pl.DataFrame(
        {
            "model": pl.Series([f"study-{i:03d}" for i in range(N_STUDIES)]).gather(study.ravel()),
            "role": pl.Series(ARMS).gather(arm.ravel()),
            "scenario": pl.Series([f"s{i:02d}" for i in range(world.scenarios)]).gather(scenario.ravel()),
            column: words.gather(said.ravel()),
            "value": words.gather(truth.ravel()),
            "labelled": (rank < world.labels // 4).ravel(),
        }
    ).with_columns(
        **{name: pl.lit(None, pl.String) for name in FACTORS if name != "role"},
        **{name: pl.lit(value=name == "misaligned") for name in OUTCOMES},
        trial=pl.int_range(pl.len()).cast(pl.String),
        setting=pl.lit("a"),
        protocol=pl.lit("agentic"),
        design=pl.lit("conjoint"),
        conflict=pl.lit("present"),
        status=pl.lit("coded"),
        tactic=pl.lit("comply"),
        severity=pl.lit(0),
        open_tactics=pl.lit([], pl.List(pl.String)),
        input_tokens=pl.lit(1),
        output_tokens=pl.lit(1),
        cost=pl.lit(None, pl.Float64),
    )
    named = {"item": pl.lit(item), "act": pl.lit("")}
    answers = frame.select("trial", **named, coder=pl.lit("judge"), value=column)
    labels = frame.filter("labelled").select("trial", "value", **named, labeller=pl.lit("ann"))
    true = rates[:, 0].mean(axis=-1) - rates[:, 1].mean(axis=-1)
    return add_labels(frame.drop("value", "labelled"), answers, labels), true


def measure(world: World, seed: int, claim: Claim = ASPIRATIONAL) -> tuple[tuple[Finding, ...], np.ndarray]:
    """Measure every study's effect."""
    item = claim.outcome.removeprefix("code:")
    codes, true = simulate(world, seed, item)
    return measure_claims(codes, [claim], scenario_results=(), min_trials=20, seed=5), true


def share_covered(found: tuple[Finding, ...], truth: np.ndarray, *, raw: bool = False) -> float:
    """Give the share of intervals that cover."""
    estimates = [each.raw if raw else each.estimate for each in found]
    assert all(estimates)
    return float(
        np.mean([e is not None and e.low <= t <= e.high for e, t in zip(estimates, truth, strict=True)])
    )


WORLDS = {
    "alike": (World((0.5, 0.3)), 1),
    "rare": (World((0.2, 0.1)), 2),
    "far apart": (World((0.7, 0.05), labels=160), 4),
    "somewhat spread": (World((0.5, 0.3), tau=0.15), 37),
    "much spread": (World((0.5, 0.3), tau=0.3), 3),
    "five, somewhat spread": (World((0.5, 0.3), tau=0.1, scenarios=5), 35),
    "five, much spread": (World((0.5, 0.3), tau=0.3, scenarios=5), 25),
}


@pytest.mark.slow
def test_corrected_effects_cover_what_scenarios_like_these_have() -> None:
    """Judged at 0.8 and 0.9, corrected effects cover the truth of scenarios like these in 93–97 % of studies.

    That holds over all worlds together. By itself, where scenarios are alike, it is a little wide,
    and where five are far apart the pooling behind it covers less even with judges who never err (0.92).
    """
    covered = {}
    for name, (world, seed) in WORLDS.items():
        found, _ = measure(world, seed)
        assert all(each.judged == "corrected" for each in found)
        truth = np.full(N_STUDIES, world.rates[0] - world.rates[1])
        covered[name] = share_covered(found, truth), share_covered(found, truth, raw=True)
    for name, (corrected, raw) in covered.items():
        print(f"{name}: raw {raw:.3f}, corrected {corrected:.3f}")  # noqa: T201
        assert 0.905 <= corrected <= 0.98
        assert raw < 0.93
    assert 0.93 <= np.mean([corrected for corrected, _ in covered.values()]) <= 0.97
    assert min(raw for _, raw in covered.values()) < 0.05


@pytest.mark.slow
def test_corrected_effects_cover_what_few_scenarios_have() -> None:
    """With three scenarios the interval is about these only, and covers what these have."""
    found, true = measure(World((0.5, 0.3), tau=0.3, scenarios=3, trials=600), 6)
    corrected = share_covered(found, true)
    print(f"three scenarios: {corrected:.3f}")  # noqa: T201
    assert 0.93 <= corrected <= 0.97
    assert {each.estimate.scope for each in found if each.estimate} == {"these scenarios only"}


@pytest.mark.slow
def test_a_judge_that_errs_more_in_one_arm_makes_no_effect() -> None:
    """Where nothing differs but the judge, the effect is covered as nothing, and raw it is not."""
    world = World((0.3, 0.3), judges=(SimulatedJudge(0.95, 0.75), SimulatedJudge(0.8, 0.9)))
    found, _ = measure(world, 7)
    truth = np.zeros(N_STUDIES)
    corrected, raw = share_covered(found, truth), share_covered(found, truth, raw=True)
    print(f"zero effect: raw {raw:.3f}, corrected {corrected:.3f}")  # noqa: T201
    assert 0.93 <= corrected <= 0.98
    assert raw < 0.3


@pytest.mark.slow
def test_corrected_rates_among_given_trials_cover() -> None:
    """A rate among trials with an outcome, held against a half, is covered once labels correct it."""
    found, _ = measure(World((0.85, 0.85)), 8, GIVEN)
    corrected = share_covered(found, np.full(N_STUDIES, 0.35))
    print(f"given: {corrected:.3f}")  # noqa: T201
    assert 0.93 <= corrected <= 0.98
