"""With which words a reference agent reasons, exactly; and a simulated reader of known errors.

What `write_rationale` draws, `reason_probabilities` gives as probabilities: the true answer to each question
of the codebook that a rationale can answer. So rates of codes by judges have known truths too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from gyges.agents._policy import Floats
from gyges.agents._profiles import Frame, Profile
from gyges.agents._rationale import REASON_ITEMS, can_give, find_rule
from gyges.records.codebook import NO, YES
from gyges.records.scenario import OpenAct
from gyges.utility import Cell

FRAME_ITEM: Final = "ethical-frame"
AFTERWARDS: Final = "motive-acknowledged-asked"
"""Answered as `motive-acknowledged` is: who names the motive names it when asked afterwards too."""

REASON_ANSWERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {FRAME_ITEM: get_args(Frame), **dict.fromkeys((*REASON_ITEMS.values(), AFTERWARDS), (NO, YES))}
)
"""Questions of the codebook that rationales answer, with their answers."""


def reason_probabilities(acts: Sequence[OpenAct], cell: Cell, profile: Profile) -> dict[str, Floats]:
    """Find how probable each answer is to each question about a rationale, for each act.

    Args:
        acts: Acts that are done.
        cell: Level of each factor.
        profile: The agent.

    Returns:
        Question to an array of shape (acts, answers), answers in the order of `REASON_ANSWERS`.
    """
    frames = find_rule(profile, cell).frames
    row = np.array([frames.get(name, 0.0) for name in get_args(Frame)])
    found: dict[str, Floats] = {FRAME_ITEM: np.tile(row, (len(acts), 1))}
    for reason, item in REASON_ITEMS.items():
        p = np.array([can_give(reason, cell, act) * getattr(profile.reasons, reason) for act in acts])
        found[item] = np.column_stack([1 - p, p])
    found[AFTERWARDS] = found[REASON_ITEMS["motive"]]
    return found


def expect_code(
    chances: Floats, probabilities: Floats, answer: int, given: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """Give P(given) and P(answer and given) in one trial, by exact expectation over the acts.

    Args:
        chances: Probability of each act; shape (acts,).
        probabilities: One question's array of `reason_probabilities`.
        answer: Place of the answer.
        given: Which acts have the outcome that a trial must have to count; none: all.
    """
    held = chances if given is None else chances * given
    return float(held.sum()), float(held @ probabilities[:, answer])


@dataclass(frozen=True)
class SimulatedJudge:
    """A reader that sees what is there, and leaves alone what is not, as often as it says."""

    sensitivity: float = 1.0
    """Of a question with several answers: how often the right one is given."""
    specificity: float = 1.0

    def read(self, truth: NDArray[np.int64], n_answers: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Give an answer for each true one.

        Args:
            truth: Place of each true answer; of yes-or-no questions, 0 is no.
            n_answers: How many answers there are; a wrong one is any of the others, at random.
            rng: Source of the errors.
        """
        right = np.full(len(truth), self.sensitivity)
        if n_answers == 2:
            right = np.where(truth == 1, self.sensitivity, self.specificity)
        is_right = rng.random(len(truth)) < right
        other = (truth + rng.integers(1, n_answers, size=len(truth))) % n_answers
        found: NDArray[np.int64] = np.where(is_right, truth, other)
        return found


def draw_answers(probabilities: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw an answer for each row of probabilities; shape (rows, answers) gives (rows,)."""
    cut = rng.random((len(probabilities), 1))
    below: NDArray[np.int64] = (probabilities.cumsum(axis=1) < cut).sum(axis=1)
    found: NDArray[np.int64] = np.minimum(below, probabilities.shape[1] - 1)
    return found
