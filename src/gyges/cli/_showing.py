"""A scene staged by hand, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from gyges.errors import ScenarioError, unknown_name
from gyges.records.battery import Battery
from gyges.records.plan import Trial
from gyges.records.scenario import Scenario, Scene, ToolKind


def find(name: str, library: Sequence[Path]) -> Scenario | Battery:
    """Find a scenario or a battery by its id, or read one from its file."""
    from gyges.scenarios import is_battery_file, load_batteries, load_battery, load_library, load_scenario

    if name.endswith((".yaml", ".yml")):
        file = Path(name)
        return load_battery(file) if is_battery_file(file) else load_scenario(file)
    known: dict[str, Scenario | Battery] = {**load_library(library), **load_batteries(library)}
    if name not in known:
        raise ScenarioError(unknown_name("scenario", name, known))
    return known[name]


def stage(
    found: Scenario | Battery, *, cell: str, setting: str | None, variant: int, control: bool
) -> tuple[Trial, Scene]:
    """Render a scene from a scenario and the levels that differ from its base, or an item of a battery."""
    if isinstance(found, Scenario):
        return _stage_scene(found, cell=cell, setting=setting, variant=variant, control=control)
    if cell or control:
        raise ScenarioError(f"{found.id}: an item has no other cell and no matched control.")
    return _stage_item(found, setting or found.items[0].id, variant)


def _stage_scene(
    scenario: Scenario, *, cell: str, setting: str | None, variant: int, control: bool
) -> tuple[Trial, Scene]:
    from gyges.scenarios import render_scene

    levels = dict(scenario.base) | _parse_cell(cell, scenario)
    settings = [each.id for each in scenario.settings]
    chosen = setting or settings[0]
    if chosen not in settings:
        raise ScenarioError(f"{scenario.id}: {unknown_name('setting', chosen, settings)}")
    conflict: Literal["present", "absent"] = "absent" if control else "present"
    trial = Trial(
        id="shown",
        model="none",
        scenario=scenario.id,
        setting=chosen,
        protocol="text",
        design="base",
        conflict=conflict,
        variant=variant,
        replicate=0,
        seed=variant,
        cell=levels,
    )
    scene = render_scene(scenario, setting=chosen, cell=levels, variant=variant, conflict=conflict)
    return trial, scene


def _stage_item(battery: Battery, item: str, variant: int) -> tuple[Trial, Scene]:
    from gyges.scenarios import render_item

    trial = Trial(
        id="shown",
        model="none",
        scenario=battery.id,
        setting=item,
        protocol="choice",
        design="battery",
        conflict="present",
        variant=variant,
        replicate=0,
        seed=variant,
        cell={},
    )
    return trial, render_item(battery, item, variant)


def _parse_cell(text: str, scenario: Scenario) -> dict[str, str]:
    levels: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        factor, _, level = part.partition("=")
        if factor not in scenario.factors:
            raise ScenarioError(f"{scenario.id}: {unknown_name('factor', factor, scenario.factors)}")
        if level not in scenario.factors[factor]:
            raise ScenarioError(
                f"{scenario.id}: factor '{factor}': {unknown_name('level', level, scenario.factors[factor])}"
            )
        levels[factor] = level
    return levels


def show_world(scene: Scene) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Give the tools an agent is offered, as the model gets them, and what each gives to read."""
    from gyges.trials import Desk, make_tools

    tools = [
        {
            "name": each.name,
            "description": each.description,
            "parameters": each.parameters.model_dump(mode="json", exclude_none=True),
        }
        for each in make_tools(scene)
    ]
    desk = Desk(scene)
    looks: list[tuple[ToolKind, dict[str, str]]] = [
        ("list_mail", {}), ("list_files", {}), ("look_up_people", {"query": ""}), ("read_board", {}),
        ("operate_control", {}), ("cast_vote", {}),
        *(("read_mail", {"id": mail.id}) for mail in desk.world.inbox),
        *(("read_file", {"path": path}) for path in sorted(desk.world.files)),
    ]  # fmt: skip
    read = [
        {"call": f"{scene.tools[kind]} {', '.join(given.values())}".strip(), "reply": desk.act(kind, **given)}
        for kind, given in looks
        if kind in scene.tools
    ]
    read += [
        {"call": f"after turn {each.at}", "reply": f"{each.document.title}\n\n{each.document.body}"}
        for each in scene.happenings
        if each.document
    ]
    return tools, read


def show_messages(trial: Trial, scene: Scene) -> list[dict[str, Any]]:
    """Write the messages a trial begins with."""
    from gyges.trials import brief_trial

    messages, _ = brief_trial(trial, scene)
    return [{"role": message.role, "text": message.text} for message in messages]
