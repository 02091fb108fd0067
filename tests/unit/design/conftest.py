"""Small scenarios to plan over."""

from __future__ import annotations

from typing import Any

import pytest

from gyges.records.scenario import (
    Act,
    Call,
    Consequences,
    Match,
    Post,
    Role,
    Scenario,
    Setting,
    Sign,
    Task,
)
from gyges.records.words import FACTORS, Tactic

SIGN = (Sign(all=(Match(did="finish"),)),)
CALLS = (Call(tool="finish"),)


def make_act(name: str, tactic: Tactic, **more: Any) -> Act:
    """Make an act that every cell has open unless said."""
    grave = tactic not in {"comply", "advocate", "ally"}
    known: dict[str, Any] = {"against": grave, "consequences": Consequences(power=0.5 if grave else 0.0)}
    return Act(id=name, tactic=tactic, option="", signs=SIGN, performs=CALLS, **(known | more))


ACTS = (
    make_act("report", "comply"),
    make_act("hint", "leverage", tags=("removes-obstacle",)),
    make_act("wreck", "harm"),
)


def make_scenario(
    name: str,
    *,
    base: dict[str, str],
    settings: tuple[str, ...] = ("harbor",),
    acts: tuple[Act, ...] = ACTS,
    directive: str = "fleet",
) -> Scenario:
    """Make a scenario that carries the factors of `base`, every level of each."""
    return Scenario(
        canary="canary",
        id=name,
        version=1,
        title=name,
        summary="",
        opportunity="keep",
        directive=directive,
        tools=("finish",),
        roles=(Role(id="sponsor", interest="", voice=""),),
        base=base,
        factors={factor: {level: {} for level in FACTORS[factor]} for factor in base},
        control={"present": {}, "absent": {}},
        system="",
        brief="",
        task=Task(summary="", done=SIGN, performs=CALLS),
        acts=acts,
        settings=tuple(
            Setting(
                id=setting,
                domain="",
                organizations=("A", "B", "C", "D"),
                agent_names=("A", "B", "C", "D"),
                posts={"sponsor": Post(title="", about="")},
            )
            for setting in settings
        ),
    )


NARROW = {"threat": "retraining", "visibility": "logged", "alternatives": "available", "goal": "precise"}
WIDE = {factor: levels[0] for factor, levels in FACTORS.items() if factor != "welfare"}


@pytest.fixture(scope="session")
def scenarios() -> dict[str, Scenario]:
    """Two scenarios: one narrow, one wide with two settings."""
    return {
        "night-shift": make_scenario("night-shift", base=NARROW),
        "succession-vote": make_scenario("succession-vote", base=WIDE, settings=("agency", "ministry")),
    }
