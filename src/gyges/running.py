"""Running what is missing of a plan: shards, executors, and the budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from gyges.budget import BETWEEN, Purse, read_budget, write_budget
from gyges.errors import LogError
from gyges.holding import check_held, hold_run
from gyges.pricing import PriceTable, keep_prices, price_study
from gyges.reaching import read_file
from gyges.records.battery import Battery
from gyges.records.budget import Budget, as_budget
from gyges.records.plan import Plan, Trial
from gyges.records.progress import Progress
from gyges.records.scenario import Scenario, Scene
from gyges.records.study import ModelSpec, Study, is_probed, name_model
from gyges.records.tokens import Tokens, Usage
from gyges.run_folder import (
    Lock,
    RunFolder,
    read_batteries,
    read_lock,
    read_scenarios,
)
from gyges.storage import at_the_door, remove_file, write_file
from gyges.tables import read_plan
from gyges.watching import Watch, read_progress

if TYPE_CHECKING:
    import polars as pl

    from gyges.trials import Executor, Notice, Report, Shard, ShardEnd, TrialEnd, Word

_KIND = "kind"

SHARD_SIZE = 100
"""Trials a shard; independent of the number of workers, so that the logs are too."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out; nothing here changes what is run."""

    workers: int = 1
    budget: Budget | float | None = None
    """What may be spent; a bare number is US dollars; none: as the run was begun, or no limit."""
    prices: PriceTable | None = None
    """Prices that go before the study's and the shipped ones; none: as the run was begun."""
    on_trial: Callable[[TrialEnd], None] = lambda _: None
    """Called when a trial ends."""
    on_shard: Callable[[ShardEnd], None] = lambda _: None
    """Called when a shard ends, well or not."""
    on_notice: Callable[[Notice], None] = lambda _: None
    """Called when a model's calls are paused, go on, or are given up."""
    on_progress: Callable[[Progress], None] = lambda _: None
    """Told how far the run is, at most ten times a second."""
    executor: Executor | None = None
    """Where shards run; none: `workers` processes on this machine."""
    certificate: int | None = None
    """Simulated studies for each agent of the certificate; 0: no certificate; none: as many as usual."""


def run_trials(folder: RunFolder, options: RunOptions, watch: Watch | None = None) -> None:
    """Run the trials of a run that no readable log holds, holding the run meanwhile.

    Under a budget they begin in portions, each no larger than what is left surely pays for.

    Args:
        folder: The run.
        options: How to carry it out.
        watch: Hears what happens; none: nobody does.

    Raises:
        BudgetError: The next trials might have passed the budget.
        RunError: Another process runs it, or has taken it over.
    """
    with hold_run(folder):
        recover_logs(folder)
        rest = find_rest(folder)
        watch = watch or Watch(None)
        watch.plan(count_planned(folder), dict(rest.table.select("id", "model").iter_rows()))
        lock = read_lock(folder)
        study = price_study(lock.study, keep_prices(folder, lock, options.prices))
        purse = open_purse(folder, study, options.budget)
        watch.open(purse)
        if rest.table.is_empty():
            return
        if purse.budget is not None:
            for kind, usage in _estimate_usage(folder, lock, rest).items():
                purse.expect(kind, usage)
        _run_rest(folder, rest, options, purse=purse, watch=watch)


def _run_rest(folder: RunFolder, rest: Plan, options: RunOptions, *, purse: Purse, watch: Watch) -> None:
    from gyges.trials import LocalProcesses

    lock = read_lock(folder)
    executor = options.executor or LocalProcesses(options.workers)
    session = uuid4().hex
    try:
        while not rest.table.is_empty():
            now, rest = _choose_affordable(purse, rest)
            if now.table.is_empty():
                raise purse.make_error(rest.table.select(_kinds()).to_series().unique())
            under_way: dict[str, tuple[str, ...]] = {}
            shards = _note_trials(_cut_shards(folder, lock, now, session), under_way)
            for word in executor.run(shards, execute_shard):
                check_held(folder)
                _hear(word, purse, under_way, options)
                watch.hear(word)
                purse.check()
    finally:
        executor.cancel()


def _note_trials(shards: Iterable[Shard], under_way: dict[str, tuple[str, ...]]) -> Iterator[Shard]:
    """Note which trials a shard has when its turn comes."""
    for shard in shards:
        under_way[shard.id] = tuple(trial.id for trial in shard.trials)
        yield shard


def _choose_affordable(purse: Purse, plan: Plan) -> tuple[Plan, Plan]:
    """Choose, in the plan's order, which trials may begin now; give them and the others."""
    import polars as pl

    table = plan.table.with_columns(_kinds().alias(_KIND))
    room: dict[str, int] = {}
    for kind in table[_KIND].unique(maintain_order=True):
        ids = table.filter(pl.col(_KIND) == kind)["id"]
        room[kind] = purse.allow(kind, len(ids))
        purse.begin(kind, ids.head(room[kind]))
    place = pl.int_range(pl.len()).over(_KIND)
    begins = table.select(place < pl.col(_KIND).replace_strict(room, return_dtype=pl.Int64)).to_series()
    return Plan(table=plan.table.filter(begins)), Plan(table=plan.table.filter(~begins))


def _kinds() -> pl.Expr:
    """Name what trials cost alike: those of one model and protocol, and items of a battery."""
    import polars as pl

    is_item = pl.col("design") == "battery"
    way = pl.when(is_item).then(pl.lit("battery")).otherwise(pl.col("protocol"))
    return pl.concat_str("model", way, separator=BETWEEN)


