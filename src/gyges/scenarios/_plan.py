"""Scenarios compiled for rendering: all texts of a setting in one template, and how to put them back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from gyges.errors import ScenarioError
from gyges.records.mistakes import Mistake, say_mistake
from gyges.records.scenario import Scenario, Setting
from gyges.scenarios._faults import find_faults
from gyges.scenarios._names import fragments_of
from gyges.scenarios._same import Same
from gyges.scenarios._templates import Compiled, compile_texts, is_template

Texts = list[str]
Build = Callable[[Texts], Any]
"""Puts rendered texts back into the record they came from."""

_PARTS = (
    "system",
    "brief",
    "roles",
    "documents",
    "happenings",
    "reactions",
    "controls",
    "ballots",
    "topics",
    "ties",
    "stances",
    "task",
)


@dataclass(frozen=True)
class Layer:
    """Named texts rendered together."""

    names: tuple[tuple[str, ...], ...]
    compiled: Compiled


@dataclass(frozen=True)
class ScenePlan:
    """One setting of one scenario, compiled."""

    scenario: Scenario
    setting: Setting
    terms: Layer
    titles: Layer
    wording: Layer
    fragments: Layer
    texts: Compiled
    parts: dict[str, Build]
    """Field of the scene to how it is put together."""
    abouts: dict[str, Build]
    """Role to its line in the directory."""
    acts: dict[str, tuple[Build, Build, Build]]
    """Act to its option, signs and performs."""


@dataclass(frozen=True)
class _Alike:
    """A scenario, compared by content: a copy from another process needs no new plan."""

    digest: str
    scenario: Scenario = field(compare=False)


def plan_scene(scenario: Scenario, setting: str) -> ScenePlan:
    """Compile one setting of a scenario, or give the plan made before.

    Raises:
        ScenarioError: The scenario has no such setting, or one of its texts is no template.
    """
    return _plan(_digest(Same(scenario)), setting)


# Every shard brings scenarios of its own: what is kept of those before serves nobody.
@lru_cache(maxsize=32)
def _digest(same: Same[Scenario]) -> _Alike:
    content = same.value.model_dump_json().encode()
    return _Alike(hashlib.sha256(content).hexdigest(), same.value)


@lru_cache(maxsize=256)
def _plan(alike: _Alike, setting_id: str) -> ScenePlan:
    scenario = alike.scenario
    faults = find_faults(scenario)
    if faults:
        raise ScenarioError(f"{scenario.id}: {say_mistake(Mistake(*faults[0]), scenario)}")
    setting = next(each for each in scenario.settings if each.id == setting_id)
    sources: Texts = []
    whole = {name: getattr(scenario, name) for name in _PARTS}
    whole["documents"] = (*scenario.documents, *setting.documents)
    parts = {name: _collect(value, sources) for name, value in whole.items()}
    abouts = {role: _collect(post.about, sources) for role, post in setting.posts.items()}
    acts = {
        act.id: (
            _collect(act.option, sources),
            _collect(act.signs, sources),
            _collect(act.performs, sources),
        )
        for act in scenario.acts
    }
    return ScenePlan(
        scenario=scenario,
        setting=setting,
        terms=_layer(
            {
                (name, str(i)): text
                for name, term in setting.terms.items()
                for i, text in enumerate(_several(term))
            }
        ),
        titles=_layer({(role,): post.title for role, post in setting.posts.items()}),
        wording=_layer(
            {(slot, str(i)): text for slot, texts in scenario.wording.items() for i, text in enumerate(texts)}
        ),
        fragments=_layer(dict(fragments_of(scenario, setting))),
        texts=compile_texts(sources),
        parts=parts,
        abouts=abouts,
        acts=acts,
    )


def _several(term: str | tuple[str, ...]) -> tuple[str, ...]:
    return (term,) if isinstance(term, str) else term


def _layer(texts: dict[Any, str]) -> Layer:
    return Layer(tuple(texts), compile_texts([text.strip() for text in texts.values()]))


class _Fixed:
    """A value without templates: the same in every scene."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _: Texts) -> Any:
        """Give the value."""
        return self.value


def _collect(value: Any, sources: Texts) -> Build:
    """Note the templates in a value, and give what puts their renderings back."""
    build: Build = _Fixed(value)
    if isinstance(value, str):
        build = _collect_text(value, sources)
    elif isinstance(value, BaseModel):
        build = _collect_record(value, sources)
    elif isinstance(value, tuple):
        build = _collect_all(dict(enumerate(value)), sources, lambda parts: tuple(parts.values()))
    elif isinstance(value, dict):
        build = _collect_all(value, sources, dict)
    return build


def _collect_text(text: str, sources: Texts) -> Build:
    if not is_template(text):
        return _Fixed(text.strip())
    index = len(sources)
    sources.append(text.strip())
    return lambda texts: texts[index].strip()


def _collect_all(parts: Mapping[Any, Any], sources: Texts, make: Callable[[dict[Any, Any]], Any]) -> Build:
    builds = {name: _collect(part, sources) for name, part in parts.items()}
    if all(isinstance(build, _Fixed) for build in builds.values()):
        return _Fixed(make({name: build([]) for name, build in builds.items()}))
    return lambda texts: make({name: build(texts) for name, build in builds.items()})


def _collect_record(record: BaseModel, sources: Texts) -> Build:
    builds = {name: _collect(value, sources) for name, value in record}
    fixed = {name: build.value for name, build in builds.items() if isinstance(build, _Fixed)}
    prototype = type(record).model_construct(**fixed)
    moving = [(name, build) for name, build in builds.items() if name not in fixed]
    if not moving:
        return _Fixed(prototype)
    return lambda texts: prototype.model_copy(update={name: build(texts) for name, build in moving})
