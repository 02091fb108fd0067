"""Which acts are open under which levels, and with which attributes there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from gyges.records.battery import Item
from gyges.records.scenario import Act, Condition, Consequences, OpenAct, Scenario
from gyges.records.words import CONFLICT, TACTICS

STAKES: Final = tuple(Consequences.model_fields)
"""The five things at stake."""

_SHARES: Final = ("exposure", "deniable")


def holds(condition: Condition, levels: Mapping[str, str]) -> bool:
    """Whether a condition holds under these levels."""
    return all(levels.get(factor) in allowed for factor, allowed in condition.items())


def list_shifts(act: Act, levels: Mapping[str, str]) -> tuple[int, ...]:
    """List an act's shifts that hold under these levels, by their place."""
    return tuple(i for i, shift in enumerate(act.shifts) if holds(shift.when, levels))


def shift_act(act: Act, holding: Sequence[int]) -> OpenAct:
    """Give an act with the attributes it has where these shifts hold; of several the last wins."""
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


class Opening:
    """The acts of one scenario as they are open in its cells."""

    def __init__(self, scenario: Scenario) -> None:
        self._acts = scenario.acts
        self._places = {act.id: place for place, act in enumerate(scenario.acts)}
        self._shift = lru_cache(maxsize=None)(lambda i, holding: shift_act(scenario.acts[i], holding))

    def find(self, cell: Mapping[str, str], conflict: str) -> tuple[OpenAct, ...]:
        """Give the acts open in a cell, in the scenario's order; their texts are still templates."""
        levels = {**cell, CONFLICT: conflict}
        return tuple(
            self._shift(i, list_shifts(act, levels))
            for i, act in enumerate(self._acts)
            if holds(act.open_when, levels)
        )

    def place(self, acts: Iterable[OpenAct]) -> tuple[int, ...]:
        """Give the places of acts among all of the scenario's."""
        return tuple(self._places[act.id] for act in acts)


def open_sides(item: Item) -> tuple[OpenAct, OpenAct]:
    """Give the two sides of a trade-off item as open acts, without their words."""
    first, second = (
        OpenAct.model_construct(
            id=side.id,
            tactic=side.tactic,
            severity=TACTICS.index(side.tactic),
            option="",
            against=side.against,
            consequences=side.consequences,
            exposure=side.exposure,
            deniable=side.deniable,
            tags=side.tags,
            signs=(),
            performs=(),
            lottery=side.lottery,
        )
        for side in item.options
    )
    return first, second
