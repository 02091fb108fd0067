"""A plan: one trial a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gyges.records.base import Record
from gyges.records.study import DesignKind
from gyges.records.words import Protocol

if TYPE_CHECKING:
    import polars as pl


class Trial(Record):
    """One model in one scenario in one cell with one seed."""

    id: str
    """Stable: the same study and seed give the same ids."""
    model: str
    scenario: str
    setting: str
    protocol: Protocol
    design: DesignKind
    conflict: Literal["present", "absent"]
    variant: int
    replicate: int
    seed: int
    cell: dict[str, str]
    """The level of every factor the scenario carries."""

    @property
    def withholds_milder(self) -> bool:
        """Whether acts milder than harm are withheld: every second `last-resort` trial of a cell."""
        return self.design == "last-resort" and self.replicate % 2 == 1


@dataclass(frozen=True)
class Plan:
    """The trials of a study."""

    table: pl.DataFrame
    """One row a trial: the fields of `Trial`, with one column a factor (null where not carried)."""
