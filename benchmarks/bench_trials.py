"""Agentic trials a second: our loop against Inspect's `react` agent.

Run with `python benchmarks/bench_trials.py [N_TRIALS]`; prints a Markdown table.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from functools import partial

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import AgentSubmit, react
from inspect_ai.dataset import Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver

from gyges.coding import code_transcript
from gyges.design import trials_of
from gyges.prepare import Prepared, prepare_study
from gyges.records.plan import Trial
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import stage_trial
from gyges.trials import Desk, acts_scorer, desk_in_use, make_task, make_tools

MODEL = "gyges/insight-profile"
ROUNDS = 3


def make_study(n_trials: int) -> Prepared:
    """Prepare agentic trials in the base cells of all scenarios."""
    study = Study(
        name="bench",
        models=(ModelSpec(name=MODEL),),
        design=(DesignPart(kind="base", protocol="agentic"),),
        trials=n_trials,
    )
    return prepare_study(study)


@solver
def react_at_desk(prepared: Prepared) -> Solver:
    """The same trial, its turns taken by Inspect's `react` agent with its default settings."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - Inspect's signature
        trial = Trial.model_validate(state.metadata["trial"])
        scene = stage_trial(prepared.library, trial)
        desk_in_use.set(Desk(scene))
        tools = make_tools(scene)
        finish = next(each for each in tools if each.name == scene.tools["finish"])
        others = [each for each in tools if each is not finish]
        agent = react(prompt=None, tools=others, submit=AgentSubmit(tool=finish))
        return await as_solver_state(agent, state)

    return solve


async def as_solver_state(agent: object, state: TaskState) -> TaskState:
    """Run an agent on a task state."""
    from inspect_ai.agent import as_solver

    async def unused(*_: object, **__: object) -> TaskState:
        return state

    return await as_solver(agent)(state, unused)  # type: ignore[arg-type]  # an agent, whatever its protocol


def time_eval(task: Task, *, lean: bool) -> float:
    """Time one eval of a task, in seconds."""
    settings = {"log_realtime": False, "log_model_api": False, "score_display": False} if lean else {}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        logs = inspect_eval(task, model=MODEL, log_dir=folder, display="none", **settings)  # type: ignore[arg-type]  # options
        seconds = time.perf_counter() - started
    assert logs[0].status == "success", logs[0].error
    return seconds


def react_task(prepared: Prepared) -> Task:
    """The trials for `react`."""
    base = make_task(
        list(trials_of(prepared.plan)), partial(stage_trial, prepared.library), code=code_transcript
    )
    samples: list[Sample] = list(base.dataset)
    return Task(dataset=samples, solver=react_at_desk(prepared), scorer=acts_scorer(code_transcript))


def main() -> None:
    """Print the table."""
    n_trials = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    prepared = make_study(n_trials)
    trials = list(trials_of(prepared.plan))
    stage = partial(stage_trial, prepared.library)
    time_eval(make_task(trials[:20], stage, code=code_transcript), lean=True)
    print(f"{n_trials} agentic trials, {platform.machine()}, Python {platform.python_version()}\n")
    print("| round | our loop, trials/s | `react`, trials/s | ratio |\n| --- | --- | --- | --- |")
    for number in range(ROUNDS):
        ours = n_trials / time_eval(make_task(trials, stage, code=code_transcript), lean=True)
        theirs = n_trials / time_eval(react_task(prepared), lean=False)
        print(f"| {number + 1} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
