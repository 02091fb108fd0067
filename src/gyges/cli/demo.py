"""`gyges demo`: the whole way on the simulated reference agent, without a key and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gyges.cli._options import WORKERS_OPTION

OUT = "runs/demo"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    workers: Annotated[int | None, WORKERS_OPTION] = None,
    out: Annotated[str, typer.Option(help="The run folder; an older demo in it is replaced.")] = OUT,
) -> None:
    """Run the whole study on the simulated reference agent: no key, no network."""
    from gyges.cli._limits import settle_limits
    from gyges.cli._running import default_workers, finish_run, registering
    from gyges.design import load_study
    from gyges.prepare import prepare_study
    from gyges.study import begin_run

    prepared = prepare_study(load_study("demo"))
    with registering(out):
        if out:
            _clear(Path(out))
        folder = begin_run(prepared, out)
    limits = settle_limits(prepared.study, budget=None, prices=None)
    finish_run(folder.url, workers=workers or default_workers(), limits=limits)


def _clear(folder: Path) -> None:
    """Remove an older demo, and nothing that is not one."""
    import shutil

    from gyges.errors import RunError
    from gyges.run_folder import RunFolder, read_lock

    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or not (folder / "study.lock.yaml").exists():
        raise RunError(f"{folder}: is there already and is no run folder; name another with --out.")
    name = read_lock(RunFolder(str(folder))).study.name
    if name != "demo":
        raise RunError(f"{folder}: holds a run of the study '{name}'; name another folder with --out.")
    shutil.rmtree(folder)
