"""The study a person asks for, with what they change on the command line."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gyges.cli._output import is_interactive, say_error
from gyges.errors import InputError
from gyges.records.reading import naming_file, parse_yaml
from gyges.records.study import ModelSpec, Study, name_model

if TYPE_CHECKING:
    from gyges.prepare import Prepared


def prepare_choice(
    name: str,
    *,
    models: Sequence[str] | None,
    model_args: Sequence[str] | None,
    library: Sequence[Path] | None = None,
    **changes: int | None,
) -> Prepared:
    """Load a study, apply what the command line changes, and resolve it.

    Whatever is wrong with it is said with the study file and the line, where there is a file.

    Args:
        name: A study file, or the name of a shipped study.
        models: Models instead of the study's; none: those it names.
        model_args: Arguments for every model, each as name=value.
        library: Folders with scenarios, besides the study's.
        changes: Other fields of the study, such as trials and seed; none: as the study says.
    """
    from gyges.design import find_study_file, load_study
    from gyges.prepare import check_model_names, override_study, prepare_study

    study, file = load_study(name), find_study_file(name)
    folders = tuple(str(each.absolute()) for each in library or ())
    chosen = override_study(
        study,
        models=_choose_models(study, models or (), dict(map(_split, model_args or ()))),
        library=(*study.library, *folders) if folders else None,
        **changes,
    )
    with _naming(file, names_models=bool(models or model_args)):
        prepared = prepare_study(chosen, base=file.parent if file else None)
        check_model_names(prepared.study)
    return prepared


@contextmanager
def _naming(file: Path | None, *, names_models: bool) -> Iterator[None]:
    """Name the study file in errors; not where they are about models that come from the command line."""
    try:
        yield
    except InputError as problem:
        is_elsewhere = names_models and problem.place[:1] == ("models",)
        with naming_file(None if is_elsewhere else file):
            raise


def _choose_models(study: Study, models: Sequence[str], args: dict[str, Any]) -> list[ModelSpec]:
    if not models and not args:
        return []
    chosen = [spec for each in models for spec in _find_models(study, each)] if models else study.models
    return [spec.model_copy(update={"args": spec.args | args}) for spec in chosen]


def _find_models(study: Study, name: str) -> list[ModelSpec]:
    """Find a model by what the study calls it, else all of its models of that name, else a new one."""
    called = [spec for spec in study.models if name_model(spec) == name]
    return called or [spec for spec in study.models if spec.name == name] or [ModelSpec(name=name)]


def _split(argument: str) -> tuple[str, Any]:
    name, sign, text = argument.partition("=")
    if not sign or not name:
        raise InputError(f"-M {argument}: expected name=value.")
    try:
        value, _ = parse_yaml(text, name="-M")
    except InputError:
        value = text
    return name, value


def open_models(prepared: Prepared, name: str, *, names_models: bool) -> None:
    """Open every model once, so that a missing key is known before anything is written."""
    from gyges.design import find_study_file
    from gyges.prepare import check_models

    with _naming(find_study_file(name), names_models=names_models):
        check_models(prepared.study)


def confirm_cost(prepared: Prepared, *, yes: bool) -> None:
    """Ask before real models are called; without a person at the keyboard, `--yes` must say so."""
    from gyges.cli._planning import summarize

    real = _list_real_models(prepared)
    if not real or yes:
        return
    costs = [each.cost for each in summarize(prepared).costs]
    known = [each for each in costs if each is not None]
    price = f"about {sum(known):.2f} US dollars"
    if len(known) < len(costs):
        price = "at a cost that is not known (no table of prices has the model)"
    elif prepared.study.stakeholder:
        price += ", not counting the model that plays the people"
    question = f"{prepared.plan.table.height} trials on {', '.join(real)}, {price}."
    if not is_interactive():
        raise InputError(f"{question} Say --yes to run them.")
    say_error(question)
    # A prompt leaves the terminal as it was only if it hears of Ctrl-C itself.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    if not typer.confirm("Run them?", err=True):
        raise typer.Exit(1)
    signal.signal(signal.SIGINT, handler)


def _list_real_models(prepared: Prepared) -> list[str]:
    """Name the models that cost something, of those that have trials in the plan."""
    planned = {*prepared.plan.table["model"].unique()}
    names = [spec.name for spec in prepared.study.models if name_model(spec) in planned]
    people = prepared.study.stakeholder
    if people and names:
        names.append(people.name)
    return [name for name in dict.fromkeys(names) if not name.startswith("gyges/")]
