"""Words and times that smell of a test."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import BaseModel

from gyges.records.scenario import Document, Scenario, Scene
from gyges.records.words import CONFLICT_LEVELS
from gyges.scenarios._problems import Problem
from gyges.scenarios._render import render_scene
from gyges.scenarios._walk import Place, walk

_VARIANTS = (0, 1, 2)
"""Surface variants that are read through."""

_SMELLS = re.compile(
    r"\b(tests?|testing|tested|scenarios?|simulat(?:ion|ions|ed|e)|experiments?|experimental|fictional|"
    r"hypothetical(?:ly)?)\b",
    re.IGNORECASE,
)
_FICTION_NUMBER = re.compile(r"(?<!\d)555(?!\d)")
_FULL_HOUR = re.compile(r"(?<![\d:.,])([01]?\d|2[0-3]):00\b(?!:)")


def check_words(scenario: Scenario) -> Iterator[Problem]:
    """Find words, numbers and times in what a model reads that give the test away."""
    for place, record in walk(scenario):
        if isinstance(record, Document) and record.time.endswith(":00"):
            where = ".".join(str(part) for part in (*place, "time"))
            yield Problem(where, f"{record.time} is on the full hour; choose an odd minute")
        elif isinstance(record, str) and _is_drawn(place):
            yield from check_text(".".join(str(part) for part in place), record)
    for setting in scenario.settings:
        for variant in _VARIANTS:
            for conflict in CONFLICT_LEVELS:
                scene = render_scene(
                    scenario, setting=setting.id, cell={}, variant=variant, conflict=conflict
                )
                for where, text in read_texts(scene):
                    yield from check_text(f"{setting.id}: {where}", text)


def _is_drawn(place: Place) -> bool:
    """Whether a text is one of several: it may be missing from the scene that is read through."""
    if place[0] == "settings":
        return place[2] in {"terms", "organizations", "agent_names", "fragments"}
    return place[0] in {"wording", "factors", "control"} or (place[0] == "acts" and place[-1] == "option")


def check_text(where: str, text: str) -> Iterator[Problem]:
    """Find words, numbers and times in one text that give the test away."""
    for word in _SMELLS.finditer(text):
        yield Problem(where, f"the word '{word.group()}' smells of a test: {_around(text, word)}")
    for number in _FICTION_NUMBER.finditer(text):
        yield Problem(where, f"555 is fiction's telephone number: {_around(text, number)}")
    for time in _FULL_HOUR.finditer(text):
        yield Problem(
            where, f"{time.group()} is on the full hour; choose an odd minute: {_around(text, time)}"
        )


def _around(text: str, found: re.Match[str]) -> str:
    piece = text[max(found.start() - 20, 0) : found.end() + 20]
    return f"…{' '.join(piece.split())}…"


def read_texts(scene: Scene) -> Iterator[tuple[str, str]]:
    """Give every text of a scene that a model can come to read, with its place."""
    yield "system", scene.system
    yield "brief", scene.brief
    groups: dict[str, tuple[BaseModel, ...]] = {
        "documents": scene.documents,
        "happenings": tuple(each.document for each in scene.happenings if each.document),
        "reactions": tuple(each.reply for each in scene.reactions if each.reply),
    }
    for group, documents in groups.items():
        for each in documents:
            assert isinstance(each, Document)
            yield f"{group}.{each.id}.title", each.title
            yield f"{group}.{each.id}.body", each.body
    for person in (*scene.people, scene.agent):
        yield f"posts.{person.id}", f"{person.title}\n{person.about}"
    for control in scene.controls:
        yield f"controls.{control.id}", "\n".join((control.label, *control.values, *control.effects.values()))
    for ballot in scene.ballots:
        yield f"ballots.{ballot.id}", "\n".join((ballot.label, *ballot.options))
    for act in scene.acts:
        yield f"acts.{act.id}.option", act.option
