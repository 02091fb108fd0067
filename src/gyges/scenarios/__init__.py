"""Takes scenario files; gives scenes and problems."""

from __future__ import annotations

from gyges.scenarios._acts import open_acts
from gyges.scenarios._check import check_scenario
from gyges.scenarios._file import check_file
from gyges.scenarios._library import find_scenario, list_files, load_library, load_scenario
from gyges.scenarios._problems import Problem
from gyges.scenarios._render import render_scene
from gyges.scenarios._schema import new_scenario, scenario_schema

__all__ = [
    "Problem",
    "check_file",
    "check_scenario",
    "find_scenario",
    "list_files",
    "load_library",
    "load_scenario",
    "new_scenario",
    "open_acts",
    "render_scene",
    "scenario_schema",
]
