"""`gyges export RUN --format csv|parquet`: the codes for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json


class Format(StrEnum):
    """A format other programs read."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    kind: Annotated[Format, typer.Option("--format", help="csv or parquet.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option(help="The file to write; none: codes.<format> here.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Write the codes of a run, one row a trial; lists become text in CSV."""
    import polars as pl

    from gyges.errors import RunError
    from gyges.run_folder import open_run
    from gyges.study import Run

    table = Run(open_run(run)).codes
    target = out or Path(f"codes.{kind}")
    try:
        if kind is Format.PARQUET:
            table.write_parquet(target)
        else:
            table.with_columns(
                pl.col("acts", "open_acts", "open_tactics").list.join(" "),
                pl.col("evidence").list.eval(pl.element().struct.field("quote")).list.join(" | "),
            ).write_csv(target)
    except OSError as problem:
        raise RunError(f"{target}: cannot be written ({problem.strerror or problem}).") from None
    if as_json:
        say_json({"file": str(target), "rows": table.height})
    else:
        say(str(target))
