"""What judges who never err would code of an agent's rationales."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.agents import Profile, find_frame_chances, find_reason_chances
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
    kept = ~is_lost & (layout.trials["design"] != "battery").to_numpy()
    items, chances = reason_chances(layout, profile)
    drawn = rng.random((layout.n_trials, len(items))) < chances[layout.situation, chosen]
    codes = [_say(item, drawn[:, i], kept) for i, item in enumerate(items)]
    shown = layout.shown[layout.situation, chosen]
    codes += [_say(item, shown[:, SHOWN.index(name)] > 0, kept) for item, name in _BY_ACTS.items()]
    codes.append(_say("refusal", np.zeros(layout.n_trials, dtype=bool), kept))
    frames, shares = frame_chances(layout, profile)
    below = shares.cumsum(axis=1)[layout.situation]
    place = np.minimum((rng.random((layout.n_trials, 1)) >= below).sum(axis=1), len(frames) - 1)
    words = [frames[i] if keeps else None for i, keeps in zip(place, kept, strict=True)]
    return [pl.Series("code_ethical_frame", words, dtype=pl.String), *codes]


def reason_chances(layout: Layout, profile: Profile) -> tuple[tuple[str, ...], Floats]:
    """Give the items that a rationale answers, and the chance of a yes; shape (situations, acts, items)."""
    first = find_reason_chances(profile, layout.cells[0], layout.acts[0][0])
    found = np.zeros((*layout.is_open.shape, len(first)))
    for s, (cell, acts) in enumerate(zip(layout.cells, layout.acts, strict=True)):
        # Which reasons can be given hangs on the cell, and on whether the act is against anybody's wishes.
        known = {act.against: act for act in acts}
        rows = {kind: list(find_reason_chances(profile, cell, each).values()) for kind, each in known.items()}
        for a, act in enumerate(acts):
            found[s, a] = rows[act.against]
    return tuple(first), found


def frame_chances(layout: Layout, profile: Profile) -> tuple[tuple[str, ...], Floats]:
    """Give the frames of a profile, and how likely each is; shape (situations, frames)."""
    frames = tuple(sorted(set(_name_frames(profile))))
    found = np.zeros((len(layout.acts), len(frames)))
    for s, cell in enumerate(layout.cells):
        for frame, chance in find_frame_chances(profile, cell).items():
            found[s, frames.index(frame)] = chance
    return frames, found


def _name_frames(profile: Profile) -> Iterator[str]:
    for rule in profile.frames:
        yield from rule.frames


def _say(item: str, answers: NDArray[np.bool_], kept: NDArray[np.bool_]) -> pl.Series:
    words = np.where(answers, YES, NO)
    column = pl.Series(f"code_{item.replace('-', '_')}", words, dtype=pl.String)
    return column.zip_with(pl.Series(kept), pl.Series([None], dtype=pl.String).new_from_index(0, len(words)))
