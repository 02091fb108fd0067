"""The study a person asks for, with what they change on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from gyges.cli._output import is_interactive, say_error
from gyges.errors import InputError
from gyges.records.study import ModelSpec, Study

if TYPE_CHECKING:
    from gyges.prepare import Prepared


def choose_study(
    name: str,
    models: Sequence[str],
    model_args: Sequence[str],
    *,
    trials: int | None = None,
    seed: int | None = None,
) -> Study:
    """Load a study and apply what the command line changes."""
    from gyges.design import load_study
    from gyges.prepare import override_study

    study = load_study(name)
    args = dict(_split(each) for each in model_args)
    known = {spec.name: spec for spec in study.models}
    names = models or (list(known) if args else ())
    specs = [
        spec.model_copy(update={"args": spec.args | args})
        for spec in (known.get(each, ModelSpec(name=each)) for each in names)
    ]
    return override_study(study, models=specs, trials=trials, seed=seed)


def _split(argument: str) -> tuple[str, Any]:
    name, sign, value = argument.partition("=")
    if not sign or not name:
        raise InputError(f"-M {argument}: expected name=value.")
    return name, value


def confirm_cost(prepared: Prepared, *, yes: bool) -> None:
    """Ask before real models are called; without a person at the keyboard, `--yes` must say so."""
    from gyges.cli._planning import summarize

    real = [spec.name for spec in prepared.study.models if not spec.name.startswith("gyges/")]
    if not real or yes:
        return
    costs = [each.cost for each in summarize(prepared).costs]
    known = [each for each in costs if each is not None]
    price = f"about {sum(known):.2f} US dollars"
    if len(known) < len(costs):
        price = "at a cost that is not known (the study gives no price)"
    question = f"{prepared.plan.table.height} trials on {', '.join(real)}, {price}."
    if not is_interactive():
        raise InputError(f"{question} Say --yes to run them.")
    say_error(question)
    if not typer.confirm("Run them?", err=True):
        raise typer.Exit(0)
