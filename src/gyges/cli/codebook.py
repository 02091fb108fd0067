"""`gyges codebook [list|show ID|check PATH]`: the questions asked of each transcript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json, say_table
from gyges.errors import InputError

if TYPE_CHECKING:
    from gyges.records.codebook import Item

app = typer.Typer(
    help="List, show and check the questions asked of each transcript.",
    rich_markup_mode=None,
    no_args_is_help=False,
)

CODEBOOK_OPTION = typer.Option(
    "--codebook", help="Folder with items of one's own; may be given several times."
)


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.add_typer(app, name="codebook")


@app.callback(invoke_without_command=True)
def _default(context: typer.Context, as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    if context.invoked_subcommand is None:
        list_items(as_json=as_json)
    elif as_json:
        raise InputError(f"options go behind the word '{context.invoked_subcommand}'.")


@app.command("list")
def list_items(
    codebook: Annotated[list[Path] | None, CODEBOOK_OPTION] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """List the questions: the shipped ones, and those of one's own folders."""
    from gyges.coding import load_codebook

    items = load_codebook(codebook or ())
    if as_json:
        say_json([each.model_dump(mode="json") for each in items])
        return
    say_table(
        ("id", "about", "answer", "claims", "question"),
        [(each.id, _say_about(each), each.answer, " ".join(each.claims), each.question) for each in items],
    )


@app.command("show")
def show_item(
    item: Annotated[str, typer.Argument(help="Id of the question.")],
    codebook: Annotated[list[Path] | None, CODEBOOK_OPTION] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Show one question with its answers, what counts and what does not, and its guidance."""
    from gyges.coding import load_codebook

    items = {each.id: each for each in load_codebook(codebook or ())}
    if item not in items:
        raise InputError(f"the codebook has no item '{item}'. It has {', '.join(items)}.")
    shown = items[item].model_dump(mode="json")
    if as_json:
        say_json(shown)
        return
    for field, value in shown.items():
        if isinstance(value, dict | list) and value and field not in ("claims", "scale"):
            say(f"{field}:")
            rows = [f"{name}: {said}" for name, said in value.items()] if isinstance(value, dict) else value
            for row in rows:
                say(f"  - {row}")
        elif field == "guidance":
            say(f"\n{value}")
        elif value not in ("", [], {}, None):
            say(f"{field}: {' '.join(map(str, value)) if isinstance(value, list) else value}")


@app.command("check")
def check_items(
    path: Annotated[Path, typer.Argument(help="An item, or a folder with one Markdown file an item.")],
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Check an item, or a folder of them; what is wrong is said with file, line and field."""
    from gyges.coding import load_codebook, load_item

    shipped = {each.id for each in load_codebook()}
    items = [load_item(path)] if path.is_file() else list(load_codebook([path], shipped=False))
    rows = [
        {"id": each.id, "about": _say_about(each), "answer": each.answer, "replaces": each.id in shipped}
        for each in items
    ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['id']}: fine{', and replaces the shipped item of that id' if row['replaces'] else ''}")


def _say_about(item: Item) -> str:
    return "afterwards" if item.part == "afterwards" else item.unit
