"""`gyges resume RUN`: carry on a run that stopped."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("resume")(resume)


def resume(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; the default is one a core.")] = None,
    budget: Annotated[float | None, typer.Option(min=0, help="Stop before this many US dollars.")] = None,
) -> None:
    """Carry on a run that stopped: only what is missing is run."""
    from gyges.cli._running import default_workers, finish_run
    from gyges.prepare import check_models
    from gyges.run_folder import open_run, read_lock
    from gyges.study import check_same_version

    folder = open_run(run)
    check_same_version(folder)
    check_models(read_lock(folder).study)
    finish_run(run.rstrip("/"), workers=workers or default_workers(), budget=budget)
