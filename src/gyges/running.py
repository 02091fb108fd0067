"""Running what is missing of a plan: shards, executors, and the budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gyges.budget import Purse
from gyges.errors import InputError
from gyges.records.battery import Battery
from gyges.records.plan import Plan, Trial
from gyges.records.scenario import Scenario, Scene
from gyges.records.study import ModelSpec, is_probed, name_model
from gyges.run_folder import (
    Lock,
    RunFolder,
    read_batteries,
    read_budget,
    read_lock,
    read_scenarios,
    write_budget,
)
from gyges.tables import read_plan

if TYPE_CHECKING:
    from gyges.trials import Executor, Report, Shard, ShardEnd, TrialEnd

SHARD_SIZE = 100
"""Trials a shard; independent of the number of workers, so that the logs are too."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out; nothing here changes what is run."""

    workers: int = 1
    budget: float | None = None
    """US dollars; none: no limit."""
    on_trial: Callable[[TrialEnd], None] = lambda _: None
    """Called when a trial ends."""
    on_shard: Callable[[ShardEnd], None] = lambda _: None
    """Called when a shard ends, well or not."""
    executor: Executor | None = None
    """Where shards run; none: `workers` processes on this machine."""
    certificate: int | None = None
    """Simulated studies for each agent of the certificate; 0: no certificate; none: as many as usual."""


def run_trials(folder: RunFolder, options: RunOptions) -> None:
    """Run the trials of a run that no readable log holds.

    Raises:
        BudgetError: The next trials would have passed the budget.
    """
    from gyges.trials import LocalProcesses, ShardEnd

    lock = read_lock(folder)
    missing = find_rest(folder)
    if missing.table.is_empty():
        return
    purse = open_purse(folder, lock, options.budget)
    executor = options.executor or LocalProcesses(options.workers)
    at_once = purse.allow_at_once(lambda: _estimate_usage(folder, lock, missing), options.workers)
    try:
        for word in executor.run(_cut_shards(folder, lock, missing, at_once), execute_shard):
            if isinstance(word, ShardEnd):
                options.on_shard(word)
                purse.pay(word.unseen)
            else:
                options.on_trial(word)
                purse.spend(word)
    finally:
        executor.cancel()


def open_purse(folder: RunFolder, lock: Lock, budget: float | None) -> Purse:
    """Open the purse of a run: the budget it was begun with unless a new one is given, less what is spent.

    Raises:
        BudgetError: The budget does not allow another trial.
    """
    from gyges.trials import list_logs, read_usage

    if budget is None:
        budget = read_budget(folder)
    purse = Purse(lock.study, budget)
    if budget is not None:
        write_budget(folder, budget)
        for log in list_logs(folder.logs):
            purse.pay(read_usage(log), n_trials=_count_finished(log))
    return purse


def _count_finished(log: str) -> int:
    from gyges.trials import find_finished

    try:
        return len(find_finished(log))
    except InputError:
        return 0


def _estimate_usage(folder: RunFolder, lock: Lock, plan: Plan) -> dict[str, tuple[int, int]]:
    """Estimate what one trial of each model takes, in tokens in and out."""
    from gyges.design import trials_of
    from gyges.trials import estimate_tokens

    scenarios = _read_what_is_run(folder, lock)
    some = trials_of(Plan(plan.table.gather_every(max(1, plan.table.height // 12))))
    staged = [(trial, stage_trial(scenarios, trial)) for trial in some]
    return {
        spec.name: _find_most(estimate_tokens(staged, probed=is_probed(lock.study.probes, spec.name)))
        for spec in lock.study.models
    }


def _find_most(tokens: Mapping[str, tuple[float, float]]) -> tuple[int, int]:
    return (
        round(max(each[0] for each in tokens.values())),
        round(max(each[1] for each in tokens.values())),
    )


def _cut_shards(folder: RunFolder, lock: Lock, plan: Plan, at_once: int | None) -> Iterator[Shard]:
    from gyges.design import trials_of
    from gyges.trials import Shard, make_shards

    scenarios = _read_what_is_run(folder, lock)
    study = lock.study

    def make(*, id: str, trials: tuple[Trial, ...], model: ModelSpec) -> Shard:  # noqa: A002 - the field's name
        names = {trial.scenario for trial in trials}
        return Shard(
            id=id,
            trials=trials,
            scenarios={name: scenarios[name] for name in sorted(names)},
            model=model,
            log_dir=folder.logs,
            temperature=study.temperature,
            max_connections=study.max_connections,
            at_once=at_once,
            stakeholder=study.stakeholder,
            retries=study.retries,
            probes=study.probes,
        )

    return make_shards(
        trials_of(plan), {name_model(spec): spec for spec in study.models}, size=SHARD_SIZE, make=make
    )


def execute_shard(shard: Shard, report: Report) -> ShardEnd:
    """Run one shard with this package's rendering and coding; executors send this to their workers."""
    from gyges.coding import code_transcript
    from gyges.trials import run_shard

    return run_shard(shard, partial(stage_trial, shard.scenarios), code=code_transcript, report=report)


def _read_what_is_run(folder: RunFolder, lock: Lock) -> dict[str, Scenario | Battery]:
    return {**read_scenarios(folder, lock), **read_batteries(folder, lock)}


def stage_trial(scenarios: Mapping[str, Scenario | Battery], trial: Trial) -> Scene:
    """Render the scene of a trial, or the item of a battery."""
    from gyges.scenarios import render_item, render_scene

    found = scenarios[trial.scenario]
    if isinstance(found, Battery):
        return render_item(found, trial.setting, trial.variant)
    return render_scene(
        found,
        setting=trial.setting,
        cell=trial.cell,
        variant=trial.variant,
        conflict=trial.conflict,
    )


def find_missing(folder: RunFolder) -> list[Trial]:
    """Find the trials of the plan that no log holds without an error; damaged logs are moved aside."""
    from gyges.design import trials_of

    return list(trials_of(find_rest(folder)))


def find_rest(folder: RunFolder) -> Plan:
    """Give the plan without the trials that some log holds without an error; damaged logs are moved aside."""
    from gyges.trials import find_finished, list_logs

    finished: set[str] = set()
    for log in list_logs(folder.logs):
        try:
            finished |= find_finished(log)
        except InputError:
            folder.move_aside(log)
    table = read_plan(folder).table
    return Plan(table.filter(~table["id"].is_in(list(finished))))
