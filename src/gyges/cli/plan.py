"""`gyges plan STUDY`: what would be run, and what it could show, before a model is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gyges.cli._options import (
    LIBRARY_OPTION,
    MODEL_ARG_OPTION,
    MODEL_OPTION,
    PRICES_OPTION,
    SEED_OPTION,
    TRIALS_OPTION,
)
from gyges.cli._output import JSON_OPTION, say_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan")(plan)


def plan(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")],
    model: Annotated[list[str] | None, MODEL_OPTION] = None,
    model_arg: Annotated[list[str] | None, MODEL_ARG_OPTION] = None,
    trials: Annotated[int | None, TRIALS_OPTION] = None,
    seed: Annotated[int | None, SEED_OPTION] = None,
    library: Annotated[list[Path] | None, LIBRARY_OPTION] = None,
    prices: Annotated[Path | None, PRICES_OPTION] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Print cells, trials, what is aliased, detectable effects, tokens and cost."""
    from dataclasses import replace

    from gyges.cli._choosing import prepare_choice
    from gyges.cli._limits import settle_limits
    from gyges.cli._planning import say_servers, say_summary, summarize

    prepared = prepare_choice(
        study, models=model, model_args=model_arg, library=library, trials=trials, seed=seed
    )
    limits = settle_limits(prepared.study, budget=None, prices=prices, shows_cost=True)
    summary = summarize(replace(prepared, study=limits.study))
    if as_json:
        from dataclasses import asdict

        say_json(asdict(summary))
    else:
        say_summary(summary)
        say_servers(prepared.study)
