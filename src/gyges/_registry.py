"""What Inspect imports to find Gyges: its tasks, solver, scorer and the reference agents' provider."""

from __future__ import annotations

from functools import partial
from typing import Any

from inspect_ai import Task, task
from inspect_ai._util.error import PrerequisiteError

from gyges.agents import gyges_provider
from gyges.coding import code_transcript
from gyges.design import load_study, trials_of
from gyges.errors import GygesError
from gyges.prepare import Prepared, narrow_study, override_study, prepare_study
from gyges.records.study import ModelSpec
from gyges.running import stage_trial
from gyges.trials import BARE_MODEL, acts_scorer, make_task, play_trial

__all__ = ["acts_scorer", "core", "demo", "gyges_provider", "play_trial"]


@task
def core(
    trials: int = 200, seed: int = 0, scenarios: str | list[str] = "all", protocol: str | None = None
) -> Task:
    """The core study's trials, for the model that Inspect is given.

    Args:
        trials: Number of trials.
        seed: Root seed; the same seed gives the same trials.
        scenarios: Ids of scenarios and batteries, separated by commas, or `all`.
        protocol: `agentic`, `text` or `choice`; none: as the study says.
    """
    return _make_study_task("core", trials=trials, seed=seed, scenarios=scenarios, protocol=protocol)


@task
def demo(
    trials: int = 60, seed: int = 0, scenarios: str | list[str] = "all", protocol: str | None = None
) -> Task:
    """The demo study's trials, for the model that Inspect is given.

    Args:
        trials: Number of trials.
        seed: Root seed; the same seed gives the same trials.
        scenarios: Ids of scenarios and batteries, separated by commas, or `all`.
        protocol: `agentic`, `text` or `choice`; none: as the study says.
    """
    return _make_study_task("demo", trials=trials, seed=seed, scenarios=scenarios, protocol=protocol)


def _make_study_task(name: str, *, scenarios: str | list[str], protocol: str | None, **changes: Any) -> Task:
    try:
        prepared = _prepare(name, scenarios=scenarios, protocol=protocol, **changes)
    except GygesError as problem:
        # Inspect says this one in a sentence, and everything else with a traceback.
        raise PrerequisiteError(str(problem)) from None
    trials = list(trials_of(prepared.plan))
    return make_task(trials, partial(stage_trial, prepared.library), code=code_transcript, name=name)


def _prepare(name: str, *, scenarios: str | list[str], protocol: str | None, **changes: Any) -> Prepared:
    asked = scenarios.split(",") if isinstance(scenarios, str) else scenarios
    study = override_study(load_study(name), models=(ModelSpec(name=BARE_MODEL),), **changes)
    study = narrow_study(study, tuple(str(each).strip() for each in asked))
    if protocol is not None:
        # The items of a battery are choices in any case.
        given = {"protocol": protocol}
        parts = [part.model_dump() | (given if part.kind != "battery" else {}) for part in study.design]
        study = override_study(study, design=parts)
    return prepare_study(study)
