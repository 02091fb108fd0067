"""Everything that is wrong in one scenario file, with its lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gyges.errors import Place
from gyges.records.mistakes import say_place
from gyges.records.reading import Finding, find_findings, line_of, parse_yaml, read_record
from gyges.records.scenario import Scenario
from gyges.scenarios._check import check_scenario


def check_file(path: Path) -> list[Finding]:
    """List what keeps a file from the suite's standard, or from being read at all; empty: it may join."""
    unreadable = find_findings(path, Scenario)
    if unreadable:
        return unreadable
    scenario = read_record(path, Scenario)
    content, lines = parse_yaml(path.read_text(encoding="utf-8"), name=str(path))
    found = []
    for problem in check_scenario(scenario):
        setting, colon, field = problem.where.rpartition(": ")
        place = _find_place(field, content)
        found.append(
            Finding(line_of(place, lines), f"{setting}{colon}{say_place(place, content)}", problem.message)
        )
    return found


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
