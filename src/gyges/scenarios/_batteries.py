"""Battery files: those of this package, and those in the `batteries` folder of a library of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from gyges.errors import InputError, ScenarioError, unknown_name
from gyges.records.battery import Battery
from gyges.records.reading import read_record, read_text
from gyges.scenarios._item_faults import find_battery_faults
from gyges.scenarios._library import describe_faults, list_files

FOLDER = "batteries"
"""Folder, inside a library, that holds its batteries."""

SHIPPED = Path(__file__).with_name(FOLDER)
"""The batteries this package ships."""

_ITEMS = re.compile(r"^items[ \t]*:", re.MULTILINE)


def load_battery(path: Path) -> Battery:
    """Read a battery file.

    Raises:
        ScenarioError: The file cannot be read, or does not say what a battery must.
    """
    battery = read_record(path, Battery, error=ScenarioError)
    faults = find_battery_faults(battery)
    if faults:
        raise ScenarioError(describe_faults(faults, path))
    return battery


def load_batteries(folders: Sequence[Path] = ()) -> dict[str, Battery]:
    """Read the shipped batteries and those in the folder `batteries` of each of `folders`.

    Raises:
        ScenarioError: A file cannot be read, or two batteries have the same id.
    """
    found: dict[str, Battery] = {}
    places: dict[str, Path] = {}
    for path, battery in _read_all(folders):
        if battery.id in found:
            raise ScenarioError(
                f"{path}: the battery id '{battery.id}' is taken already by {places[battery.id]};"
                " choose another."
            )
        found[battery.id] = battery
        places[battery.id] = path
    return found


def find_battery(id: str, batteries: Mapping[str, Battery]) -> Battery:  # noqa: A002 - the field's name
    """Give the battery with this id.

    Raises:
        ScenarioError: There is none.
    """
    if id not in batteries:
        raise ScenarioError(unknown_name("battery", id, batteries))
    return batteries[id]


def is_battery_file(path: Path) -> bool:
    """Whether a file says that it holds items, as batteries do and scenarios do not."""
    try:
        return _ITEMS.search(read_text(path)) is not None
    except InputError:
        return False


def _read_all(folders: Sequence[Path]) -> Iterator[tuple[Path, Battery]]:
    yield from _read_shipped()
    for folder in folders:
        for path in list_files(folder / FOLDER):
            yield path, load_battery(path)


@cache
def _read_shipped() -> tuple[tuple[Path, Battery], ...]:
    return tuple((path, load_battery(path)) for path in list_files(SHIPPED))
