"""Which trials rates of codes are about, and what the labels among them stand for.

Labels are drawn at one rate in one cell and at another in the next: a cell is an arm of the draw with one of
the judges' answers. What is put together of several cells must count each by its trials, not by its labels.

*Model:* cell c has N_c trials, of which m_c are labelled and k_c of these are truly so; W_c is its share of
the trials of cells with labels. Then p = Σ W_c·k_c/m_c, and drawn at one rate the labels would be as many as

    m = q(1 − q)/Σ W_c²·q_c(1 − q_c)/m_c,  q_c = (k_c + ½)/(m_c + 1),  q = Σ W_c·q_c:

never fewer than 1/Σ(W_c²/m_c), what they are worth where cells do not differ, and never more than there are.
Of one cell, p is the plain share and m the number of labels.

References:
    Holt & Smith (1979), Post stratification. J. R. Stat. Soc. A 142. Kish (1965), Survey Sampling, 11.7.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.records.words import CONFLICT, PROTOCOLS

Floats = NDArray[np.float64]

DRAWN_BY: Final = ("model", CONFLICT, "threat")
"""Columns whose crossing labels are drawn in where nothing else is known of their draw."""

_DRAWN: Final = ("conjoint", "full-factorial")
_HALF: Final = 0.5
_APART: Final = ("battery", "last-resort")


def list_readable(item: str) -> tuple[str, ...]:
    """List the statuses of trials that an item's rates are about: refusals too, where it asks about them."""
    return ("coded", "unparsed", "refused") if item == "refusal" else ("coded",)


class Rated(NamedTuple):
    """One model's trials that the rates of a code are about."""

    trials: pl.DataFrame
    """Those with the conflict, and the controls without it."""
    protocol: str
    is_drawn: bool
    """Whether those with the conflict are in cells drawn at random."""


def pick_rated(trials: pl.DataFrame, has_code: pl.Expr) -> Rated | None:
    """Pick the trials that the rates of a code are about; none: no trial with the conflict has one.

    They are of the protocol with most such trials and, where cells were drawn at random, of those alone, so
    that arms differ in their own factor and in nothing else. Controls without the conflict stand beside them.

    Args:
        trials: One model's trials: columns `protocol`, `design`, `conflict` and what `has_code` reads.
        has_code: Whether a trial has the code.
    """
    kept = trials.filter(~pl.col("design").is_in(_APART))
    is_present = pl.col(CONFLICT) == "present"
    counted = dict(kept.filter(is_present & has_code)["protocol"].value_counts().iter_rows())
    if not counted:
        return None
    protocol = max(counted, key=lambda name: (counted[name], -PROTOCOLS.index(name)))
    kept = kept.filter(pl.col("protocol") == protocol)
    in_drawn = pl.col("design").is_in(_DRAWN)
    is_drawn = kept.filter(is_present & in_drawn & has_code).height > 0
    if is_drawn:
        kept = kept.filter(in_drawn | ~is_present)
    return Rated(kept, protocol, is_drawn)


def name_cells(columns: Sequence[str], met: Collection[str]) -> pl.Expr:
    """Name each trial's arm of the draw by its values in some columns; one that is not there is left out.

    Args:
        columns: Columns whose crossing labels were drawn in.
        met: Columns that there are.
    """
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in columns if name in met]
    return pl.concat_str(parts, separator="\x1f") if parts else pl.lit("")


def pool_cells(sizes: Floats, labelled: Floats, confirmed: Floats) -> tuple[Floats, Floats]:
    """Put the labels of cells together, along the last axis.

    Args:
        sizes: Trials of each cell.
        labelled: Labels of each.
        confirmed: Those of them that say so.

    Returns:
        How many labels they are worth, and how many of these say so; 0 where there is no label.
    """
    some = labelled > 0
    each = np.where(some, labelled, 1.0)
    n = np.where(some, sizes, 0.0).sum(axis=-1, keepdims=True)
    weights = np.where(some, sizes, 0.0) / np.where(n > 0, n, 1.0)
    share = (weights * confirmed / each).sum(axis=-1)
    smoothed = (confirmed + _HALF) / (each + 2 * _HALF)
    mean = (weights * smoothed).sum(axis=-1)
    variance = (weights**2 * smoothed * (1 - smoothed) / each).sum(axis=-1)
    uneven = (weights**2 / each).sum(axis=-1)
    has = uneven > 0
    fewest = np.where(has, 1 / np.where(has, uneven, 1.0), 0.0)
    worth = mean * (1 - mean) / np.where(has, variance, 1.0)
    worth = np.where(has, np.clip(worth, fewest, np.where(some, labelled, 0.0).sum(axis=-1)), 0.0)
    return worth, worth * share
