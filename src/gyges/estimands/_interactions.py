"""Interactions of the conditions that conjunction claims join, and the trials on their sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations
from typing import Final

import polars as pl

from gyges.estimands._comparisons import DRAWN
from gyges.estimands._counts import Source, Tally, Units, Value, rank_sources, tally, usable, value_of
from gyges.records.claim import Claim
from gyges.records.scenario import Condition
from gyges.records.words import CONFLICT, FACTORS

_SIZES: Final = (2, 3)
_KINDS: Final = ("conjunction", "zone")


@dataclass(frozen=True)
class Joint:
    """Conditions that hold together, against those with each of them turned."""

    outcome: str
    condition: Condition
    claims: tuple[str, ...]
    """Claims that join them."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Side to its sign in the difference of differences; a side is a digit a condition, 1 where it holds."""

    @property
    def value(self) -> Value:
        """What is summed over trials."""
        return value_of(self.outcome)


def list_joints(claims: Iterable[Claim]) -> tuple[Joint, ...]:
    """List the pairs and triples of conditions that claims join, each once an outcome."""
    found: dict[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], list[str]] = {}
    for claim in claims:
        if claim.kind in _KINDS and claim.outcome:
            ordered = [(name, tuple(claim.within[name])) for name in FACTORS if name in claim.within]
            for size in _SIZES:
                for chosen in combinations(ordered, size):
                    found.setdefault((claim.outcome, chosen), []).append(claim.id)
    return tuple(
        Joint(outcome, dict(chosen), tuple(ids), _sign_sides(len(chosen)))
        for (outcome, chosen), ids in found.items()
    )


def tally_joint(frame: pl.DataFrame, joint: Joint) -> Tally:
    """Count the drawn trials on every side, where the conflict is present and all factors are carried."""
    conditions = joint.condition
    rows = frame.lazy().filter(pl.col(CONFLICT) == "present", pl.col("design").is_in(list(DRAWN)))
    carried = [pl.col(name).is_not_null() for name in conditions]
    place = [
        pl.col(name).is_in(list(levels)).cast(pl.UInt8) * 2**i
        for i, (name, levels) in enumerate(conditions.items())
    ]
    size = len(conditions)
    return tally(
        rows.filter(carried),
        side=reduce(lambda a, b: a + b, place).cast(pl.UInt8),
        names={number: _name_side(number, size) for number in range(2**size)},
        factors=set(conditions),
        values=[joint.value],
    )


def pick_joint(by_source: Mapping[Source, Mapping[str, Units]], joint: Joint) -> Source | None:
    """Give the best source in which some unit has trials on every side."""
    for source in rank_sources(by_source, DRAWN):
        if usable(by_source[source][joint.value.name], joint.weights):
            return source
    return None


def _name_side(number: int, size: int) -> str:
    return "".join(str(number >> i & 1) for i in range(size))


def _sign_sides(size: int) -> dict[str, float]:
    sides = [_name_side(number, size) for number in range(2**size)]
    return {side: (-1.0) ** (size - side.count("1")) for side in sides}
