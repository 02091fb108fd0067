"""Within a tactic that was taken, whether a deniable act was taken rather than one that is not.

*Model:* the multinomial logit of `_worths` over two kinds of act, deniable or not, in the trials in which an
act of each kind was open and the tactic was the gravest taken. It describes: acts of a tactic differ in more
than their deniability, and whether deniability is what counts is for the values model to say.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from gyges.analysis._jackknife import Array, spread_fit
from gyges.analysis._worths import Menu, add_menus, fit_worths
from gyges.estimands import OPEN_COUNTS, OPEN_DENIABLE, SEVERITY, Unit, unpack_counts

NO_PREMIUM: Final[dict[str, Any]] = {
    "deniable_n": 0,
    "deniable_share": None,
    "deniable_worth": None,
    "deniable_low": None,
    "deniable_high": None,
}
"""What is known of a tactic that left no choice between the two kinds."""


def measure_premium(rows: pl.LazyFrame, rung: int) -> dict[str, Any]:
    """Measure a tactic's premium on deniable acts.

    Args:
        rows: One model's trials.
        rung: The tactic's place on the ladder.

    Returns:
        The fields of a `TacticWorth` that begin with `deniable_`.
    """
    choices = _count(rows, rung)
    n, taken = np.sum([each.sum(axis=0) for each in map(_stack, choices.values())] or [[0, 0]], axis=0)
    if not n + taken:
        return NO_PREMIUM
    found = spread_fit(
        lambda units: fit_worths(add_menus([choices[unit] for unit in units])), sorted(choices)
    )
    value, half = float(found.values[1]), found.half_width(np.array([0.0, 1.0]))
    return {
        "deniable_n": round(n + taken),
        "deniable_share": float(taken / (n + taken)),
        "deniable_worth": value,
        "deniable_low": value - half,
        "deniable_high": value + half,
    }


def _stack(menus: dict[Menu, Array]) -> Array:
    return np.array(list(menus.values()))


def _count(rows: pl.LazyFrame, rung: int) -> dict[Unit, dict[Menu, Array]]:
    """Count choices by unit, of menus (not deniable, deniable) with both kinds on offer."""
    keys = ("scenario", "setting", OPEN_COUNTS, OPEN_DENIABLE, "deniable_act")
    counted = (
        rows.filter((pl.col("status") == "coded") & (pl.col(SEVERITY) == rung))
        .with_columns(pl.col("scenario", "setting").cast(pl.String))
        .group_by(keys)
        .agg(trials=pl.len().cast(pl.Int64))
        .sort(keys)
        .collect()
    )
    found: dict[Unit, dict[Menu, Array]] = {}
    for scenario, setting, packed, deniable, is_deniable, trials in counted.iter_rows():
        some = unpack_counts(deniable or 0)[rung]
        others = unpack_counts(packed or 0)[rung] - some
        if some and others > 0:
            taken = found.setdefault(Unit(scenario, setting), {}).setdefault((others, some), np.zeros(2))
            taken[int(bool(is_deniable))] += trials
    return found
