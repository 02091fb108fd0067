"""The files of a library, and everything that is wrong in one of them, with its lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gyges.errors import Place, say_on_one_line
from gyges.records.battery import Battery
from gyges.records.mistakes import say_place
from gyges.records.reading import Finding, find_findings, line_of, parse_yaml, read_record, read_text
from gyges.records.scenario import Scenario
from gyges.scenarios._batteries import FOLDER, SHIPPED, is_battery_file
from gyges.scenarios._check import check_scenario
from gyges.scenarios._check_battery import check_battery
from gyges.scenarios._library import list_files, list_installed
from gyges.scenarios._problems import Problem


def find_files(folder: Path | None = None) -> list[Path]:
    """List a library's scenario and battery files; none: the shipped and the installed ones."""
    if folder is None:
        return [*list_installed(), *list_files(SHIPPED)]
    return [*list_files(folder), *list_files(folder / FOLDER)]


def check_file(path: Path) -> list[Finding]:
    """List what keeps a file from the suite's standard, or from being read at all; empty: it may join."""
    is_battery = is_battery_file(path)
    unreadable = find_findings(path, Battery if is_battery else Scenario)
    if unreadable:
        return unreadable
    content, lines = parse_yaml(read_text(path), name=str(path))
    if is_battery:
        problems = check_battery(read_record(path, Battery))
        return [_locate_in_battery(each, content, lines) for each in problems]
    problems = check_scenario(read_record(path, Scenario))
    return [_locate_in_scenario(each, content, lines) for each in problems]


def _locate_in_scenario(problem: Problem, content: Any, lines: dict[Place, int]) -> Finding:
    setting, colon, field = problem.where.rpartition(": ")
    place = _find_place(field, content)
    return Finding(
        line_of(place, lines),
        f"{setting}{colon}{say_place(place, content)}",
        say_on_one_line(problem.message),
    )


def _locate_in_battery(problem: Problem, content: Any, lines: dict[Place, int]) -> Finding:
    item, colon, field = problem.where.rpartition(": ")
    place = _find_place(f"items.{item}.{field}" if colon else field, content)
    return Finding(line_of(place, lines), say_place(place, content), say_on_one_line(problem.message))


def _find_place(field: str, content: Any) -> Place:
    """Follow a field's path, in which an item of a list is named by its position or its id."""
    place: list[str | int] = []
    for name in field.split("."):
        part: str | int = name
        if isinstance(content, list):
            ids = [each.get("id") if isinstance(each, dict) else None for each in content]
            part = int(name) if name.isdigit() else ids.index(name) if name in ids else name
        place.append(part)
        if isinstance(content, dict):
            content = content.get(name)
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part]
    return tuple(place)
