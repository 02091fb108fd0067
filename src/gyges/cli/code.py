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
    judge: Annotated[list[str] | None, typer.Option("--judge", help="Not part of this version.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Code the transcripts of a run by the rules, into its codes.parquet."""
    from gyges.errors import InputError
    from gyges.run_folder import is_run, open_run
    from gyges.study import Run, code_run

    if judge:
        raise InputError(
            f"judges are not part of this version, so '{judge[0]}' cannot code; without --judge the rules do."
        )
    if run.endswith(".eval") or not is_run(run):
        from gyges.adopt import adopt_logs

        folder = adopt_logs(run, out=out).folder
        say_error(f"taken in as the run {folder.url}")
    elif out is not None:
        raise InputError(f"{run}: is a run already, and keeps its codes itself; --out is for other logs.")
    else:
        folder = open_run(run)
        code_run(folder)
    counts = dict(Run(folder).codes["status"].value_counts(sort=True).iter_rows())
    if as_json:
        say_json(counts)
    else:
        say(", ".join(f"{n} {status}" for status, n in counts.items()))
