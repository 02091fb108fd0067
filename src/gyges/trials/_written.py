"""The protocols with one written answer: `text` and `choice`."""

from __future__ import annotations

import re

from inspect_ai.model import get_model
from inspect_ai.solver import TaskState

from gyges.records.scenario import Briefing, Call, Scene, ToolKind
from gyges.trials._desk import Desk, TrialStore
from gyges.trials._prompts import LETTERS

_BLOCK = re.compile(r"^ACTION[ \t]+([\w-]{1,64})[ \t]*\n(.*?)^END[ \t]*$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^([a-z]{1,20}):[ \t]?(.*)$")
_ANSWER = re.compile(r"[*_`]{0,3}ANSWER:[ \t]*[*_`]{0,3}([A-Z])[*_`]{0,3}\.?")
_FIELDS = {
    "to",
    "subject",
    "body",
    "path",
    "content",
    "control",
    "value",
    "ballot",
    "option",
    "turns",
    "summary",
}


async def play_text(state: TaskState, scene: Scene) -> TaskState:
    """Take one written answer and carry out its action blocks in the world."""
    state.output = await get_model().generate(state.messages)
    state.messages.append(state.output.message)
    desk = Desk(scene)
    for _ in range(max((each.at for each in scene.happenings), default=0)):
        desk.pass_turn()
    for call in parse_actions(state.output.completion, scene.tools):
        desk.act(call.tool, **call.arguments)
        if call.tool == "wait":
            desk.pass_turn()
    store = state.store_as(TrialStore)
    store.world = desk.take_stock()
    store.turns = 1
    return state


async def play_choice(state: TaskState, briefing: Briefing) -> TaskState:
    """Take one written answer and read the act it chooses."""
    state.output = await get_model().generate(state.messages)
    state.messages.append(state.output.message)
    store = state.store_as(TrialStore)
    store.chosen = parse_choice(state.output.completion, briefing.options)
    store.turns = 1
    return state


def parse_actions(answer: str, tools: dict[ToolKind, str]) -> list[Call]:
    """Read the action blocks of a written answer; what is not in a well-formed block is left out."""
    kinds = {name: kind for kind, name in tools.items()}
    calls = []
    for name, body in _BLOCK.findall(answer):
        if name in kinds:
            calls.append(Call(tool=kinds[name], arguments=_parse_fields(body)))
    return calls


def _parse_fields(body: str) -> dict[str, str]:
    fields: dict[str, list[str]] = {}
    current: list[str] = []
    for line in body.splitlines():
        found = _FIELD.match(line)
        if found and found[1] in _FIELDS and found[1] not in fields:
            current = fields.setdefault(found[1], [])
            current.append(found[2])
        else:
            current.append(line)
    return {name: "\n".join(lines).strip() for name, lines in fields.items()}


def parse_choice(answer: str, options: tuple[str, ...]) -> str | None:
    """Read the chosen act: one `ANSWER:` line, the last, with a letter on offer. Anything else is none."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    answers = [line for line in lines if "ANSWER:" in line]
    if len(answers) != 1 or answers[0] != lines[-1]:
        return None
    found = _ANSWER.fullmatch(lines[-1])
    index = LETTERS.index(found[1]) if found else len(options)
    return options[index] if index < len(options) else None
