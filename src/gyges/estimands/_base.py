"""Which trials show a scenario's base condition, and which protocol decides there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from gyges.estimands._trials import OFF_BASE
from gyges.records.words import CONFLICT, PROTOCOLS, Protocol

_PRESENT: Final = (pl.col(CONFLICT) == "present") & (pl.col("design") != "last-resort")
_MADE: Final = _PRESENT & (pl.col("design") == "base")

MARK_BASE: Final = (
    pl.when(_MADE.any().over("model", "scenario")).then(_MADE).otherwise(_PRESENT & (pl.col(OFF_BASE) == 0))
)
"""Trials at the base condition: the `base` ones; where a scenario has none, all that fell into its cell."""


def choose_protocol(trials: Mapping[Protocol, int], min_trials: int) -> Protocol:
    """Choose the protocol that decides: `agentic` with enough trials, else the one with most."""
    if trials.get("agentic", 0) >= min_trials:
        return "agentic"
    return max(PROTOCOLS, key=lambda name: trials.get(name, 0))
