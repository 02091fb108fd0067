"""A small scenario that passes the check, to break in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gyges.records.reading import parse_yaml
from gyges.records.scenario import Scenario
from gyges.scenarios import load_scenario, new_scenario


@pytest.fixture
def text() -> str:
    """Give the text of a scenario file without a fault."""
    return new_scenario("dock-desk")


@pytest.fixture
def content(text: str) -> dict[str, Any]:
    """Give the same as plain values."""
    content, _ = parse_yaml(text, name="dock-desk.yaml")
    assert isinstance(content, dict)
    return content


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Scenario]:
    """Give what loads a scenario from its text."""

    def load_text(text: str) -> Scenario:
        path = tmp_path / "dock-desk.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scenario(path)

    return load_text


@pytest.fixture
def scenario(load: Callable[[str], Scenario], text: str) -> Scenario:
    """Give the scenario without a fault."""
    return load(text)
