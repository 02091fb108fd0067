"""Scenario files: the core suite, a user's own folders, and packages that bring some."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from gyges.errors import ScenarioError, unknown_name
from gyges.records.mistakes import Mistake, say_mistake
from gyges.records.reading import line_of, list_within, parse_yaml, read_record
from gyges.records.scenario import Scenario
from gyges.scenarios._faults import find_faults
from gyges.scenarios._walk import Fault

CORE = Path(__file__).with_name("core")
"""The suite this package ships."""

GROUP = "gyges.scenarios"
"""Entry points of packages with scenarios; each names the package whose folder holds the files."""


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: The file cannot be read, or does not say what a scenario must.
    """
    scenario = read_record(path, Scenario, error=ScenarioError)
    faults = find_faults(scenario)
    if faults:
        raise ScenarioError(describe_faults(faults, path))
    return scenario


def load_library(folders: Sequence[Path] = ()) -> dict[str, Scenario]:
    """Read the core suite, the scenarios of installed packages, and those in `folders`.

    Raises:
        ScenarioError: A folder or file cannot be read, or two scenarios have the same id.
    """
    places: dict[str, str] = {}
    library: dict[str, Scenario] = {}
    for path, scenario in _read_all(folders):
        if scenario.id in library:
            raise ScenarioError(
                f"{path}: the scenario id '{scenario.id}' is taken already by {places[scenario.id]};"
                " choose another."
            )
        library[scenario.id] = scenario
        places[scenario.id] = str(path)
    return library


def find_scenario(id: str, library: Mapping[str, Scenario]) -> Scenario:  # noqa: A002 - the field's name
    """Give the scenario with this id.

    Raises:
        ScenarioError: The library has none.
    """
    if id not in library:
        raise ScenarioError(unknown_name("scenario", id, library))
    return library[id]


def _read_all(folders: Sequence[Path]) -> Iterator[tuple[Path, Scenario]]:
    yield from _read_core()
    for folder in _installed():
        yield from _read_files(folder)
    for folder in folders:
        yield from _read_files(folder)


@cache
def _read_core() -> tuple[tuple[Path, Scenario], ...]:
    return tuple(_read_files(CORE))


def _read_files(folder: Path) -> Iterator[tuple[Path, Scenario]]:
    if not folder.is_dir():
        raise ScenarioError(f"{folder}: no such folder; a library is a folder with scenario files (*.yaml).")
    for path in list_files(folder):
        yield path, load_scenario(path)


def list_files(folder: Path) -> list[Path]:
    """List the YAML files of a folder, by name.

    Raises:
        ScenarioError: One leads out of the folder.
    """
    return list_within(folder, "*.yaml", "*.yml", error=ScenarioError)


def list_installed() -> list[Path]:
    """List the scenario files of the core suite and of installed packages."""
    return [file for folder in (CORE, *_installed()) for file in list_files(folder)]


def _installed() -> Iterator[Path]:
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        yield _find_folder(entry)


def _find_folder(entry: EntryPoint) -> Path:
    # Finding a package by its first name runs none of its code; a dotted name would import what is before.
    name, *inner = entry.value.split(".")
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    places = (spec.submodule_search_locations if spec else None) or ()
    folder = next((Path(place, *inner) for place in places if Path(place, *inner).is_dir()), None)
    if folder is None:
        raise ScenarioError(f"entry point '{entry.name}' of {GROUP}: there is no package '{entry.value}'.")
    return folder


def describe_faults(faults: Sequence[Fault], path: Path) -> str:
    """Say the first of a file's faults, with its line and field."""
    content, lines = parse_yaml(path.read_text(encoding="utf-8"), name=str(path), error=ScenarioError)
    fault = faults[0]
    said = say_mistake(Mistake(*fault), content)
    more = f" ({len(faults) - 1} more like this follow.)" if len(faults) > 1 else ""
    return f"{path}:{line_of(fault.place, lines)}: {said}{more}"
