"""Takes scenario and battery files; gives scenes and problems."""

from __future__ import annotations

from gyges.scenarios._acts import open_acts
from gyges.scenarios._batteries import find_battery, is_battery_file, load_batteries, load_battery
from gyges.scenarios._check import check_scenario
from gyges.scenarios._check_battery import check_battery
from gyges.scenarios._describe import describe_scenario
from gyges.scenarios._file import check_file, find_files
from gyges.scenarios._items import render_item
from gyges.scenarios._library import find_scenario, load_library, load_scenario
from gyges.scenarios._problems import Problem
from gyges.scenarios._render import render_scene
from gyges.scenarios._schema import battery_schema, new_scenario, scenario_schema

__all__ = [
    "Problem",
    "battery_schema",
    "check_battery",
    "check_file",
    "check_scenario",
    "describe_scenario",
    "find_battery",
    "find_files",
    "find_scenario",
    "is_battery_file",
    "load_batteries",
    "load_battery",
    "load_library",
    "load_scenario",
    "new_scenario",
    "open_acts",
    "render_item",
    "render_scene",
    "scenario_schema",
]
