"""`gyges plan STUDY`: what would be run, and what it could show, before a model is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gyges.cli._output import JSON_OPTION, say_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan")(plan)


def plan(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")],
    model: Annotated[list[str] | None, typer.Option("--model", help="Model; repeat for several.")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials for each model.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Root seed.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Print cells, trials, what is aliased, detectable effects, tokens and cost."""
    from gyges.cli._choosing import choose_study
    from gyges.cli._planning import say_summary, summarize
    from gyges.prepare import prepare_study

    chosen = choose_study(study, model or (), (), trials=trials, seed=seed)
    prepared = prepare_study(chosen, base=Path(study).parent if Path(study).is_file() else None)
    summary = summarize(prepared)
    if as_json:
        from dataclasses import asdict

        say_json(asdict(summary))
    else:
        say_summary(summary)
