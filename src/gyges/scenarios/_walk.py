"""Going through a scenario with the places its file has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from gyges.records.scenario import Document, Scenario, Setting

Place = tuple[str | int, ...]


class Fault(NamedTuple):
    """Something wrong, and the field it stands in."""

    place: Place
    message: str


def walk(value: object, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Go through a record and everything in it, with places as the file has them."""
    yield place, value
    if isinstance(value, BaseModel):
        for name, each in value:
            yield from walk(each, (*place, name))
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from walk(each, (*place, name))
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield from walk(each, (*place, i))


def all_documents(scenario: Scenario, setting: Setting) -> list[tuple[Place, Document]]:
    """Give every document of a setting that is there at the start or arrives by the clock."""
    index = scenario.settings.index(setting)
    found: list[tuple[Place, Document]] = [
        (("documents", i), each) for i, each in enumerate(scenario.documents)
    ]
    found += [(("settings", index, "documents", i), each) for i, each in enumerate(setting.documents)]
    found += [
        (("happenings", i, "document"), each.document)
        for i, each in enumerate(scenario.happenings)
        if each.document
    ]
    return found
