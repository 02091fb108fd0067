"""`gyges plan STUDY`: what would be run, and what it could show, before a model is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gyges.cli._output import JSON_OPTION, say_json

if TYPE_CHECKING:
    from gyges.design import PlanSummary
    from gyges.prepare import Prepared

_SAMPLED = 12
"""Trials rendered of each protocol to estimate tokens."""


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
    from gyges.cli._planning import say_summary
    from gyges.prepare import prepare_study

    chosen = choose_study(study, model or (), (), trials=trials, seed=seed)
    prepared = prepare_study(chosen, base=Path(study).parent if Path(study).is_file() else None)
    summary = summarize(prepared)
    if as_json:
        from dataclasses import asdict

        say_json(asdict(summary))
    else:
        say_summary(summary)


def summarize(prepared: Prepared) -> PlanSummary:
    """Describe a plan, with tokens estimated from some of its rendered trials."""
    from gyges.design import TokenEstimate, describe_plan, trials_of
    from gyges.study import stage_trial
    from gyges.trials import estimate_tokens

    sampled: dict[str, list[Any]] = {}
    for trial in trials_of(prepared.plan):
        rows = sampled.setdefault(f"{trial.protocol} {trial.scenario}", [])
        if len(rows) < _SAMPLED:
            rows.append((trial, stage_trial(prepared.scenarios, trial)))
    tokens = estimate_tokens(row for rows in sampled.values() for row in rows)
    return describe_plan(
        prepared.plan,
        prepared.study,
        scenarios=prepared.scenarios,
        claims=prepared.claims,
        tokens={name: TokenEstimate(round(each[0]), round(each[1])) for name, each in tokens.items()},
    )