def _hear(word: Word, purse: Purse, under_way: dict[str, tuple[str, ...]], options: RunOptions) -> None:
    from gyges.trials import Note, Notice, ShardEnd

    if isinstance(word, ShardEnd):
        options.on_shard(word)
        purse.pay(word.unseen)
        purse.drop(under_way.pop(word.shard))
    elif isinstance(word, Note):
        if word.kind == "attempt":
            purse.fail(word.trial, word.models)
    elif isinstance(word, Notice):
        options.on_notice(word)
    else:
        options.on_trial(word)
        purse.end(word.trial, word.models)


def open_purse(folder: RunFolder, study: Study, budget: Budget | float | None) -> Purse:
    """Open the purse of a run: the budget it was begun with unless a new one is given, less what is spent.

    Args:
        folder: The run.
        study: Its study, with prices.
        budget: A new budget; none: the one that the run has.

    Raises:
        StudyError: The budget is in US dollars, and a model has no price.
    """
    from gyges.coding import recover_scans

    given = as_budget(budget)
    purse = Purse(study, given or read_budget(folder))
    if given is not None:
        write_budget(folder, given)
    if folder.exists("scans"):
        recover_scans(folder.scans)
    pay_spent(folder, purse)
    before = read_progress(folder)
    if before is not None:
        purse.raise_to(tokens=before.tokens, usd=before.usd)
    return purse


def pay_spent(folder: RunFolder, purse: Purse) -> None:
    """Pay for what the logs and the judges' scans of a run show."""
    from gyges.coding import read_scans
    from gyges.trials import list_logs, read_usage

    kinds = dict(read_plan(folder).table.select("id", _kinds()).iter_rows())
    for log in list_logs(folder.logs):
        used = read_usage(log)
        purse.pay(used.whole)
        for trial, usage in used.trials.items():
            if trial in kinds:
                purse.learn(kinds[trial], usage)
    for judged in read_scans(folder.scans):
        purse.pay({judged.judge: judged.tokens}, usd=judged.cost)


def _estimate_usage(folder: RunFolder, lock: Lock, plan: Plan) -> dict[str, Usage]:
    """Estimate what one trial of each kind takes; a model that plays the people takes as much again."""
    from gyges.design import trials_of
    from gyges.trials import estimate_tokens

    scenarios = _read_what_is_run(folder, lock)
    people = lock.study.stakeholder
    specs = {name_model(spec): spec for spec in lock.study.models}
    found: dict[str, Usage] = {}
    for (kind, model), trials in plan.table.group_by(_kinds().alias(_KIND), "model", maintain_order=True):
        spec = specs[str(model)]
        some = trials_of(Plan(trials.select(plan.table.columns).gather_every(max(1, trials.height // 12))))
        staged = [(trial, stage_trial(scenarios, trial)) for trial in some]
        tokens = estimate_tokens(staged, probed=is_probed(lock.study.probes, spec.name))
        most = Tokens(*(round(max(each[i] for each in tokens.values())) for i in range(2)))
        found[str(kind)] = {spec.name: most}
        if people and people.name == spec.name:
            found[str(kind)] = {spec.name: Tokens(2 * most.input, 2 * most.output)}
        elif people:
            found[str(kind)] = {spec.name: most, people.name: most}
    return found


def _cut_shards(folder: RunFolder, lock: Lock, plan: Plan, session: str) -> Iterator[Shard]:
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
            stakeholder=study.stakeholder,
            retries=study.retries,
            probes=study.probes,
            session=session,
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


def recover_logs(folder: RunFolder, logs: Iterable[str] | None = None) -> None:
    """Put in the place of damaged logs what is whole of them; they themselves go to `logs/damaged/`.

    Args:
        folder: The run, held by this process.
        logs: The logs to mend; none: those whose list of trials cannot be read.
    """
    from gyges.trials import is_readable, recover_log

    for log in _find_damaged(folder) if logs is None else logs:
        with at_the_door(folder.url):
            content = read_file(log)
            if is_readable(content):
                continue
            folder.write(f"logs/damaged/{log.rsplit('/', 1)[-1]}", content)
            recovered = recover_log(content)
            if recovered is None:
                remove_file(log)
            else:
                write_file(log, recovered.content)


def _find_damaged(folder: RunFolder) -> Iterator[str]:
    from gyges.trials import find_finished, list_logs

    for log in list_logs(folder.logs):
        try:
            find_finished(log)
        except LogError:
            yield log


def find_missing(folder: RunFolder) -> list[Trial]:
    """Find the trials of the plan that no readable log holds without an error."""
    from gyges.design import trials_of

    return list(trials_of(find_rest(folder)))


def find_rest(folder: RunFolder) -> Plan:
    """Give the plan without the trials that some readable log holds without an error."""
    from gyges.trials import find_trials, list_logs

    table = read_plan(folder).table
    planned = set(table["id"])
    finished: set[str] = set()
    for log in list_logs(folder.logs):
        with suppress(LogError):
            finished |= find_trials([log], planned).keys()
    return Plan(table=table.filter(~table["id"].is_in(list(finished))))


def count_planned(folder: RunFolder) -> dict[str, int]:
    """Count the planned trials of each model, in the plan's order."""
    counts = read_plan(folder).table["model"].value_counts(sort=False)
    return dict(sorted(counts.iter_rows()))
