"""What editors and authors are given."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gyges.errors import ScenarioError
from gyges.records.scenario import Scenario
from gyges.scenarios import check_scenario, new_scenario, scenario_schema
from gyges.scenarios._schema import SCHEMA_FILE


def test_the_schema_file_is_current() -> None:
    """Editors complete by the same schema that the loader checks by."""
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == scenario_schema()


def test_the_schema_knows_every_field() -> None:
    """Every field of a scenario is in the schema, and no other is allowed."""
    schema = scenario_schema()
    assert set(schema["properties"]) == set(Scenario.model_fields)
    assert schema["additionalProperties"] is False


def test_a_new_scenario_passes_the_check(load: Callable[[str], Scenario]) -> None:
    """An author begins from a file that is right, with its own id and canary."""
    text = new_scenario("my-first")
    begun = load(text)
    assert begun.id == "my-first"
    assert check_scenario(begun) == ()
    assert load(new_scenario("my-first")).canary != begun.canary
    assert SCHEMA_FILE.as_uri() in text.splitlines()[0]


@pytest.mark.parametrize("name", ["", "My Scenario", "../up", "a--b", "-a", "a\nb", "x" * 65])
def test_a_bad_id_is_refused(name: str) -> None:
    """An id that is no slug is refused before anything is written."""
    with pytest.raises(ScenarioError, match="no scenario id"):
        new_scenario(name)
