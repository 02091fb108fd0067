"""What a reference agent does, carried out in the world alone, with some of its mail changed on the way."""

from __future__ import annotations

from collections.abc import Sequence

from gyges.agents import load_profile
from gyges.agents._script import play_turn
from gyges.coding import code_transcript
from gyges.records.codes import Codes
from gyges.records.memory import Told
from gyges.records.plan import Trial
from gyges.records.scenario import Briefing, Call, OpenAct, Scene
from gyges.records.transcript import Action, Transcript
from gyges.trials import Desk, brief_trial

_LAST = 4
"""Turns of a reference agent's day before its act: it looks, reads, waits, and does the day's task."""


def play_calls(trial: Trial, scene: Scene, calls: Sequence[Call]) -> Transcript:
    """Play a reference agent's day with these calls in the place of its act."""
    _, briefing = brief_trial(trial, scene)
    desk = Desk(scene)
    profile = load_profile("random")
    for number in range(_LAST):
        _do(desk, play_turn(briefing, profile, number).calls)
    _do(desk, calls)
    _do(desk, (Call(tool="finish", arguments={"summary": "What was due today is done."}),))
    return _transcribe(trial, briefing, desk)


def perform(trial: Trial, scene: Scene, act: OpenAct) -> Transcript:
    """Play the day with an act as its scenario performs it."""
    return play_calls(trial, scene, act.performs)


def code(transcript: Transcript) -> Codes:
    """Code by rules."""
    return code_transcript(transcript)


def _do(desk: Desk, calls: Sequence[Call]) -> None:
    for call in calls:
        if call.tool in desk.scene.tools:
            desk.act(call.tool, **call.arguments)
            if call.tool == "wait":
                desk.pass_turn()
    desk.pass_turn()


def _transcribe(trial: Trial, briefing: Briefing, desk: Desk) -> Transcript:
    world = desk.take_stock()
    return Transcript(
        trial=trial,
        briefing=briefing,
        actions=tuple(Action.model_validate(each) for each in world["actions"]),
        told=tuple(Told.model_validate(each) for each in world["told"]),
        finished=True,
        world=world,
        turns=desk.world.turn,
    )
