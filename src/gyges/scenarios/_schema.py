"""What editors and authors are given: the JSON Schema, and a scenario to begin from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from gyges.errors import ScenarioError
from gyges.records.base import Slug
from gyges.records.battery import Battery
from gyges.records.scenario import Scenario

SCHEMA_FILE = Path(__file__).with_name("scenario.schema.json")
"""The schema as shipped, which scenario files name in their first line."""

BATTERY_SCHEMA_FILE = Path(__file__).with_name("battery.schema.json")
"""The same for battery files."""


def scenario_schema() -> dict[str, Any]:
    """Give the JSON Schema of scenario files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Scenario.model_json_schema(),
        "title": "Gyges scenario",
    }


def battery_schema() -> dict[str, Any]:
    """Give the JSON Schema of battery files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Battery.model_json_schema(),
        "title": "Gyges battery",
    }


def write_schema(path: Path = SCHEMA_FILE) -> None:
    """Write the JSON Schema of scenario files to a file."""
    _write(path, scenario_schema())


def write_battery_schema(path: Path = BATTERY_SCHEMA_FILE) -> None:
    """Write the JSON Schema of battery files to a file."""
    _write(path, battery_schema())


def _write(path: Path, schema: dict[str, Any]) -> None:
    path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def new_scenario(id: str) -> str:  # noqa: A002 - the field's name
    """Give the text of a scenario file to begin from: it passes the check as it is.

    Raises:
        ScenarioError: The id is no slug.
    """
    try:
        TypeAdapter(Slug).validate_python(id)
    except ValidationError:
        raise ScenarioError(
            f"'{id}' is no scenario id; an id is lower case with single dashes, like 'night-shift'."
        ) from None
    text = Path(__file__).with_name("template.yaml").read_text(encoding="utf-8")
    text = text.replace("$schema=scenario.schema.json", f"$schema={SCHEMA_FILE.as_uri()}", 1)
    text = re.sub(r"(?m)^id: .*$", f"id: {id}", text, count=1)
    return re.sub(r"GUID [0-9a-f-]{36}", f"GUID {uuid4()}", text, count=1)
