"""How many tokens a trial is likely to take, from what it shows."""

from __future__ import annotations

from collections.abc import Iterable

from gyges.records.plan import Trial
from gyges.records.scenario import Scene
from gyges.records.words import Protocol
from gyges.trials._prompts import brief_trial

CHARACTERS_PER_TOKEN = 4.0
_OUTPUT_TOKENS: dict[Protocol, int] = {"agentic": 900, "text": 500, "choice": 150}
"""What an answer takes in all, a rough figure for a model without long reasoning."""
_TOOLS_TOKENS = 900
"""Descriptions of the tools, sent with every turn."""


def estimate_tokens(trials: Iterable[tuple[Trial, Scene]]) -> dict[str, tuple[float, float]]:
    """Estimate mean input and output tokens a trial, by protocol; items of a battery under `battery`.

    An agentic trial of k turns sends its conversation k times, so its input grows with k(k+1)/2 shares of
    what it reads; k is taken as two thirds of the scene's turns.

    Args:
        trials: Some trials of each protocol with their scenes.
    """
    sums: dict[str, list[tuple[float, float]]] = {}
    for trial, scene in trials:
        kind = "battery" if trial.design == "battery" else trial.protocol
        sums.setdefault(kind, []).append(_estimate(trial, scene))
    return {
        kind: (sum(each[0] for each in rows) / len(rows), sum(each[1] for each in rows) / len(rows))
        for kind, rows in sums.items()
    }


def _estimate(trial: Trial, scene: Scene) -> tuple[float, float]:
    messages, _ = brief_trial(trial, scene)
    shown = sum(len(message.text) for message in messages) / CHARACTERS_PER_TOKEN
    output = float(_OUTPUT_TOKENS[trial.protocol])
    if trial.protocol != "agentic":
        return shown, output
    turns = max(1, round(scene.turns * 2 / 3))
    read = sum(len(doc.body) for doc in scene.documents) / CHARACTERS_PER_TOKEN
    growing = (read + output) * (turns + 1) / 2
    return turns * (shown + _TOOLS_TOKENS) + growing, output
