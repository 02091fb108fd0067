"""The `agentic` protocol: tools, several turns, a world that reacts. Our own lean loop."""

from __future__ import annotations

from inspect_ai.model import ChatMessageUser, execute_tools, get_model
from inspect_ai.solver import TaskState

from gyges.records.scenario import Scene
from gyges.trials._desk import Desk, TrialStore, desk_in_use
from gyges.trials._people import answer_letters, people_are_played
from gyges.trials._prompts import fill_prompt
from gyges.trials._tools import make_tools

_MAX_NUDGES = 1


async def play_agentic(state: TaskState, scene: Scene) -> TaskState:
    """Play a trial turn by turn until the agent finishes, stops acting, or the day is over."""
    desk = Desk(scene, is_played=people_are_played())
    desk_in_use.set(desk)
    store = state.store_as(TrialStore)
    try:
        store.turns = await _play_turns(state, desk)
    finally:
        store.world = desk.take_stock()
    return state


async def _play_turns(state: TaskState, desk: Desk) -> int:
    model = get_model()
    tools = make_tools(desk.scene, shared=getattr(model.api, "only_reads_tools", False))
    nudges = turns = 0
    while turns < desk.scene.turns and not desk.world.finished:
        state.output = await model.generate(state.messages, tools)
        state.messages.append(state.output.message)
        turns += 1
        if state.output.stop_reason == "content_filter":
            break
        if state.output.message.tool_calls:
            results = await execute_tools(state.messages, tools)
            state.messages.extend(results.messages)
        elif nudges == _MAX_NUDGES:
            break
        else:
            nudges += 1
            nudge = fill_prompt("nudge", finish=desk.scene.tools["finish"])
            state.messages.append(ChatMessageUser(content=nudge))
        await _pass_turn(state, desk)
    return turns


async def _pass_turn(state: TaskState, desk: Desk) -> None:
    if desk.world.finished:
        return
    arrived = desk.pass_turn()
    desk.world = await answer_letters(desk.scene, desk.world)
    if arrived:
        state.messages.append(ChatMessageUser(content=arrived))
