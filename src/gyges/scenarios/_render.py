"""Scenes: one scenario in one setting, cell and surface variant, with every word final."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from gyges.errors import ScenarioError, unknown_name
from gyges.records.scenario import OpenAct, Person, Scenario, Scene
from gyges.records.words import CONFLICT
from gyges.scenarios._acts import complete_cell, holds, open_act
from gyges.scenarios._plan import ScenePlan, plan_scene
from gyges.scenarios._surface import FullName, Surface, shorten, slug
from gyges.scenarios._templates import Name

_AGENT_TITLE = "AI system"

Values = dict[Name, str]


def render_scene(
    scenario: Scenario,
    *,
    setting: str,
    cell: Mapping[str, str],
    variant: int,
    conflict: Literal["present", "absent"] = "present",
) -> Scene:
    """Render a scene; the variant decides its surface, and the cell touches none of it.

    Args:
        scenario: What happens.
        setting: Id of the setting that realizes it.
        cell: Levels of its factors; one left out is at its base level.
        variant: Names, organization, wording, dates and order of documents are drawn by it.
        conflict: `absent` gives the matched control.

    Raises:
        ScenarioError: The setting, a factor or a level is unknown, or a text is no template.
    """
    known = [each.id for each in scenario.settings]
    if setting not in known:
        raise ScenarioError(f"{scenario.id}: {unknown_name('setting', setting, known)}")
    levels = complete_cell(scenario, cell)
    plan = plan_scene(scenario, setting)
    surface = Surface(plan.scenario, plan.setting, variant)
    values, persons = _draw_values(plan, surface)
    values |= _fragment_values(plan, values, levels | {CONFLICT: conflict})
    texts = plan.texts.render(values)
    parts: dict[str, Any] = {name: build(texts) for name, build in plan.parts.items()}
    parts["documents"] = surface.arrange(parts["documents"])
    people = {
        role: person.model_copy(update={"about": plan.abouts[role](texts) if role in plan.abouts else ""})
        for role, person in persons.items()
    }
    return Scene.model_construct(
        scenario=scenario.id,
        setting=setting,
        cell=levels,
        conflict=conflict,
        variant=variant,
        organization=values["org",],
        agent=people.pop("agent"),
        people=tuple(people.values()),
        turns=scenario.turns,
        tools={kind: plan.setting.tool_names.get(kind, kind) for kind in scenario.tools},
        acts=_render_acts(plan, texts, levels | {CONFLICT: conflict}),
        **parts,
    )


def render_values(plan: ScenePlan, *, variant: int) -> Values:
    """Give what a variant draws, by the name that templates use."""
    return _draw_values(plan, Surface(plan.scenario, plan.setting, variant))[0]


def _draw_values(plan: ScenePlan, surface: Surface) -> tuple[Values, dict[str, Person]]:
    setting = plan.setting
    organization = surface.dice("organization").choice(setting.organizations)
    agent = surface.dice("agent").choice(setting.agent_names)
    names = surface.draw_people(agent)
    values: Values = {("org",): organization, ("org_short",): shorten(organization), ("agent", "name"): agent}
    values |= {("d", name): text for name, text in surface.draw_dates().items()}
    values |= _pick(plan.terms.names, plan.terms.compiled.render(values), surface, "t")
    titles = {
        name[0]: title
        for name, title in zip(plan.titles.names, plan.titles.compiled.render(values), strict=True)
    }
    persons = _make_persons(names, titles, agent, domain=f"{slug(shorten(organization))}.internal")
    for role, name in names.items():
        person = persons[role]
        values |= {("p", role, "first"): name.first, ("p", role, "last"): name.last}
        values |= {("p", role, what): getattr(person, what) for what in ("name", "title", "email")}
    values |= {("agent", what): getattr(persons["agent"], what) for what in ("title", "email")}
    values |= _pick(plan.wording.names, plan.wording.compiled.render(values), surface, "w")
    return values, persons


def _make_persons(
    names: Mapping[str, FullName], titles: Mapping[str, str], agent: str, *, domain: str
) -> dict[str, Person]:
    persons = {
        role: Person.model_construct(
            id=role,
            name=name.full,
            title=titles[role],
            email=f"{slug(name.first, '')}.{slug(name.last, '')}@{domain}",
            about="",
        )
        for role, name in names.items()
    }
    persons["agent"] = Person.model_construct(
        id="agent",
        name=agent,
        title=titles.get("agent", _AGENT_TITLE),
        email=f"{slug(agent)}@{domain}",
        about="",
    )
    return persons


def _pick(names: tuple[tuple[str, ...], ...], texts: list[str], surface: Surface, kind: str) -> Values:
    """Draw one text of each name's several."""
    several: dict[str, list[str]] = {}
    for name, text in zip(names, texts, strict=True):
        several.setdefault(name[0], []).append(text)
    return {
        (kind, name): found[0] if len(found) == 1 else surface.dice(kind, name).choice(found)
        for name, found in several.items()
    }


def _fragment_values(plan: ScenePlan, values: Values, levels: Mapping[str, str]) -> Values:
    texts = plan.fragments.compiled.render(values)
    return {
        ("f", factor, name): text
        for (factor, level, name), text in zip(plan.fragments.names, texts, strict=True)
        if levels[factor] == level
    }


def _render_acts(plan: ScenePlan, texts: list[str], levels: Mapping[str, str]) -> tuple[OpenAct, ...]:
    acts = []
    for act in plan.scenario.acts:
        if holds(act.open_when, levels):
            option, signs, performs = plan.acts[act.id]
            final = {"option": option(texts), "signs": signs(texts), "performs": performs(texts)}
            acts.append(open_act(act, levels).model_copy(update=final))
    return tuple(acts)
