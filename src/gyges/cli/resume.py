"""`gyges resume RUN`: carry on a run that stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gyges.cli._options import (
    BUDGET_OPTION,
    CERTIFICATE_OPTION,
    NO_CERTIFICATE_OPTION,
    PRICES_OPTION,
    RAY_OPTION,
    WORKERS_OPTION,
    YES_OPTION,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resume")(resume)


def resume(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    workers: Annotated[int | None, WORKERS_OPTION] = None,
    ray: Annotated[str | None, RAY_OPTION] = None,
    budget: Annotated[str | None, BUDGET_OPTION] = None,
    prices: Annotated[Path | None, PRICES_OPTION] = None,
    certificate: Annotated[int | None, CERTIFICATE_OPTION] = None,
    no_certificate: Annotated[bool, NO_CERTIFICATE_OPTION] = False,
    yes: Annotated[bool, YES_OPTION] = False,
) -> None:
    """Carry on a run that stopped: only what is missing is run."""
    from dataclasses import replace

    from gyges.cli._choosing import confirm_cost
    from gyges.cli._limits import settle_limits
    from gyges.cli._running import check_ray, default_workers, finish_run, on_ray, prepare_rest
    from gyges.holding import hold_run
    from gyges.prepare import check_models
    from gyges.run_folder import open_run
    from gyges.study import check_same_version

    folder = open_run(run)
    check_same_version(folder)
    check_ray(ray)
    # Held before anything is asked or mended, so that a second one is refused at once.
    with hold_run(folder):
        rest = prepare_rest(folder)
        limits = settle_limits(rest.study, budget=budget, prices=prices, folder=folder)
        rest = replace(rest, study=limits.study)
        if not rest.plan.table.is_empty():
            check_models(rest.study)
        workers = workers or default_workers()
        with on_ray(ray, workers, folder.url) as executor:
            confirm_cost(rest, yes=yes)
            finish_run(
                folder.url,
                workers=workers,
                limits=limits,
                certificate=0 if no_certificate else certificate,
                executor=executor,
            )
