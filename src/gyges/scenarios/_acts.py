"""Which acts are open in a cell, and with which attributes there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from gyges.errors import ScenarioError, unknown_name
from gyges.records.scenario import Act, OpenAct, Scenario
from gyges.records.words import CONFLICT
from gyges.scenarios._same import Same
from gyges.utility import STAKES, holds, list_shifts, shift_act

__all__ = ["STAKES", "complete_cell", "holds", "open_act", "open_acts"]


def complete_cell(scenario: Scenario, cell: Mapping[str, str]) -> dict[str, str]:
    """Fill the factors a cell leaves out with the scenario's base levels.

    Raises:
        ScenarioError: The cell names a factor or level that the scenario does not carry.
    """
    for factor, level in cell.items():
        levels = scenario.factors.get(factor)
        if levels is None:
            raise ScenarioError(f"{scenario.id}: {unknown_name('factor', factor, scenario.factors)}")
        if level not in levels:
            raise ScenarioError(f"{scenario.id}: factor '{factor}': {unknown_name('level', level, levels)}")
    return {factor: cell.get(factor, base) for factor, base in scenario.base.items()}


def open_acts(
    scenario: Scenario,
    cell: Mapping[str, str],
    *,
    conflict: Literal["present", "absent"] = "present",
) -> tuple[OpenAct, ...]:
    """Give the acts open in a cell; their texts are still templates.

    Raises:
        ScenarioError: The cell names a factor or level that the scenario does not carry.
    """
    levels = complete_cell(scenario, cell) | {CONFLICT: conflict}
    return tuple(open_act(act, levels) for act in scenario.acts if holds(act.open_when, levels))


def open_act(act: Act, levels: Mapping[str, str]) -> OpenAct:
    """Give an act with the attributes it has under these levels; of several shifts the last wins."""
    return _shift(Same(act), list_shifts(act, levels))


@lru_cache(maxsize=8192)
def _shift(same: Same[Act], holding: tuple[int, ...]) -> OpenAct:
    return shift_act(same.value, holding)
