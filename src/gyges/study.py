"""The pipeline, in the order it runs: design, trials, coding, analysis, claims, report.

Each step reads the artifact before it from the run folder and writes its own, so any step can be done
again alone. Heavy parts are imported by the step that needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from gyges.analyzing import analyze_run, report_run
from gyges.errors import BudgetError, LogError, RunError
from gyges.gathering import CodedLog, code_log, gather_codes
from gyges.holding import check_held, hold_run
from gyges.judging import JudgeOptions, check_judges, judge_cases, lay_out_judged, load_questions, sum_spent
from gyges.prepare import Prepared, check_models, prepare_study
from gyges.pricing import prices_of, read_priced
from gyges.records.study import Study
from gyges.registration import hash_plan, hash_records
from gyges.run_folder import (
    FORMAT,
    Lock,
    RunFolder,
    create_run,
    open_run,
    read_lock,
    read_results,
    write_codebook,
    write_coding,
)
from gyges.running import RunOptions, recover_logs, run_trials
from gyges.tables import open_codes, read_plan
from gyges.watching import Watch

if TYPE_CHECKING:
    import polars as pl


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
        return open_codes(self.folder).collect()

    @property
    def plan(self) -> pl.DataFrame:
        """Read the plan, one row a trial."""
        return read_plan(self.folder).table


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
    check_models(prepared.study)
    folder = begin_run(prepared, default_folder(study.name) if out is None else out)
    return carry_on(folder, options or RunOptions())


def default_folder(study: str) -> str:
    """Name a new run folder after the study and the time."""
    return f"runs/{study}-{datetime.now(UTC):%Y%m%dT%H%M%S}"


def begin_run(prepared: Prepared, out: str) -> RunFolder:
    """Write the lock, the scenarios and the plan: from here on the study is registered."""
    folder = create_run(out, make_lock(prepared), prepared.scenarios, batteries=prepared.batteries)
    folder.write_table("plan.parquet", prepared.plan.table)
    if prepared.codebook:
        write_codebook(folder, prepared.codebook)
    return folder


def make_lock(prepared: Prepared, *, registered: bool = True) -> Lock:
    """Fix a study as it is to be run.

    Args:
        prepared: The study with everything it names.
        registered: Whether this is before its first trial.
    """
    return Lock(
        format=FORMAT,
        gyges=version("gyges"),
        inspect=version("inspect-ai"),
        registered_at=datetime.now(UTC).isoformat(timespec="seconds"),
        registered=registered,
        study_hash=hash_records(prepared.study),
        claims_hash=hash_records(*prepared.claims),
        plan_hash=hash_plan(prepared.plan),
        scenario_hashes={name: hash_records(each) for name, each in sorted(prepared.scenarios.items())},
        battery_hashes={name: hash_records(each) for name, each in sorted(prepared.batteries.items())},
        n_trials=prepared.plan.table.height,
        study=prepared.study,
        claims=prepared.claims,
    )


def carry_on(folder: RunFolder, options: RunOptions) -> Run:
    """Run what is missing of a run, then code, analyze and report it.

    Raises:
        BudgetError: The budget was reached.
        RunError: Another process runs it.
    """
    with hold_run(folder), Watch(folder, options.on_progress) as watch:
        return _carry_on(folder, options, watch)


def _carry_on(
    folder: RunFolder, options: RunOptions, watch: Watch, mended: frozenset[str] = frozenset()
) -> Run:
    problem = _try_within_budget(partial(run_trials, folder, options, watch))
    study = read_lock(folder).study
    # A run that has spent its budget asks nobody anything more.
    judging = None if problem else JudgeOptions(judges=study.judges, keeps_budget=True, watch=watch)
    if problem and not _is_to_be_coded(folder):
        raise problem
    code = partial(code_run, folder, workers=options.workers, judging=judging)
    watch.enter("coding")
    check_held(folder)
    try:
        spent = _try_within_budget(code)
    except LogError as damaged:
        if damaged.log in mended:
            raise
        # Its list of trials was whole, so nothing has noticed until its trials were read.
        recover_logs(folder, [damaged.log])
        watch.enter("trials")
        return _carry_on(folder, options, watch, mended=mended | {damaged.log})
    watch.enter("analysis")
    check_held(folder)
    analyze_run(folder, certificate=options.certificate)
    check_held(folder)
    report_run(folder)
    if problem := problem or spent:
        raise problem
    return Run(folder)


def _is_to_be_coded(folder: RunFolder) -> bool:
    """Say whether coding can add anything: there are logs, or nothing was ever coded."""
    from gyges.trials import list_logs

    return bool(list_logs(folder.logs)) or not folder.exists("codes.parquet")


def _try_within_budget(do: Callable[[], None]) -> BudgetError | None:
    try:
        do()
    except BudgetError as reached:
        return reached
    return None


def code_run(folder: RunFolder, *, workers: int = 1, judging: JudgeOptions | None = None) -> None:
    """Code the transcripts of a run's logs into `codes.parquet`; a trial without one is `failed: not run`.

    The rules code first; then the judges are asked, if there are any. What judges answered before stays.
    Trials that the plan does not hold as they stand in a log are left out.

    Raises:
        RunError: A log cannot be read, or there is none.
        BudgetError: The run's budget does not allow to ask the judges; the rules have coded.
    """
    from gyges.coding import make_questions
    from gyges.trials import list_logs

    logs = list_logs(folder.logs)
    if not logs and folder.exists("codes.parquet"):
        raise RunError(f"{folder.url}: has no logs to code; its codes stay as they are.")
    study = read_priced(folder, read_lock(folder))
    judges = judging.judges if judging else ()
    check_judges(judges)
    items = load_questions(folder, judging.codebook if judging else ())
    is_judged = bool(judges) or folder.exists("scans")
    asks_acts = any(item.unit == "act" for item in items) if is_judged else None
    coded = _map_logs(partial(code_log, prices_of(study), asks_acts), logs, workers)
    table, kept, n_foreign, used = gather_codes(read_plan(folder), coded)
    consensus = (judging.consensus if judging else None) or study.consensus
    note = partial(write_coding, folder, foreign_trials=n_foreign, consensus=consensus)
    note(spent=sum_spent(folder, study, used))
    folder.write_table("codes.parquet", lay_out_judged(folder, kept, table, judges))
    if judging and judges:
        cases = [each.case for each in kept if each.case]
        has_afterwards = any(case.shown.has_afterwards for case in cases)
        judge_cases(folder, make_questions(items, has_afterwards=has_afterwards), cases, logs, judging)
        note(spent=sum_spent(folder, study, used))
        folder.write_table("codes.parquet", lay_out_judged(folder, kept, table, judges))


def _map_logs(work: Callable[[str], CodedLog], logs: Sequence[str], workers: int) -> Iterator[CodedLog]:
    if workers == 1 or len(logs) < _LOGS_WORTH_A_POOL:
        yield from map(work, logs)
        return
    from gyges.trials import beginning_deaf, leave_with_parent

    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=leave_with_parent) as pool:
        with beginning_deaf():
            coded = pool.map(work, logs)
        yield from coded


def open_finished(url: str) -> Run:
    """Open a run to read its results and codes.

    Raises:
        RunError: It is no run folder.
    """
    return Run(open_run(url))


def check_same_version(folder: RunFolder) -> None:
    """Refuse to carry on what another version began: one run, one instrument.

    Raises:
        RunError: Another version of Gyges began the run.
    """
    begun = read_lock(folder).gyges
    if begun != version("gyges"):
        raise RunError(
            f"{folder.url}: was begun by Gyges {begun}, and this is {version('gyges')}; carry it on with the"
            " version that began it."
        )


def resume_run(url: str, options: RunOptions | None = None) -> Run:
    """Carry on a run that stopped: run what is missing, then code, analyze and report again.

    Raises:
        RunError: It is no run folder.
        BudgetError: The budget was reached.
    """
    folder = open_run(url)
    check_same_version(folder)
    check_models(read_lock(folder).study)
    return carry_on(folder, options or RunOptions())
