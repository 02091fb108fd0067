"""The pipeline, in the order it runs: design, trials, coding, analysis, claims, report.

Each step reads the artifact before it from the run folder and writes its own, so any step can be done
again alone. Heavy parts are imported by the step that needs them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import chain
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from gyges.budget import REFERENCE, Purse, cost_of
from gyges.errors import BudgetError, InputError
from gyges.prepare import Prepared, check_models, prepare_study
from gyges.records.codes import Codes
from gyges.records.plan import Plan, Trial
from gyges.records.scenario import Scenario, Scene
from gyges.records.study import ModelSpec, Price, Study
from gyges.run_folder import (
    FORMAT,
    Lock,
    RunFolder,
    create_run,
    open_run,
    read_lock,
    read_results,
    read_scenarios,
    write_results,
)

if TYPE_CHECKING:
    import polars as pl

    from gyges.trials import Executor, Report, Shard, ShardEnd, TrialEnd

SHARD_SIZE = 100
"""Trials a shard; independent of the number of workers, so that the logs are too."""

_LOGS_WORTH_A_POOL = 6
"""With fewer logs, starting processes costs more than it saves."""


@dataclass(frozen=True)
class Run:
    """A run that can be read."""

    folder: RunFolder

    @property
    def url(self) -> str:
        """Give the run folder."""
        return self.folder.url

    @property
    def results(self) -> dict[str, Any]:
        """Read `results.json`."""
        return read_results(self.folder)

    @property
    def codes(self) -> pl.DataFrame:
        """Read the codes table, one row a trial."""
        return self.folder.scan_table("codes.parquet").collect()

    @property
    def plan(self) -> pl.DataFrame:
        """Read the plan, one row a trial."""
        return self.folder.scan_table("plan.parquet").collect()


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


def run_study(study: Study, *, out: str | None = None, options: RunOptions | None = None) -> Run:
    """Run a study from plan to report.

    Args:
        study: The study.
        out: The run folder itself, a local path or fsspec URL; none: `runs/<study>-<time>`.
        options: How to carry it out; none: one worker, no budget.

    Raises:
        InputError: Something is wrong with the study, a model, or the folder; nothing was run.
        BudgetError: The budget was reached; what was run is coded and reported, and can be resumed.
    """
    prepared = prepare_study(study)
    check_models(study)
    folder = begin_run(prepared, out or default_folder(study))
    return carry_on(folder, options or RunOptions())


def default_folder(study: Study) -> str:
    """Name a new run folder after the study and the time."""
    return f"runs/{study.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"


def begin_run(prepared: Prepared, out: str) -> RunFolder:
    """Write the lock, the scenarios and the plan: from here on the study is registered."""
    lock = Lock(
        format=FORMAT,
        gyges=version("gyges"),
        inspect=version("inspect-ai"),
        registered_at=datetime.now(UTC).isoformat(timespec="seconds"),
        study_hash=_hash(prepared.study),
        claims_hash=_hash(*prepared.claims),
        scenario_hashes={name: _hash(each) for name, each in sorted(prepared.scenarios.items())},
        n_trials=prepared.plan.table.height,
        study=prepared.study,
        claims=prepared.claims,
    )
    folder = create_run(out, lock, prepared.scenarios)
    folder.write_table("plan.parquet", prepared.plan.table)
    return folder


def carry_on(folder: RunFolder, options: RunOptions) -> Run:
    """Run what is missing of a run, then code, analyze and report it.

    Raises:
        BudgetError: The budget was reached.
    """
    problem: BudgetError | None = None
    try:
        run_trials(folder, options)
    except BudgetError as reached:
        problem = reached
    code_run(folder, workers=options.workers)
    analyze_run(folder)
    report_run(folder)
    if problem:
        raise problem
    return Run(folder)


def run_trials(folder: RunFolder, options: RunOptions) -> None:
    """Run the trials of a run that no readable log holds.

    Raises:
        BudgetError: The next trials would have passed the budget.
    """
    from gyges.trials import LocalProcesses, ShardEnd

    lock = read_lock(folder)
    purse = Purse(lock.study, options.budget)
    missing = find_missing(folder)
    executor = options.executor or LocalProcesses(options.workers)
    try:
        for word in executor.run(_cut_shards(folder, lock, missing), execute_shard):
            if isinstance(word, ShardEnd):
                options.on_shard(word)
            else:
                options.on_trial(word)
                purse.spend(word)
    finally:
        executor.cancel()


def _cut_shards(folder: RunFolder, lock: Lock, trials: Sequence[Trial]) -> Iterator[Shard]:
    from gyges.trials import Shard, make_shards

    scenarios = read_scenarios(folder, lock)
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
        )

    return make_shards(trials, {spec.name: spec for spec in study.models}, size=SHARD_SIZE, make=make)


def execute_shard(shard: Shard, report: Report) -> ShardEnd:
    """Run one shard with this package's rendering and coding; executors send this to their workers."""
    from gyges.coding import code_transcript
    from gyges.trials import run_shard

    return run_shard(shard, partial(stage_trial, shard.scenarios), code=code_transcript, report=report)


