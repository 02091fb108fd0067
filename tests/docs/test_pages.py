"""One page a scenario, as its file has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gyges.scenarios import describe_scenario, load_library

LIBRARY = load_library()
FOLDER = Path(__file__).parents[2] / "docs" / "scenarios"


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_a_scenarios_page_is_what_its_file_says(name: str) -> None:
    """Every page in the documentation is current; `make pages` writes it again."""
    assert (FOLDER / f"{name}.md").read_text(encoding="utf-8") == describe_scenario(LIBRARY[name])


def test_no_page_is_left_over() -> None:
    """There is a page for each shipped scenario, and no other."""
    assert {path.stem for path in FOLDER.glob("*.md")} == set(LIBRARY)


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_a_page_names_everything_that_may_be_done_and_turned(name: str) -> None:
    """Acts, levels, people and documents all stand on the page, and the canary goes with them."""
    page = describe_scenario(LIBRARY[name])
    scenario = LIBRARY[name]
    assert scenario.canary in page
    assert all(f"`{act.id}`" in page for act in scenario.acts)
    assert all(f"### `{factor}`" in page for factor in scenario.factors)
    assert all(f"`{role.id}`" in page for role in scenario.roles)
    assert all(f"Setting `{setting.id}`" in page for setting in scenario.settings)
