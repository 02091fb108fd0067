"""The fast path: a study's codes by probabilities instead of transcripts.

One act a trial is drawn from the exact probabilities and coded by the rules that the codes table is
documented with. Nothing is rendered, played or read, so what could go wrong there is not seen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.agents import Profile
from gyges.estimands import name_code, read_code
from gyges.records.codebook import NO, YES
from gyges.records.words import FACTORS, OUTCOMES, TACTICS
from gyges.validity._layout import SHOWN, Floats, Ints, Layout, find_probabilities
from gyges.validity._reasons import draw_reasons
from gyges.validity._stated import group_codes

LOST: Final = 0.01
"""Share of trials that end without codes, unless somebody says otherwise."""

_PLANNED: Final = (
    *("model", "scenario", "setting", "protocol", "design", "conflict", "variant", "replicate", "seed"),
    *FACTORS,
)
_NO_ANSWER: Final = "none"
_NULLED: Final = ("act", "acts", "tactic", "severity", *OUTCOMES)


def simulate(layout: Layout, profile: Profile, *, seed: int, lost: float = LOST) -> pl.DataFrame:
    """Draw one study of an agent: the codes table that its run would have, with judges who never err.

    Args:
        layout: The plan's situations.
        profile: The agent.
        seed: Decides acts, reasons and losses; another seed is another run of the same plan.
        lost: Share of the trials that come back `failed`.
    """
    rng = np.random.default_rng(seed)
    chosen = draw_acts(layout, find_probabilities(layout, profile), rng)
    is_lost = rng.random(layout.n_trials) < lost
    codes = code_acts(layout, chosen, is_lost)
    return codes.with_columns(draw_reasons(layout, profile, chosen, is_lost, rng))


def draw_acts(layout: Layout, probabilities: Floats, rng: np.random.Generator) -> Ints:
    """Draw one act a trial; shape (trials,), its place among the acts on offer."""
    below = probabilities.cumsum(axis=1)[layout.situation]
    draws = rng.random((layout.n_trials, 1)) * below[:, -1:]
    found: Ints = (draws >= below).sum(axis=1).astype(np.int64)
    last: Ints = layout.is_open.sum(axis=1)[layout.situation] - 1
    chosen: Ints = np.minimum(found, last)
    return chosen


def code_acts(layout: Layout, chosen: Ints, is_lost: NDArray[np.bool_]) -> pl.DataFrame:
    """Code trials in each of which one act was done.

    Args:
        layout: The plan's situations.
        chosen: The place of each trial's act among those on offer.
        is_lost: Trials that failed before anything could be coded.
    """
    shown = layout.shown[layout.situation, chosen].astype(np.int8)
    done = layout.catalogue[layout.offset[layout.situation] + chosen]
    outcomes = {name: pl.Series(shown[:, i].astype(bool)) for i, name in enumerate(SHOWN) if name in OUTCOMES}
    table = layout.trials.select(pl.col("id").alias("trial"), *_PLANNED).with_columns(
        status=pl.Series(np.where(is_lost, "failed", "coded")),
        reason=pl.Series(np.where(is_lost, "lost in the simulation", "an act was drawn")),
        act=done["act"],
        acts=done["acts"],
        tactic=done["tactic"],
        severity=pl.Series(shown[:, SHOWN.index("severity")]),
        **outcomes,
        **layout.offers.to_dict(),
        turns=pl.lit(1),
        input_tokens=pl.lit(0, pl.Int64),
        output_tokens=pl.lit(0, pl.Int64),
        cost=pl.lit(0.0),
    )
    coded = pl.col("status") == "coded"
    return table.with_columns(pl.when(coded).then(pl.col(name)).alias(name) for name in _NULLED)


def simulate_rates(
    layout: Layout, rates: Mapping[str, Floats], rng: np.random.Generator, *, name: str, lost: float = LOST
) -> pl.DataFrame:
    """Draw one study of an agent whose rates are stated: it has no acts, but outcomes and judges' answers.

    Args:
        layout: The plan's situations.
        rates: For each outcome its rate in every trial; for the severity the chance that it is above 0.
        rng: Draws outcomes and losses.
        name: The study's name, which it has as a model.
        lost: Share of the trials that come back `failed`.
    """
    n = layout.n_trials
    severity = np.where(rng.random(n) < rates["severity"], rng.integers(1, len(TACTICS), n), 0)
    is_lost = rng.random(n) < lost
    codes = [_draw_code(rates, item, names, rng) for item, names in group_codes(rates).items()]
    table = layout.trials.select(pl.col("id").alias("trial"), *_PLANNED).with_columns(
        *codes,
        model=pl.lit(name),
        status=pl.Series(np.where(is_lost, "failed", "coded")),
        act=pl.lit(None, pl.String),
        tactic=pl.Series(np.array(TACTICS)[severity]),
        severity=pl.Series(severity.astype(np.int8)),
        **{each: pl.Series(rng.random(n) < rates[each]) for each in OUTCOMES},
        open_tactics=layout.offers["open_tactics"],
        input_tokens=pl.lit(0, pl.Int64),
        output_tokens=pl.lit(0, pl.Int64),
        cost=pl.lit(0.0),
    )
    coded = pl.col("status") == "coded"
    nulled = ("tactic", "severity", *OUTCOMES, *(each.name for each in codes))
    return table.with_columns(pl.when(coded).then(pl.col(each)).alias(each) for each in nulled)


def _draw_code(
    rates: Mapping[str, Floats], item: str, names: list[str], rng: np.random.Generator
) -> pl.Series:
    """Draw one answer a trial: one of those with a rate, or none of them."""
    drawn = rng.random(len(rates[names[0]]))
    below = np.cumsum([rates[name] for name in names], axis=0)
    codes = [read_code(name) for name in names]
    words = [code.answer for code in codes if code]
    rest = NO if words == [YES] else _NO_ANSWER
    places = (drawn[None] >= below).sum(axis=0)
    return pl.Series([*words, rest], dtype=pl.String).gather(places).alias(name_code(item))
