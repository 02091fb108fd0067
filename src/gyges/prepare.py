"""A study made ready to run: checked, and resolved to its scenarios, claims and plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gyges.errors import InputError, StudyError
from gyges.records.claim import Claim
from gyges.records.mistakes import find_mistakes, say_mistake
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.study import ModelSpec, Study


@dataclass(frozen=True)
class Prepared:
    """A study with everything it names."""

    study: Study
    scenarios: dict[str, Scenario]
    claims: tuple[Claim, ...]
    plan: Plan


def prepare_study(study: Study, *, base: Path | None = None) -> Prepared:
    """Resolve a study: its scenarios, its claims and its plan.

    Args:
        study: The study.
        base: Folder its own scenario folders are relative to; none: the working directory.

    Raises:
        InputError: Something it names does not exist, or no plan can be made.
    """
    from gyges.claims import find_claims
    from gyges.design import make_plan
    from gyges.scenarios import find_scenario, load_library

    with _about("library"):
        library = load_library([(base or Path()) / folder for folder in study.library])
    for i, name in enumerate(study.scenarios):
        with _about("scenarios", i):
            _ = name == "all" or find_scenario(name, library)
    names = sorted(library) if "all" in study.scenarios else study.scenarios
    scenarios = {name: library[name] for name in names}
    for i, name in enumerate(study.claims):
        with _about("claims", i):
            find_claims((name,))
    claims = find_claims(study.claims)
    return Prepared(study, scenarios, claims, make_plan(study, scenarios, claims=claims))


@contextmanager
def _about(*place: str | int) -> Iterator[None]:
    """Say which field of a study an error is about."""
    try:
        yield
    except InputError as problem:
        problem.place = problem.place or place
        raise


def check_model_names(study: Study) -> None:
    """Find every model of a study's provider, without a key and without a call.

    Raises:
        InputError: Inspect knows no such provider, or Gyges no such reference agent.
    """
    from gyges.trials import find_model

    for i, spec in enumerate(study.models):
        with _about("models", i):
            find_model(spec)


def check_models(study: Study) -> None:
    """Open every model of a study once.

    Raises:
        ModelError: One cannot be used as asked.
    """
    from gyges.trials import open_model

    for i, spec in enumerate(study.models):
        with _about("models", i):
            open_model(spec)
    if study.stakeholder:
        open_model(ModelSpec(name=study.stakeholder))


def override_study(study: Study, *, models: Iterable[ModelSpec] = (), **changes: Any) -> Study:
    """Give a study with other models, trials or seed; what is none stays as it is.

    Raises:
        StudyError: A value is not what the field needs.
    """
    update = {name: value for name, value in changes.items() if value is not None}
    chosen = tuple(models)
    if chosen:
        update["models"] = chosen
    content = study.model_dump() | update
    try:
        return Study.model_validate(content)
    except ValidationError as problem:
        raise StudyError(say_mistake(find_mistakes(problem, Study, content)[0], content)) from None
