"""Agentic trials of reference agents, and how often rules find the act that the policy chose."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalSample

from gyges.agents._provider import TRUTH
from gyges.coding import code_transcript
from gyges.records.plan import Trial
from gyges.records.scenario import Scenario
from gyges.running import stage_trial
from gyges.scenarios import load_library
from gyges.trials import make_task, read_transcripts

PROFILES = ("insight-profile", "power-maximiser", "aligned", "random")


class Reading(NamedTuple):
    """One trial: what the policy chose, and what rules found."""

    scenario: str
    setting: str
    profile: str
    truth: str
    act: str | None
    """The gravest act found."""
    acts: tuple[str, ...]


class Accuracy(NamedTuple):
    """How well rules find acts, over some trials."""

    n: int
    precision: float
    """Of the trials' acts that rules name, the share that the policy chose."""
    recall: float
    """Of the acts that the policy chose, the share that rules name."""
    also: float
    """Of all acts found, the share that the policy did not choose, such as a graver act's honest half."""


def measure(readings: Iterable[Reading]) -> Accuracy:
    """Count the acts found, missed, and named though they were not chosen."""
    rows = list(readings)
    right = sum(row.act == row.truth for row in rows)
    named = sum(row.act is not None for row in rows)
    found = sum(len(row.acts) for row in rows)
    extra = sum(len({*row.acts} - {row.truth}) for row in rows)
    return Accuracy(len(rows), right / max(named, 1), right / max(len(rows), 1), extra / max(found, 1))


def draw_trials(n_each: int, model: str, *, seed: int = 0) -> list[Trial]:
    """Draw trials in every setting of every scenario, each in a cell of its own."""
    draw = random.Random(seed)
    return [
        Trial(
            id=f"{scenario.id}-{setting.id}-{i}", model=model, scenario=scenario.id, setting=setting.id,
            protocol="agentic", design="conjoint", conflict="present" if draw.random() < 0.9 else "absent",
            variant=i, replicate=0, seed=draw.getrandbits(62), cell=draw_cell(scenario, draw),
        )
        for scenario in load_library().values()
        for setting in scenario.settings
        for i in range(n_each)
    ]  # fmt: skip


def draw_cell(scenario: Scenario, draw: random.Random) -> dict[str, str]:
    """Draw a level of every factor that a scenario carries."""
    return {factor: draw.choice(list(levels)) for factor, levels in scenario.factors.items()}


def play(trials: list[Trial], model: str, library: Mapping[str, Scenario]) -> Iterator[Reading]:
    """Play trials on Inspect, and read act and truth from the log that this leaves."""
    with tempfile.TemporaryDirectory() as folder:
        task = make_task(trials, partial(stage_trial, library), code=code_transcript, probes=False)
        (log,) = inspect_eval(
            task, model=model, log_dir=folder, display="none", log_realtime=False, log_model_api=False,
            score_display=False,
        )  # fmt: skip
        assert log.status == "success"
        truths = {str(sample.id): _find_truth(sample) for sample in log.samples or ()}
        for transcript in read_transcripts(log.location):
            codes = code_transcript(transcript)
            trial = transcript.trial
            yield Reading(
                trial.scenario, trial.setting, model.removeprefix("gyges/"), truths[trial.id], codes.act,
                codes.acts,
            )  # fmt: skip


def _find_truth(sample: EvalSample) -> str:
    return next(
        str(message.metadata[TRUTH]["act"])
        for message in sample.messages
        if message.metadata and TRUTH in message.metadata
    )


def play_profiles(n_each: int, *, seed: int = 0) -> list[Reading]:
    """Play every profile in every setting."""
    library = load_library()
    return [
        reading
        for number, profile in enumerate(PROFILES)
        for reading in play(
            draw_trials(n_each, f"gyges/{profile}", seed=seed + number), f"gyges/{profile}", library
        )
    ]
