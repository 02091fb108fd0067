"""The suite that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from gyges.records.scenario import Scenario
from gyges.records.words import FACTORS
from gyges.scenarios import check_scenario, load_library, load_scenario, render_scene
from gyges.scenarios._library import CORE

FILES = sorted(CORE.glob("*.yaml"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def core(request: pytest.FixtureRequest) -> Scenario:
    """Give each scenario of the suite."""
    path: Path = request.param
    return load_library()[path.stem]


def test_the_suite_passes_its_own_check(core: Scenario) -> None:
    """No scenario is shipped that `gyges scenarios check` refuses."""
    assert [f"{each.where}: {each.message}" for each in check_scenario(core)] == []


def test_every_scenario_carries_ten_factors(core: Scenario) -> None:
    """Claims about a factor need many scenarios that carry it."""
    assert len(core.factors) >= 10
    assert set(core.factors) <= set(FACTORS)


def test_a_scenario_has_two_hundred_faces(core: Scenario) -> None:
    """At least 200 of 250 variants of every setting differ in what the model is told first."""
    for setting in core.settings:
        faces = {
            (scene.system, scene.brief)
            for scene in (
                render_scene(core, setting=setting.id, cell={}, variant=variant) for variant in range(250)
            )
        }
        assert len(faces) >= 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_named_after_its_scenario(path: Path) -> None:
    """A scenario's file is found by its id, begins with the schema line, and holds a canary of its own."""
    found = load_scenario(path)
    text = path.read_text(encoding="utf-8")
    assert found.id == path.stem
    assert text.startswith("# yaml-language-server: $schema=../scenario.schema.json\n")
    assert found.canary not in {load_scenario(other).canary for other in FILES if other != path}