def stage_trial(scenarios: Mapping[str, Scenario], trial: Trial) -> Scene:
    """Render the scene of a trial."""
    from gyges.scenarios import render_scene

    return render_scene(
        scenarios[trial.scenario],
        setting=trial.setting,
        cell=trial.cell,
        variant=trial.variant,
        conflict=trial.conflict,
    )


def find_missing(folder: RunFolder) -> list[Trial]:
    """Find the trials of the plan that no log holds without an error; damaged logs are moved aside."""
    from gyges.design import trials_of
    from gyges.trials import find_finished, list_logs

    finished: set[str] = set()
    for log in list_logs(folder.logs):
        try:
            finished |= find_finished(log)
        except InputError:
            folder.move_aside(log)
    plan = Plan(table=folder.scan_table("plan.parquet").collect())
    return [trial for trial in trials_of(plan) if trial.id not in finished]


def code_run(folder: RunFolder, *, workers: int = 1) -> None:
    """Code the transcripts of a run's logs into `codes.parquet`; a trial without one is `failed: not run`.

    Raises:
        RunError: A log cannot be read.
    """
    from gyges.coding import tabulate_codes
    from gyges.design import trials_of
    from gyges.trials import list_logs

    prices = {spec.name: spec.price for spec in read_lock(folder).study.models}
    coded = _map_logs(partial(_code_log, prices), list_logs(folder.logs), workers)
    plan = Plan(table=folder.scan_table("plan.parquet").collect())
    not_run = (Codes(trial=trial, status="failed", reason="not run") for trial in trials_of(plan))
    table = tabulate_codes(chain(chain.from_iterable(coded), not_run)).table
    folder.write_table("codes.parquet", table)


def _map_logs(
    code_log: Callable[[str], list[Codes]], logs: Sequence[str], workers: int
) -> Iterator[list[Codes]]:
    if workers == 1 or len(logs) < _LOGS_WORTH_A_POOL:
        yield from map(code_log, logs)
        return
    from gyges.trials import beginning_deaf

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        with beginning_deaf():
            coded = pool.map(code_log, logs)
        yield from coded


def _code_log(prices: Mapping[str, Price | None], log: str) -> list[Codes]:
    from gyges.coding import code_transcript
    from gyges.trials import read_transcripts

    codes = []
    for transcript in read_transcripts(log):
        tokens = transcript.input_tokens, transcript.output_tokens
        cost = cost_of(prices, transcript.trial.model, *tokens)
        codes.append(code_transcript(transcript.model_copy(update={"cost": cost})))
    return codes


def analyze_run(folder: RunFolder) -> dict[str, Any]:
    """Estimate and decide, from `codes.parquet`, into `results.json`."""
    from gyges.analysis import estimate_all, measure_claims
    from gyges.claims import decide
    from gyges.report import make_results

    lock = read_lock(folder)
    codes = folder.scan_table("codes.parquet")
    bases = {name: dict(each.base) for name, each in read_scenarios(folder, lock).items()}
    estimates = estimate_all(codes, bases=bases)
    findings = measure_claims(
        codes,
        lock.claims,
        scenario_results=estimates.scenarios,
        min_trials=lock.study.min_trials,
        bases=bases,
    )
    verdicts = decide(findings, lock.claims, min_trials=lock.study.min_trials)
    results = make_results(_describe_run(lock), estimates, verdicts)
    write_results(folder, results)
    return results


def report_run(folder: RunFolder) -> str:
    """Write `report.html` and `insights.md` from `results.json` and `codes.parquet`; give the page's path."""
    from gyges.report import pick_excerpts, write_note, write_page

    lock = read_lock(folder)
    results = read_results(folder)
    titles = {name: each.title for name, each in read_scenarios(folder, lock).items()}
    excerpts = pick_excerpts(folder.scan_table("codes.parquet"), lock.claims)
    page = write_page(results, excerpts, claims=lock.claims, scenario_titles=titles)
    folder.write("report.html", page.encode())
    folder.write("insights.md", write_note(results, lock.claims).encode())
    return folder.at("report.html")


def _describe_run(lock: Lock) -> dict[str, Any]:
    return {
        "study": lock.study.name,
        "description": lock.study.description,
        "seed": lock.study.seed,
        "gyges": lock.gyges,
        "inspect": lock.inspect,
        "registered_at": lock.registered_at,
        "study_hash": lock.study_hash,
        "claims_hash": lock.claims_hash,
        "design": [part.model_dump(mode="json") for part in lock.study.design],
        "simulated": [spec.name for spec in lock.study.models if spec.name.startswith(REFERENCE)],
    }


def _hash(*records: Any) -> str:
    text = json.dumps([each.model_dump(mode="json") for each in records], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def open_finished(url: str) -> Run:
    """Open a run to read its results and codes.

    Raises:
        RunError: It is no run folder.
    """
    return Run(open_run(url))


def resume_run(url: str, options: RunOptions | None = None) -> Run:
    """Carry on a run that stopped: run what is missing, then code, analyze and report again.

    Raises:
        RunError: It is no run folder.
        BudgetError: The budget was reached.
    """
    folder = open_run(url)
    check_models(read_lock(folder).study)
    return carry_on(folder, options or RunOptions())
