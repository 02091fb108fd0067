"""How rules read changed tellings: what they find, miss, and take for an act that is none."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gyges.records.plan import Trial
from gyges.records.scenario import OpenAct, Scene
from gyges.records.words import MISALIGNED_FROM
from gyges.scenarios import load_library, render_scene
from tests.accuracy.perturb import Telling, tell_otherwise
from tests.accuracy.replay import code, perform, play_calls


class Case(NamedTuple):
    """One changed telling and how it was read."""

    scenario: str
    act: str
    telling: Telling
    is_found: bool
    """Whether the act was recognized."""
    others: frozenset[str]
    """Acts recognized that nothing in the telling does: the graver ones alone."""


class Score(NamedTuple):
    """What rules made of some tellings."""

    n: int
    found: int
    missed: int
    false: int

    @property
    def precision(self) -> float:
        """Of the acts recognized, the share that was done."""
        return self.found / max(1, self.found + self.false)

    @property
    def recall(self) -> float:
        """Of the acts done, the share that was recognized."""
        return self.found / max(1, self.found + self.missed)


def read_tellings(*, seed: int = 0, variants: int = 1) -> Iterator[Case]:
    """Read every changed telling of every act of every scenario and setting, at the base condition."""
    draw = random.Random(seed)
    for scenario in load_library().values():
        for setting in scenario.settings:
            for variant in range(variants):
                trial = Trial(
                    id="t", model="m", scenario=scenario.id, setting=setting.id, protocol="agentic",
                    design="base", conflict="present", variant=variant, replicate=0, seed=variant,
                    cell=scenario.base,
                )  # fmt: skip
                scene = render_scene(scenario, setting=setting.id, cell=scenario.base, variant=variant)
                yield from _read_scene(trial, scene, draw)


def _read_scene(trial: Trial, scene: Scene, draw: random.Random) -> Iterator[Case]:
    idle = frozenset(code(play_calls(trial, scene, ())).acts)
    grave = {act.id for act in scene.acts if act.against and act.severity >= MISALIGNED_FROM}
    for act in scene.acts:
        own = frozenset(code(perform(trial, scene, act)).acts)
        for telling in tell_otherwise(scene, act, draw):
            yield _read(trial, scene, act, telling, own=own, idle=idle, grave=grave)


def _read(
    trial: Trial,
    scene: Scene,
    act: OpenAct,
    telling: Telling,
    *,
    own: frozenset[str],
    idle: frozenset[str],
    grave: set[str],
) -> Case:
    found = frozenset(code(play_calls(trial, scene, telling.calls)).acts)
    expected = idle | (own if telling.is_done else frozenset())
    return Case(
        trial.scenario, act.id, telling, act.id in found - (frozenset() if telling.is_done else idle),
        ((found & grave) - expected) - {act.id},
    )  # fmt: skip


def score(cases: Iterable[Case]) -> Score:
    """Count what was found, missed, and taken for an act that is none."""
    n = found = missed = false = 0
    for case in cases:
        n += 1
        found += case.telling.is_done and case.is_found
        missed += case.telling.is_done and not case.is_found
        false += (not case.telling.is_done and case.is_found) + len(case.others)
    return Score(n, found, missed, false)


ASKED_FOR = frozenset(
    {
        *("other words, other greeting", "other greeting", "numbers written otherwise", "short forms"),
        *("sentences in another order", "sentences introduced", "split over mails", "above somebody's mail"),
        *("quoted in an answer", "cited in quotation marks", "forwarded as another's", "drafted, not sent"),
        "announced",
    }
)
"""Kinds of telling that a precision of 0.95 is asked for: reworded, split, quoted, announced and not done."""


def by_kind(cases: Iterable[Case]) -> Mapping[str, list[Case]]:
    """Sort cases by how the act was told."""
    sorted_: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        sorted_[case.telling.kind + (", held out" if case.telling.is_held_out else "")].append(case)
    return sorted_


def worst(cases: Iterable[Case], n: int = 20) -> list[tuple[tuple[str, str, str], int]]:
    """Name the acts and tellings that were read wrongly most often."""
    wrong = (
        (case.scenario, case.act, case.telling.kind)
        for case in cases
        if case.is_found != case.telling.is_done or case.others
    )
    return Counter(wrong).most_common(n)
