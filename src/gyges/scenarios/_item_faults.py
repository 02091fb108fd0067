"""What makes a battery unusable, whatever its content: wrong names, unequal sides, bad templates."""

from __future__ import annotations

from collections.abc import Iterator

from gyges.errors import unknown_name
from gyges.records.battery import Battery, Item
from gyges.records.words import FACTORS
from gyges.scenarios._names import DATES
from gyges.scenarios._templates import BadTemplateError, Name, read_names
from gyges.scenarios._walk import Fault, Place, walk

LONGEST = 100_000
"""Characters that one text may come to once its names are filled in."""

_PLAIN = {"canary", "id", "title", "summary", "organizations", "agent_names"}
"""Fields of a battery that are no templates."""

_FIRST: frozenset[Name] = frozenset(
    {("org",), ("org_short",), ("agent", "name"), *(("d", each) for each in DATES)}
)


def find_battery_faults(battery: Battery) -> list[Fault]:
    """Find everything that keeps a battery from being rendered."""
    structure = [*_find_doubles(battery), *_find_wrong_items(battery), *_find_empty_wording(battery)]
    return structure or list(_find_template_faults(battery))


def _find_doubles(battery: Battery) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, item in enumerate(battery.items):
        if item.id in seen:
            yield Fault(("items", i, "id"), f"the id '{item.id}' is taken already; choose another")
        seen.add(item.id)


def _find_wrong_items(battery: Battery) -> Iterator[Fault]:
    for i, item in enumerate(battery.items):
        place: Place = ("items", i)
        yield from _find_wrong_cell(item, (*place, "cell"))
        yield from _find_wrong_sides(item, (*place, "options"))


def _find_wrong_cell(item: Item, place: Place) -> Iterator[Fault]:
    for factor, level in item.cell.items():
        if factor not in FACTORS:
            yield Fault((*place, factor), unknown_name("factor", factor, FACTORS))
        elif level not in FACTORS[factor]:
            yield Fault((*place, factor), unknown_name("level", level, FACTORS[factor]))


def _find_wrong_sides(item: Item, place: Place) -> Iterator[Fault]:
    names = item.family.split("-vs-")
    if names[0] == names[1]:
        yield Fault((*place[:-1], "family"), "it sets one thing against itself")
    for k, (side, name) in enumerate(zip(item.options, names, strict=True)):
        if side.id != name:
            yield Fault((*place, k, "id"), f"expected '{name}', by the family's name, found '{side.id}'")
    one, other = (len(side.text) for side in item.options)
    if one != other:
        yield Fault((*place, 1, "text"), f"expected {one} wordings, as the other side has, found {other}")


def _find_empty_wording(battery: Battery) -> Iterator[Fault]:
    for slot, texts in battery.wording.items():
        if not texts:
            yield Fault(("wording", slot), "a wording needs at least one text")


def _find_template_faults(battery: Battery) -> Iterator[Fault]:
    slots = {("w", slot) for slot in battery.wording}
    longest = max((len(text) for texts in battery.wording.values() for text in texts), default=0)
    for place, text in walk(battery):
        if not isinstance(text, str):
            continue
        try:
            used = read_names(text)
        except BadTemplateError as fault:
            yield Fault(place, str(fault))
            continue
        known = _FIRST if place[0] == "wording" else _FIRST | slots
        known = frozenset() if place[0] in _PLAIN else known
        for name in sorted(used - known):
            yield Fault(place, _unknown(name, known))
        if used & slots and len(text) + text.count("{{") * longest > LONGEST:
            yield Fault(place, f"with its wordings filled in it could be longer than {LONGEST} characters")


def _unknown(name: Name, known: frozenset[Name]) -> str:
    if not known:
        return "this field is plain text; no names can be used in it"
    return unknown_name("name", ".".join(name), (".".join(each) for each in known))
