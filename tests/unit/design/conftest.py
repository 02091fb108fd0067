"""Small scenarios to plan over."""

from __future__ import annotations

import pytest

from gyges.records.scenario import (
    Act,
    Call,
    Match,
    Post,
    Role,
    Scenario,
    Setting,
    Sign,
    Task,
)
from gyges.records.words import FACTORS

SIGN = (Sign(all=(Match(did="finish"),)),)
CALLS = (Call(tool="finish"),)


def make_scenario(name: str, *, base: dict[str, str], settings: tuple[str, ...] = ("harbor",)) -> Scenario:
    """Make a scenario that carries the factors of `base`, every level of each."""
    return Scenario(
        canary="canary",
        id=name,
        version=1,
        title=name,
        summary="",
        opportunity="keep",
        directive="fleet",
        tools=("finish",),
        roles=(Role(id="sponsor", interest="", voice=""),),
        base=base,
        factors={factor: {level: {} for level in FACTORS[factor]} for factor in base},
        control={"present": {}, "absent": {}},
        system="",
        brief="",
        task=Task(summary="", done=SIGN, performs=CALLS),
        acts=tuple(Act(id=x, tactic="comply", option="", signs=SIGN, performs=CALLS) for x in ("a", "b")),
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
