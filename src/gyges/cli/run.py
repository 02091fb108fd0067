"""`gyges run STUDY`: run a study from plan to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gyges.cli._options import (
    BUDGET_OPTION,
    CERTIFICATE_OPTION,
    LIBRARY_OPTION,
    MODEL_ARG_OPTION,
    MODEL_OPTION,
    NO_CERTIFICATE_OPTION,
    PRICES_OPTION,
    RAY_OPTION,
    SEED_OPTION,
    TRIALS_OPTION,
    WORKERS_OPTION,
    YES_OPTION,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")],
    model: Annotated[list[str] | None, MODEL_OPTION] = None,
    model_arg: Annotated[list[str] | None, MODEL_ARG_OPTION] = None,
    trials: Annotated[int | None, TRIALS_OPTION] = None,
    out: Annotated[str | None, typer.Option(help="The run folder: a local path or fsspec URL.")] = None,
    seed: Annotated[int | None, SEED_OPTION] = None,
    library: Annotated[list[Path] | None, LIBRARY_OPTION] = None,
    workers: Annotated[int | None, WORKERS_OPTION] = None,
    ray: Annotated[str | None, RAY_OPTION] = None,
    budget: Annotated[str | None, BUDGET_OPTION] = None,
    prices: Annotated[Path | None, PRICES_OPTION] = None,
    yes: Annotated[bool, YES_OPTION] = False,
    certificate: Annotated[int | None, CERTIFICATE_OPTION] = None,
    no_certificate: Annotated[bool, NO_CERTIFICATE_OPTION] = False,
) -> None:
    """Run a study from plan to report."""
    from dataclasses import replace

    from gyges.cli._choosing import confirm_cost, open_models, prepare_choice
    from gyges.cli._limits import settle_limits
    from gyges.cli._running import check_ray, default_workers, finish_run, on_ray, registering
    from gyges.run_folder import check_new_folder
    from gyges.study import begin_run, default_folder

    prepared = prepare_choice(
        study, models=model, model_args=model_arg, library=library, trials=trials, seed=seed
    )
    # Everything that can be refused is refused before a person is asked, or anything is written.
    limits = settle_limits(prepared.study, budget=budget, prices=prices)
    check_ray(ray)
    target = default_folder(prepared.study.name) if out is None else out
    check_new_folder(target)
    open_models(prepared, study, names_models=bool(model or model_arg))
    workers = workers or default_workers()
    with on_ray(ray, workers, target) as executor:
        confirm_cost(replace(prepared, study=limits.study), yes=yes)
        with registering(target):
            folder = begin_run(prepared, target)
        finish_run(
            folder.url,
            workers=workers,
            limits=limits,
            certificate=0 if no_certificate else certificate,
            executor=executor,
        )
