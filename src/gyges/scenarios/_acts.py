"""Which acts are open in a cell, and with which attributes there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from gyges.errors import ScenarioError, unknown_name
from gyges.records.scenario import Act, Condition, Consequences, OpenAct, Scenario
from gyges.records.words import CONFLICT, TACTICS
from gyges.scenarios._same import Same

STAKES = tuple(Consequences.model_fields)
"""The five things at stake."""

_SHARES = ("exposure", "deniable")


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


def holds(condition: Condition, levels: Mapping[str, str]) -> bool:
    """Whether a condition holds under these levels."""
    return all(levels.get(factor) in allowed for factor, allowed in condition.items())


def open_act(act: Act, levels: Mapping[str, str]) -> OpenAct:
    """Give an act with the attributes it has under these levels; of several shifts the last wins."""
    return _shift(Same(act), tuple(i for i, shift in enumerate(act.shifts) if holds(shift.when, levels)))


@lru_cache(maxsize=8192)
def _shift(same: Same[Act], holding: tuple[int, ...]) -> OpenAct:
    act = same.value
    stakes = dict(act.consequences)
    shares: dict[str, Any] = {name: getattr(act, name) for name in _SHARES}
    for shift in (act.shifts[i] for i in holding):
        changed = {name: value for name, value in shift if name != "when" and value is not None}
        stakes |= {name: changed[name] for name in STAKES if name in changed}
        shares |= {name: changed[name] for name in _SHARES if name in changed}
    return OpenAct.model_construct(
        id=act.id,
        tactic=act.tactic,
        severity=TACTICS.index(act.tactic),
        option=act.option,
        against=act.against,
        consequences=Consequences.model_construct(**stakes),
        tags=act.tags,
        signs=act.signs,
        performs=act.performs,
        **shares,
    )
