"""A scene staged by hand, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from gyges.errors import ScenarioError, unknown_name
from gyges.records.plan import Trial
from gyges.records.scenario import Scenario, Scene


def find(name: str, library: Sequence[Path]) -> Scenario:
    """Find a scenario by its id, or read one from its file."""
    from gyges.scenarios import find_scenario, load_library, load_scenario

    is_file = name.endswith((".yaml", ".yml"))
    return load_scenario(Path(name)) if is_file else find_scenario(name, load_library(library))


def stage(
    scenario: Scenario, *, cell: str, setting: str | None, variant: int, control: bool
) -> tuple[Trial, Scene]:
    """Render a scene from a scenario and the levels that differ from its base."""
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


def show_messages(trial: Trial, scene: Scene) -> list[dict[str, Any]]:
    """Write the messages a trial begins with."""
    from gyges.trials import brief_trial

    messages, _ = brief_trial(trial, scene)
    return [{"role": message.role, "text": message.text} for message in messages]
