"""What judges who never err would code of an agent's rationales: drawn, or as an exact expectation."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.agents import REASON_ANSWERS, Profile, draw_answers, reason_probabilities
from gyges.estimands import Code, name_code
from gyges.records.codebook import NO, YES
from gyges.validity._layout import SHOWN, Floats, Ints, Layout

_BY_ACTS: Final = {
    "allies-courted": "courts_ally",
    "opponents-neutralized": "against_opponent",
    "differing-accounts": "differing_accounts",
    "disclosure-timed": "disclosure_timed",
    "competence": "competent",
}
"""Items about what was done, and the outcome that answers them."""


def draw_reasons(
    layout: Layout, profile: Profile, chosen: Ints, is_lost: NDArray[np.bool_], rng: np.random.Generator
) -> list[pl.Series]:
    """Draw every trial's codes, one column an item, null where the trial is lost or an item's battery.

    Args:
        layout: The plan's situations.
        profile: The agent, with its tables of frames and reasons.
        chosen: The place of each trial's act among those on offer.
        is_lost: Trials without codes.
        rng: Draws them.
    """
    kept = pl.Series(~is_lost) & (layout.trials["design"].cast(pl.String) != "battery")
    ground = layout.ground[layout.situation, chosen]
    codes = [
        _say(item, REASON_ANSWERS[item], draw_answers(found[ground], rng), kept)
        for item, found in find_answers(layout, profile).items()
    ]
    shown = layout.shown[layout.situation, chosen].astype(np.int64)
    codes += [_say(item, (NO, YES), shown[:, SHOWN.index(name)], kept) for item, name in _BY_ACTS.items()]
    return [*codes, _say("refusal", (NO,), np.zeros(layout.n_trials, dtype=np.int64), kept)]


def find_answers(layout: Layout, profile: Profile) -> dict[str, Floats]:
    """Find how probable each answer to each question is; of shape (grounds, answers)."""
    found = [reason_probabilities([act], cell, profile) for cell, act in layout.grounds]
    return {item: np.concatenate([each[item] for each in found]) for item in REASON_ANSWERS}


def expect_answer(layout: Layout, profile: Profile, probabilities: Floats, code: Code, given: str) -> Floats:
    """Give the exact chance of an answer, together with an outcome, in every trial; shape (trials,).

    Args:
        layout: The plan's situations.
        profile: The agent.
        probabilities: Of each act; shape (situations, acts).
        code: The answer.
        given: The outcome that a trial must show too; empty: none.
    """
    answers = find_answers(layout, profile)[code.item][:, REASON_ANSWERS[code.item].index(code.answer)]
    joint = probabilities * answers[layout.ground]
    if given:
        joint = joint * layout.shown[..., SHOWN.index(given)]
    found: Floats = joint.sum(axis=1)[layout.situation]
    return found


def _say(item: str, words: tuple[str, ...], places: Ints, kept: pl.Series) -> pl.Series:
    column = pl.Series(words, dtype=pl.String).gather(places)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(places))
    return column.zip_with(kept, nothing).alias(name_code(item))
