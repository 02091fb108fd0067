"""`gyges code RUN`: code the transcripts of a run again, from its logs."""

from __future__ import annotations

from typing import Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_error, say_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("code")(code)


def code(
    run: Annotated[str, typer.Argument(help="The run folder; or logs of `inspect eval`, or one log.")],
    out: Annotated[str | None, typer.Option(help="Run folder to take such logs into.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Code the transcripts of a run by the rules, into its codes.parquet."""
    from gyges.run_folder import RunFolder, open_run
    from gyges.study import Run, code_run

    if run.endswith(".eval") or not RunFolder(run.rstrip("/")).exists("study.lock.yaml"):
        from gyges.adopt import adopt_logs

        folder = adopt_logs(run, out=out).folder
        say_error(f"taken in as the run {folder.url}")
    else:
        folder = open_run(run)
        code_run(folder)
    counts = dict(Run(folder).codes["status"].value_counts(sort=True).iter_rows())
    if as_json:
        say_json(counts)
    else:
        say(", ".join(f"{n} {status}" for status, n in counts.items()))
