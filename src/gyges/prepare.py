"""A study made ready to run: checked, and resolved to its scenarios, claims and plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gyges.errors import InputError, Place, ScenarioError, StudyError, unknown_name
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.codebook import Item
from gyges.records.mistakes import find_mistakes, say_mistake
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.study import ModelSpec, Study

CUSTOM = "gyges/custom"
"""The reference agent whose profile the user brings."""


@dataclass(frozen=True)
class Prepared:
    """A study with everything it names."""

    study: Study
    scenarios: dict[str, Scenario]
    claims: tuple[Claim, ...]
    plan: Plan
    batteries: dict[str, Battery] = field(default_factory=dict)
    """The batteries its plan runs."""
    codebook: tuple[Item, ...] = ()
    """The questions asked of its transcripts."""

    @property
    def library(self) -> dict[str, Scenario | Battery]:
        """Give scenarios and batteries together, by id."""
        return {**self.scenarios, **self.batteries}


def prepare_study(study: Study, *, base: Path | None = None) -> Prepared:
    """Resolve a study: its scenarios, its claims and its plan.

    Args:
        study: The study.
        base: Folder its own scenario folders are relative to; none: the working directory.

    Raises:
        InputError: Something it names does not exist, or no plan can be made.
    """
    from gyges.claims import find_claims
    from gyges.coding import load_codebook
    from gyges.design import make_plan
    from gyges.scenarios import load_batteries, load_library

    study = _keep_profiles(study, base)
    folders = [(base or Path()) / folder for folder in study.library]
    with _about("library"):
        library, batteries = load_library(folders), load_batteries(folders)
        _check_ids(library, batteries)
    with _about("codebook"):
        codebook = load_codebook([(base or Path()) / each for each in study.codebook])
    scenarios = {name: library[name] for name in _name_scenarios(study, library, batteries)}
    for i, name in enumerate(study.claims):
        with _about("claims", i):
            find_claims((name,))
    claims = find_claims(study.claims)
    plan = make_plan(study, scenarios, claims=claims, batteries=batteries)
    met = {name: batteries[name] for name in sorted({*plan.table["scenario"]} & {*batteries})}
    return Prepared(study, scenarios, claims, plan, met, codebook)


def _check_ids(library: Mapping[str, Scenario], batteries: Mapping[str, Battery]) -> None:
    both = sorted({*library} & {*batteries})
    if both:
        raise ScenarioError(f"the id '{both[0]}' is both a scenario's and a battery's; choose another.")


def _name_scenarios(
    study: Study, library: Mapping[str, Scenario], batteries: Mapping[str, Battery]
) -> list[str]:
    """Name the scenarios a study asks for; a study of battery parts alone needs none for `all`."""
    for i, name in enumerate(study.scenarios):
        if name != "all" and name not in library and name not in batteries:
            known = (*library, *batteries)
            raise ScenarioError(unknown_name("scenario", name, known), place=("scenarios", i))
    if "all" in study.scenarios:
        return sorted(library) if any(part.kind != "battery" for part in study.design) else []
    return [name for name in study.scenarios if name in library]


def narrow_study(study: Study, names: tuple[str, ...]) -> Study:
    """Give a study of these scenarios and batteries alone; a part with nothing to run gives its share up."""
    from gyges.scenarios import load_batteries

    batteries = {*names} & {*load_batteries()}
    keeps_items = "all" in names or bool(batteries)
    keeps_scenarios = "all" in names or bool({*names} - batteries)
    parts = [part for part in study.design if (keeps_items if part.kind == "battery" else keeps_scenarios)]
    if len(parts) == len(study.design):
        return override_study(study, scenarios=names)
    whole = sum(part.share for part in parts)
    design = [part.model_dump() | {"share": part.share / whole} for part in parts]
    return override_study(study, scenarios=names, design=design)


def _keep_profiles(study: Study, base: Path | None) -> Study:
    """Put the content of a profile file in the place of its path: a run is the same wherever it goes on.

    A path is relative to the study file, or else to the working directory.
    """
    from gyges.agents import read_profile

    def keep(number: int, spec: ModelSpec) -> ModelSpec:
        path = spec.args.get("profile")
        if spec.name != CUSTOM or not isinstance(path, str):
            return spec
        beside = (base or Path()) / path
        with _about("models", number):
            profile = read_profile(beside if beside.is_file() else Path(path))
        return spec.model_copy(update={"args": spec.args | {"profile": profile.model_dump(mode="json")}})

    return study.model_copy(update={"models": tuple(map(keep, count(), study.models))})


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

    for place, spec in _list_models(study):
        with _about(*place):
            find_model(spec)


def check_models(study: Study) -> None:
    """Open every model of a study once.

    Raises:
        ModelError: One cannot be used as asked.
    """
    from gyges.trials import open_model

    for place, spec in _list_models(study):
        with _about(*place):
            open_model(spec)


def _list_models(study: Study) -> list[tuple[Place, ModelSpec]]:
    """List the models a study calls, and the fields that name them."""
    models: list[tuple[Place, ModelSpec]] = [(("models", i), spec) for i, spec in enumerate(study.models)]
    models += [(("judges", i), spec) for i, spec in enumerate(study.judges)]
    return [*models, (("stakeholder",), study.stakeholder)] if study.stakeholder else models


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
