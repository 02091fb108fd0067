"""`gyges code RUN`: code the transcripts of a run again, from its logs."""

from __future__ import annotations

from typing import Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("code")(code)


def code(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    judge: Annotated[list[str] | None, typer.Option("--judge", help="Not part of this version.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Code the transcripts of a run by the rules, into its codes.parquet."""
    from gyges.errors import InputError
    from gyges.run_folder import open_run
    from gyges.study import Run, code_run

    if judge:
        raise InputError(
            f"judges are not part of this version, so '{judge[0]}' cannot code; without --judge the rules do."
        )
    folder = open_run(run)
    code_run(folder)
    counts = dict(Run(folder).codes["status"].value_counts(sort=True).iter_rows())
    if as_json:
        say_json(counts)
    else:
        say(", ".join(f"{n} {status}" for status, n in counts.items()))
