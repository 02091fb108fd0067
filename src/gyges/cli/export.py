"""`gyges export RUN --format csv|parquet`: the codes for other programs."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json
from gyges.errors import InputError, RunError

if TYPE_CHECKING:
    import polars as pl

STDOUT = "-"


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
    out: Annotated[
        str | None, typer.Option(help="The file to write, - for standard output; none: codes.<format> here.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "--overwrite", help="Replace a file that is there already.")
    ] = False,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Write the codes of a run, one row a trial; lists become text in CSV."""
    from gyges.run_folder import open_run
    from gyges.study import Run

    target = f"codes.{kind}" if out is None else out
    if target == STDOUT:
        if as_json:
            raise InputError("--json says which file was written; it does not go with --out -.")
        if kind is Format.PARQUET and sys.stdout.isatty():
            raise InputError("Parquet is not for a terminal; send it to a file or another program.")
    elif not target or Path(target).is_dir():
        raise RunError(f"--out '{target}': name a file, or - for standard output.")
    elif Path(target).is_file() and not force:
        raise RunError(f"{target}: is there already; replace it with --force, or name another with --out.")
    table = Run(open_run(run)).codes
    content = _encode(table, kind)
    if target == STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _write(Path(target), content)
    if as_json:
        say_json({"file": target, "rows": table.height})
    else:
        say(target)


def _encode(table: pl.DataFrame, kind: Format) -> bytes:
    import polars as pl

    buffer = io.BytesIO()
    if kind is Format.PARQUET:
        table.write_parquet(buffer)
    else:
        table.with_columns(
            pl.col("acts", "open_acts", "open_tactics").list.join(" "),
            pl.col("evidence").list.eval(pl.element().struct.field("quote")).list.join(" | "),
            *_say_answers(table),
        ).write_csv(buffer)
    return buffer.getvalue()


def _say_answers(table: pl.DataFrame) -> list[pl.Expr]:
    """Say what each coder answered to each question in words, where somebody was asked."""
    import polars as pl

    if "codes" not in table.columns:
        return []
    each = pl.element().struct
    value = pl.coalesce(each.field("value"), each.field("status"))
    about = pl.concat_str(each.field("item"), each.field("act"), separator=" ").str.strip_chars()
    return [
        pl.col("codes")
        .list.eval(pl.format("{}: {} ({})", about, value, each.field("coder")))
        .list.join(" | ")
    ]


def _write(target: Path, content: bytes) -> None:
    """Write a file whole or not at all; what is no plain file, such as a pipe, is written into."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    is_plain = target.is_file() or not target.exists()
    try:
        if is_plain:
            draft.write_bytes(content)
            draft.replace(target)
        else:
            target.write_bytes(content)
    except OSError as problem:
        raise RunError(f"{target}: cannot be written ({problem.strerror or problem}).") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
