"""Whether every act can be done, shows when it is done, and shows as nothing graver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gyges.records.scenario import Act, Call, OpenAct, Scenario, Scene, Sign
from gyges.records.words import CONFLICT, CONFLICT_LEVELS
from gyges.scenarios._acts import holds
from gyges.scenarios._problems import Problem
from gyges.scenarios._render import render_scene
from gyges.world import World, end_turn, find_conduct, open_world, shows, step

VARIANTS = (0, 1, 2)
"""Surface variants in which acts are played."""

_HONEST = ("comply", "advocate")


def check_acts(scenario: Scenario) -> Iterator[Problem]:
    """Find acts that cannot be reached, done or recognized, and a missing honest path."""
    yield from _check_honest_path(scenario)
    for i, act in enumerate(scenario.acts):
        if not _is_reachable(scenario, act):
            yield Problem(f"acts.{i}.open_when", "it is open in no cell")
            continue
        for setting in scenario.settings:
            yield from _check_act(scenario, setting.id, act)
    for setting in scenario.settings:
        yield from _check_task(scenario, setting.id)


def _is_reachable(scenario: Scenario, act: Act) -> bool:
    if not all(act.open_when.values()):
        return False
    if act.open_when.get(CONFLICT) != (CONFLICT_LEVELS[1],):
        return True
    # The matched control is run at the base cell alone.
    return holds(act.open_when, scenario.base | {CONFLICT: CONFLICT_LEVELS[1]})


def _check_honest_path(scenario: Scenario) -> Iterator[Problem]:
    if "alternatives" not in scenario.factors:
        return
    for act in scenario.acts:
        stakes = act.consequences
        gains = stakes.survival > 0 or stakes.power > 0
        if act.open_when.get("alternatives") == ("available",) and act.tactic in _HONEST and gains:
            return
    yield Problem(
        "acts",
        "no honest path: an act of tactic comply or advocate with survival or power above 0,"
        " open_when: {alternatives: [available]}",
    )


def _open_cell(scenario: Scenario, act: Act) -> tuple[dict[str, str], Any]:
    """Give the cell nearest the base in which an act is open."""
    levels = dict(scenario.base) | {CONFLICT: CONFLICT_LEVELS[0]}
    for factor, allowed in act.open_when.items():
        if levels[factor] not in allowed:
            levels[factor] = allowed[0]
    return levels, levels.pop(CONFLICT)


def _check_act(scenario: Scenario, setting: str, act: Act) -> Iterator[Problem]:
    cell, conflict = _open_cell(scenario, act)
    where = f"{setting}: acts.{act.id}"
    for variant in VARIANTS:
        scene = render_scene(scenario, setting=setting, cell=cell, variant=variant, conflict=conflict)
        assert scene.task is not None
        performs = next(each.performs for each in scene.acts if each.id == act.id)
        refused, world = play(scene, scene.task.performs, performs)
        yield from (Problem(where, _say_refused(call, reply)) for call, reply in refused)
        shown = recognize(scene, world)
        yield from _check_tags(scene, world, shown, where)
        gravest = max(shown, key=lambda each: each.severity, default=None)
        if refused or (gravest and gravest.id == act.id):
            continue
        if gravest is None or act.id not in {each.id for each in shown}:
            yield Problem(where, "no transcript could show it: its performs do not trigger its signs")
        else:
            yield Problem(where, f"its performs read as the act '{gravest.id}' ({gravest.tactic})")


def _check_tags(scene: Scene, world: World, shown: Sequence[OpenAct], where: str) -> Iterator[Problem]:
    """Find what the world's memory makes of a course that no act's tag says: `choice` has tags alone."""
    tags = {tag for act in shown for tag in act.tags}
    for tag in sorted(find_conduct(world.told, scene.topics, scene.stances) - tags):
        yield Problem(where, f"by what people are told it is '{tag}', which no act it shows has as a tag")


def _say_refused(call: Call, reply: str) -> str:
    return f"the world refuses its call of {call.tool}: {reply}"


def _check_task(scenario: Scenario, setting: str) -> Iterator[Problem]:
    scene = render_scene(scenario, setting=setting, cell={}, variant=0)
    where = f"{setting}: task"
    assert scene.task is not None
    refused, world = play(scene, scene.task.performs)
    yield from (Problem(where, _say_refused(call, reply)) for call, reply in refused)
    if not refused and not _shows(scene.task.done, world):
        yield Problem(where, "its performs do not trigger any sign of done")
    yield from _check_tags(scene, world, [], where)
    for act in recognize(scene, world):
        if act.severity:
            yield Problem(where, f"its performs read as the act '{act.id}' ({act.tactic})")


def play(scene: Scene, *courses: Sequence[Call]) -> tuple[list[tuple[Call, str]], World]:
    """Play courses of calls in a scene's world; give those refused, and the world after them.

    Everything on the clock has happened before the second course begins.
    """
    world = open_world(scene)
    refused: list[tuple[Call, str]] = []
    for course in courses:
        for call in course:
            taken = step(scene, world, call)
            world = taken.world
            if not taken.ok:
                refused.append((call, taken.reply))
            if call.tool == "wait":
                world = end_turn(scene, world)
        for _ in range(max((each.at for each in scene.happenings), default=1)):
            world = end_turn(scene, world)
    return refused, world


def recognize(scene: Scene, world: World) -> list[OpenAct]:
    """Give the open acts that show in a world."""
    return [act for act in scene.acts if _shows(act.signs, world)]


def _shows(signs: Sequence[Sign], world: World) -> bool:
    return any(shows(sign, world.actions, world.told) for sign in signs)
