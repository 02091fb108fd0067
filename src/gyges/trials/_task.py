"""Trials as an Inspect task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import LimitExceededError

from gyges.errors import TrialError
from gyges.records.plan import Trial
from gyges.records.scenario import Scene
from gyges.records.study import ProbeChoice, is_probed
from gyges.trials._agentic import play_agentic
from gyges.trials._breaker import GivenUpError
from gyges.trials._causes import find_cause, say_failure
from gyges.trials._desk import TrialStore
from gyges.trials._probes import ask_probes
from gyges.trials._prompts import brief_trial
from gyges.trials._read import UNSTAGED, find_briefing
from gyges.trials._scorer import Coder, acts_scorer
from gyges.trials._written import play_choice, play_text

SceneMaker = Callable[[Trial], Scene]
"""Renders the scene of a trial; the pipeline hands in the scenarios stage's."""


def make_task(
    trials: Sequence[Trial],
    make_scene: SceneMaker,
    *,
    code: Coder,
    name: str = "gyges",
    probes: ProbeChoice = "auto",
) -> Task:
    """Make an Inspect task with one sample a trial.

    Args:
        trials: Trials to play, for one model.
        make_scene: Renders a trial's scene; the same trial gives the same scene.
        code: Codes a finished trial; the pipeline hands in the coding stage's.
        name: Name of the task in the log.
        probes: Whether the model is asked about each trial when it is over.
    """
    return Task(
        dataset=MemoryDataset([_stage(trial, make_scene) for trial in trials], name=name),
        solver=play_trial(make_scene, probes=probes),
        scorer=acts_scorer(code),
        config=GenerateConfig(),
        name=name,
    )


def _make_sample(trial: Trial, scene: Scene) -> Sample:
    messages, _ = brief_trial(trial, scene)
    return Sample(id=trial.id, input=messages, metadata={"trial": trial.model_dump(mode="json")})


def _stage(trial: Trial, make_scene: SceneMaker) -> Sample:
    try:
        return _make_sample(trial, make_scene(trial))
    # A scene that cannot be made is that trial's failure; the others of its shard are played.
    except Exception as problem:  # noqa: BLE001
        cause = f"its scene cannot be made: {problem}"
        return Sample(
            id=trial.id, input=cause, metadata={"trial": trial.model_dump(mode="json"), UNSTAGED: cause}
        )


@solver
def play_trial(make_scene: SceneMaker, probes: ProbeChoice = "auto") -> Solver:
    """Play a trial by its protocol, and ask the model about it when it is over."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - Inspect's signature
        if UNSTAGED in state.metadata:
            raise TrialError(state.metadata[UNSTAGED])
        trial = Trial.model_validate(state.metadata["trial"])
        await _play_or_say_why_not(state, trial, make_scene)
        if is_probed(probes, str(get_model())):
            state.store_as(TrialStore).probes = [
                probe.model_dump(mode="json") for probe in await ask_probes(state.messages)
            ]
        return state

    return solve


async def _play_or_say_why_not(state: TaskState, trial: Trial, make_scene: SceneMaker) -> None:
    """Play a trial; what a filter withholds is an answer, what else goes wrong is said in one line.

    Raises:
        TrialError: It failed; the message begins with the cause.
    """
    try:
        await _play(state, trial, make_scene)
    except (TrialError, GivenUpError) as problem:
        raise TrialError(str(problem)) from problem
    except LimitExceededError:
        raise
    # Whatever it was, it is this trial's failure, and has a cause.
    except Exception as problem:
        if find_cause(problem) != "content-filter":
            raise TrialError(say_failure(problem)) from problem
        state.output = ModelOutput.from_content(str(get_model()), "", stop_reason="content_filter")


async def _play(state: TaskState, trial: Trial, make_scene: SceneMaker) -> TaskState:
    if trial.protocol == "agentic":
        return await play_agentic(state, make_scene(trial))
    if trial.protocol == "text":
        return await play_text(state, make_scene(trial))
    return await play_choice(state, find_briefing(state.messages))
