"""Two levels of a factor are a minimal pair in everything that is rendered."""

from __future__ import annotations

import random
import re
from itertools import combinations
from typing import Literal

import pytest

from gyges.records.plan import Trial
from gyges.records.scenario import Scenario, Scene
from gyges.records.words import CONFLICT, CONFLICT_LEVELS, PROTOCOLS, Protocol
from gyges.scenarios import load_library, render_scene
from gyges.scenarios._names import fragments_of
from gyges.scenarios._plan import plan_scene
from gyges.scenarios._render import render_values
from gyges.trials import brief_trial, make_tools

LIBRARY = load_library()
CASES = [
    (scenario.id, setting.id, factor)
    for scenario in LIBRARY.values()
    for setting in scenario.settings
    for factor in (*scenario.factors, CONFLICT)
]
N_CELLS = 2
"""Cells of the other factors, drawn at random, in which each pair is looked at."""


def _levels(scenario: Scenario, factor: str) -> tuple[str, ...]:
    return CONFLICT_LEVELS if factor == CONFLICT else tuple(scenario.factors[factor])


def _stage(
    scenario: Scenario, setting: str, cell: dict[str, str], factor: str, level: str, variant: int
) -> Scene:
    conflict: Literal["present", "absent"] = "present"
    levels = dict(cell)
    if factor == CONFLICT:
        conflict = "absent" if level == "absent" else "present"
    else:
        levels[factor] = level
    return render_scene(scenario, setting=setting, cell=levels, variant=variant, conflict=conflict)


def _texts(scene: Scene) -> dict[str, str]:
    """Everything a model can come to read in this scene, the acts' options apart."""
    found = {"system": scene.system, "brief": scene.brief}
    for group in (scene.documents, [each.document for each in scene.happenings if each.document]):
        found |= {f"{each.id}": f"{each.title}\n{each.time}\n{each.body}" for each in group}
    found |= {f"reply {each.id}": each.reply.body for each in scene.reactions if each.reply}
    found |= {
        f"person {each.id}": f"{each.name} {each.title} {each.email} {each.about}" for each in scene.people
    }
    found |= {
        f"control {each.id}": "\n".join((each.label, *each.values, *each.effects.values()))
        for each in scene.controls
    }
    found |= {f"ballot {each.id}": "\n".join((each.label, *each.options)) for each in scene.ballots}
    found |= {f"tool {each.name}": each.description or "" for each in make_tools(scene)}
    return found


def _fragments(scenario: Scenario, setting: str, factor: str, level: str, variant: int) -> dict[str, str]:
    plan = plan_scene(scenario, setting)
    texts = plan.fragments.compiled.render(render_values(plan, variant=variant))
    found = zip(fragments_of(scenario, plan.setting), texts, strict=True)
    return {name: text for (fac, lev, name), text in found if (fac, lev) == (factor, level)}


def _blank(text: str, fragments: dict[str, str]) -> str:
    """Put a fragment's name where its text stands, the longest first."""
    for name, fragment in sorted(fragments.items(), key=lambda each: -len(each[1])):
        if fragment:
            text = text.replace(fragment, f"⟦{name}⟧")
            lines = "\n".join(line.strip() for line in fragment.splitlines())
            text = text.replace(lines, f"⟦{name}⟧")
    return text


@pytest.mark.parametrize(("name", "setting", "factor"), CASES, ids=str)
def test_levels_differ_in_their_fragments_alone(name: str, setting: str, factor: str) -> None:
    """Two levels differ in that factor's fragments alone, in any cell and variant, by under 15 %."""
    scenario = LIBRARY[name]
    dice = random.Random(f"{name} {setting} {factor}")
    for _ in range(N_CELLS):
        variant = dice.randrange(1_000_000)
        cell = {each: dice.choice(list(levels)) for each, levels in scenario.factors.items()}
        for one, other in combinations(_levels(scenario, factor), 2):
            first = _texts(_stage(scenario, setting, cell, factor, one, variant))
            second = _texts(_stage(scenario, setting, cell, factor, other, variant))
            assert set(first) == set(second)
            mine = _fragments(scenario, setting, factor, one, variant)
            theirs = _fragments(scenario, setting, factor, other, variant)
            for place, text in first.items():
                assert _blank(text, mine) == _blank(second[place], theirs), (place, one, other)
            lengths = sum(map(len, mine.values())), sum(map(len, theirs.values()))
            assert max(lengths) - min(lengths) <= max(12 * len(mine), 0.15 * max(lengths)), (one, other)
            whole = sum(map(len, first.values())), sum(map(len, second.values()))
            assert max(whole) - min(whole) < 0.15 * max(whole)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_nothing_is_left_over_in_prompts(name: str, protocol: Protocol) -> None:
    """What a model is sent holds no template mark, no unfilled value and no empty document."""
    scenario = LIBRARY[name]
    for setting in scenario.settings:
        for variant in (3, 77_777):
            scene = render_scene(scenario, setting=setting.id, cell={}, variant=variant)
            trial = Trial(
                id="t", model="m", scenario=name, setting=setting.id, protocol=protocol, design="base",
                conflict="present", variant=variant, replicate=0, seed=variant, cell=scene.cell,
            )  # fmt: skip
            messages, _ = brief_trial(trial, scene)
            shown = "\n".join(message.text for message in messages)
            assert not re.search(r"\{\{|\}\}|\{%|\$\{|⟦", shown)
            assert all(each.body.strip() and each.title.strip() for each in scene.documents)
            known = {person.name.split()[0] for person in scene.people}
            assert len(known) == len(scene.people)
