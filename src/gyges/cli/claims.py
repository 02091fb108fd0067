"""`gyges claims [list|show ID]`: the registered claims."""

from __future__ import annotations

from typing import Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json, say_table
from gyges.errors import InputError

app = typer.Typer(help="List and show the registered claims.", rich_markup_mode=None, no_args_is_help=False)


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.add_typer(app, name="claims")


@app.callback(invoke_without_command=True)
def _default(context: typer.Context, as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    if context.invoked_subcommand is None:
        list_claims(as_json=as_json)
    elif as_json:
        raise InputError(f"options go behind the word '{context.invoked_subcommand}'.")


@app.command("list")
def list_claims(as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    """List the claims."""
    from gyges.claims import load_claims

    claims = load_claims()
    if as_json:
        say_json([each.model_dump(mode="json") for each in claims])
        return
    say_table(
        ("id", "kind", "sesoi", "statement"),
        [
            (
                each.id,
                each.kind,
                each.sesoi,
                each.statement,
            )
            for each in claims
        ],
    )
    say()
    say("kind: what is compared. sesoi: the smallest effect of interest, as a difference of rates or shares,")
    say("in rungs of the ladder for slope, as odds for trade-odds, order and hierarchy,")
    say("as a share of log loss for prediction; –: none")


@app.command("show")
def show_claim(
    claim: Annotated[str, typer.Argument(help="Id of the claim.")],
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Show one claim with its estimand, and the shipped scenarios that carry it."""
    from gyges.claims import find_claims
    from gyges.estimands import find_carriers
    from gyges.scenarios import load_library

    (found,) = find_claims((claim,))
    shown = found.model_dump(mode="json") | {"scenarios": list(find_carriers(found, load_library()))}
    if as_json:
        say_json(shown)
        return
    for field, value in shown.items():
        if field == "scenarios":
            say(f"scenarios: {', '.join(value) or 'none of the shipped ones carries it'}")
        elif value not in ("", [], {}, None, 0):
            say(f"{field}: {value}")
