"""`gyges label RUN`: people answer the codebook's questions about transcripts, in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_error, say_json, say_table
from gyges.errors import InputError

if TYPE_CHECKING:
    from gyges.labelling import Need
    from gyges.labels import Draw, Wanted
    from gyges.records.codebook import Item
    from gyges.run_folder import RunFolder


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("label")(label)


def label(
    run: Annotated[str, typer.Argument(help="The run folder, on this machine.")],
    labeller: Annotated[str, typer.Option(help="Who is labelling; none: the page asks.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0: any.")] = 0,
    n: Annotated[int | None, typer.Option("--n", min=1, max=1_000_000, help="Labels a question.")] = None,
    width: Annotated[
        float | None, typer.Option(min=0.001, max=1, help="As many labels as give a 95 % interval this wide.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(help="Factor whose levels are compared; repeat.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="Question of the codebook; repeat.")] = None,
    codebook: Annotated[list[Path] | None, typer.Option(help="Folder with your own questions.")] = None,
    source: Annotated[Path | None, typer.Option("--import", help="Take labels in from a CSV file.")] = None,
    target: Annotated[
        str | None, typer.Option("--export", help="Write labels: .csv, or .json for Inspect Scout; - is CSV.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Label transcripts in the browser; every answer is on the disk before it counts."""
    from gyges.labels import Wanted, choose_questions, open_local

    if n is not None and width is not None:
        raise InputError("--n and --width both say how many labels; give one of them.")
    folder = open_local(run)
    items = choose_questions(folder, codebook or ())
    if source is not None:
        _import(folder, source, items, as_json=as_json)
    if target is not None:
        _export(folder, target, force=force, as_json=as_json)
    if source is None and target is None:
        wanted = Wanted(n, width, tuple(by or ()), tuple(item or ()))
        _serve(folder, items, wanted, port=port, labeller=labeller, show=show, as_json=as_json)


def _import(folder: RunFolder, source: Path, items: Sequence[Item], *, as_json: bool) -> None:
    from gyges.labels import import_labels

    new, known = import_labels(folder, source, items)
    if as_json:
        say_json({"new": new, "there_already": known})
    else:
        say(f"{new} labels taken in, {known} were there already")


def _export(folder: RunFolder, target: str, *, force: bool, as_json: bool) -> None:
    from gyges.labels import export_csv, export_validation_set

    kinds = {".csv": export_csv, ".json": export_validation_set}
    ending = ".csv" if target == "-" else Path(target).suffix
    if ending not in kinds:
        raise InputError(
            f"--export '{target}': name a file that ends in .csv, or in .json for Inspect Scout."
        )
    if target != "-" and Path(target).exists() and not force:
        raise InputError(f"{target}: is there already; replace it with --force, or name another.")
    content, n = kinds[ending](folder)
    if target == "-":
        typer.echo(content, nl=False)
        return
    from gyges.storage import replace_file

    replace_file(Path(target), content.encode())
    if as_json:
        say_json({"file": target, "rows": n})
    else:
        say(target)


def _serve(
    folder: RunFolder,
    items: Sequence[Item],
    wanted: Wanted,
    *,
    port: int,
    labeller: str,
    show: bool,
    as_json: bool,
) -> None:
    from gyges.labelling import check_name, serve
    from gyges.labels import begin_sitting, draw_labels, write_labels

    name = check_name(labeller) if labeller else ""
    draws = draw_labels(folder, items, wanted)
    sitting = begin_sitting(folder, items, draws)
    _say_draws(draws, n_transcripts=len(sitting.sheets), width=wanted.width, as_json=as_json)

    def announce(address: str) -> None:
        typer.echo(f"label at {address} (Ctrl-C ends it)", err=as_json)
        if show:
            import webbrowser

            webbrowser.open(address)

    try:
        serve(sitting, port=port, labeller=name, say=announce)
    finally:
        n = write_labels(folder)
    say_error(f"{n} labels stand in {folder.at('labels.parquet')}")


def _say_draws(draws: Sequence[Draw], *, n_transcripts: int, width: float | None, as_json: bool) -> None:
    rows = [_describe(draw) for draw in draws]
    if as_json:
        say_json({"transcripts": n_transcripts, "questions": rows})
        return
    say_table(
        ("question", "labels", "arms", "half from"),
        ((row["question"], row["labels"], row["arms"], row["by"]) for row in rows),
    )
    say(f"{sum(len(draw.tasks) for draw in draws)} labels on {n_transcripts} transcripts")
    for draw in draws:
        for arm, need in sorted((draw.needs or {}).items()):
            _say_need(draw.pool.item.id, arm, need, width or 1.0)


def _say_need(question: str, arm: Sequence[str], need: Need, wanted: float) -> None:
    if need.width <= wanted:
        said = f"{need.n} labels for an interval {need.width:.3f} wide"
    else:
        # No more labels help where the trials themselves are too few.
        said = f"all {need.n} trials, which allow no interval narrower than {min(1.0, need.width):.3f}"
    say(f"{question}, {' · '.join(arm)}: {said}")


def _describe(draw: Draw) -> dict[str, object]:
    needs = [
        {"arm": list(arm), "labels": need.n, "width": round(need.width, 4)}
        for arm, need in sorted((draw.needs or {}).items())
    ]
    by = "judges" if draw.pool.by_judges else "rules"
    return {
        "question": draw.pool.item.id,
        "labels": len(draw.tasks),
        "arms": len(draw.pool.arms),
        "by": by,
        "needs": needs,
    }
