"""`gyges run STUDY`: run a study from plan to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")],
    model: Annotated[list[str] | None, typer.Option("--model", help="Model; repeat for several.")] = None,
    model_arg: Annotated[
        list[str] | None, typer.Option("-M", help="Argument for the models' provider, as name=value.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials for each model.")] = None,
    out: Annotated[str | None, typer.Option(help="The run folder: a local path or fsspec URL.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Root seed.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; the default is one a core.")] = None,
    budget: Annotated[float | None, typer.Option(min=0, help="Stop before this many US dollars.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before models are called.")] = False,
) -> None:
    """Run a study from plan to report."""
    from gyges.cli._choosing import choose_study, confirm_cost
    from gyges.cli._running import default_workers, finish_run
    from gyges.prepare import check_models, prepare_study
    from gyges.study import begin_run, default_folder

    chosen = choose_study(study, model or (), model_arg or (), trials=trials, seed=seed)
    prepared = prepare_study(chosen, base=Path(study).parent if Path(study).is_file() else None)
    check_models(prepared.study)
    confirm_cost(prepared, yes=yes)
    folder = begin_run(prepared, out or default_folder(chosen))
    finish_run(folder.url, workers=workers or default_workers(), budget=budget)
