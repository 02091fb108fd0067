"""Inspect logs of Gyges' tasks that no run of ours made, taken in as a run: `inspect eval gyges/core`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gyges.analyzing import analyze_run, report_run
from gyges.errors import RunError
from gyges.prepare import Prepared
from gyges.reaching import read_file
from gyges.records.plan import Trial
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.run_folder import RunFolder, check_new_folder, create_run
from gyges.study import Run, code_run, default_folder, make_lock

NAME = "adopted"
"""Name of the study that such a run has."""


def adopt_logs(source: str, *, out: str | None = None) -> Run:
    """Take Inspect logs of Gyges' tasks in as a run, coded, analyzed and reported.

    What they hold was registered by nobody before its first trial, and the report says so.

    Args:
        source: A log, or a folder of logs (local path or fsspec URL); they are copied and stay as they are.
        out: The run folder; none: `runs/adopted-<time>`.

    Raises:
        RunError: There is no log, one cannot be read, none holds a trial of Gyges, or the folder is not new.
    """
    target = default_folder(NAME) if out is None else out
    check_new_folder(target)
    logs = _find_logs(source)
    trials, names = _read_trials(logs)
    if not trials:
        raise RunError(f"{source}: its logs hold no trial of Gyges.")
    prepared = _prepare(trials, names)
    folder = create_run(
        target,
        make_lock(prepared, registered=False),
        prepared.scenarios,
        batteries=prepared.batteries,
    )
    folder.write_table("plan.parquet", prepared.plan.table)
    for log in logs:
        _copy(log, folder)
    code_run(folder)
    analyze_run(folder)
    report_run(folder)
    return Run(folder)


def _find_logs(source: str) -> list[str]:
    from gyges.trials import list_logs

    if source.endswith(".eval"):
        return [source]
    if "://" not in source and not Path(source).is_dir():
        raise RunError(f"{source}: no such folder or log.")
    logs = list_logs(source)
    if not logs:
        raise RunError(f"{source}: is no run folder, and holds no Inspect log (*.eval).")
    return logs


def _read_trials(logs: Sequence[str]) -> tuple[list[Trial], dict[str, str]]:
    """Read the trials, and the Inspect name of what their `model` calls each model."""
    from gyges.trials import read_model, read_transcripts

    trials: list[Trial] = []
    names: dict[str, str] = {}
    for log in logs:
        mine = [transcript.trial for transcript in read_transcripts(log)]
        names.update(dict.fromkeys((trial.model for trial in mine), read_model(log)))
        trials += mine
    return trials, names


def _prepare(trials: Sequence[Trial], called: Mapping[str, str]) -> Prepared:
    from gyges.claims import find_claims
    from gyges.design import plan_from_trials
    from gyges.scenarios import find_scenario, load_batteries, load_library

    plan = plan_from_trials(trials)
    library, batteries = load_library(), load_batteries()
    names = sorted({trial.scenario for trial in trials})
    models = sorted({trial.model for trial in trials})
    parts = sorted({(trial.design, trial.protocol) for trial in trials})
    study = Study(
        name=NAME,
        description="Inspect logs taken in as they are; nothing was registered before their first trial.",
        models=tuple(
            ModelSpec(name=called[each], label=None if called[each] == each else each) for each in models
        ),
        scenarios=tuple(names),
        trials=max(1, plan.table.height // len(models)),
        design=tuple(
            DesignPart(kind=kind, protocol=protocol, share=1 / len(parts)) for kind, protocol in parts
        ),
    )
    scenarios = {name: find_scenario(name, library) for name in names if name not in batteries}
    met = {name: batteries[name] for name in names if name in batteries}
    return Prepared(study, scenarios, find_claims(study.claims), plan, met)


def _copy(log: str, folder: RunFolder) -> None:
    folder.write(f"logs/{log.rsplit('/', 1)[-1]}", read_file(log))
