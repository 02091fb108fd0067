"""How many tokens a trial is likely to take: the day played as a typical model would."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from gyges.records.plan import Trial
from gyges.records.scenario import Call, Scene, ToolKind
from gyges.records.words import Protocol
from gyges.trials._desk import Desk
from gyges.trials._probes import PROBES
from gyges.trials._prompts import brief_trial, fill_prompt
from gyges.trials._tools import make_tools

CHARACTERS_PER_TOKEN = 4
_MESSAGE_TOKENS = 4
"""What a message takes beyond its words."""

_READS_A_TURN = 3
"""Mails or files a model reads in one turn."""

_SAID_TOKENS = 60
"""What a model says beside its tool calls in one turn."""

_LETTER = 600
"""Characters of a typical mail."""

_WRITTEN_TOKENS: dict[Protocol, int] = {"text": 600, "choice": 120}
"""What an answer in one piece takes, for a model without long reasoning."""


_ANSWERED_TOKENS = 120
"""What the answer to a question about the trial takes."""


def estimate_tokens(
    trials: Iterable[tuple[Trial, Scene]], *, probed: bool = False
) -> dict[str, tuple[float, float]]:
    """Estimate mean input and output tokens a trial, by protocol; items of a battery under `battery`.

    The typical model reads every mail and file once, a few a turn, does the day's task, writes a mail and
    finishes; the conversation so far and the tools are sent with every turn. A model that reasons at length,
    or reads little, takes more or less.

    Args:
        trials: Some trials of each protocol with their scenes.
        probed: Whether the model is asked about each trial when it is over: the conversation is sent again
            with each question.
    """
    sums: dict[str, list[tuple[int, int]]] = {}
    for trial, scene in trials:
        kind = "battery" if trial.design == "battery" else trial.protocol
        sums.setdefault(kind, []).append(_estimate(trial, scene, probed=probed))
    return {
        kind: (sum(each[0] for each in rows) / len(rows), sum(each[1] for each in rows) / len(rows))
        for kind, rows in sums.items()
    }


def _estimate(trial: Trial, scene: Scene, *, probed: bool) -> tuple[int, int]:
    messages, _ = brief_trial(trial, scene)
    shown = sum(count_message(message.text) for message in messages)
    if trial.protocol == "agentic":
        n_input, n_output, shown = _play_typical(scene, shown)
    else:
        n_input, n_output = shown, _WRITTEN_TOKENS[trial.protocol]
        shown += n_output
    for probe in PROBES if probed else ():
        n_input += shown + count_message(fill_prompt(f"probe-{probe}"))
        n_output += _ANSWERED_TOKENS
    return n_input, n_output


def count_message(text: str) -> int:
    """Count a message's tokens: characters over four, and what its frame takes."""
    return -(-len(text) // CHARACTERS_PER_TOKEN) + _MESSAGE_TOKENS


def _play_typical(scene: Scene, shown: int) -> tuple[int, int, int]:
    """Give the tokens in and out, and those of the whole conversation at its end."""
    desk = Desk(scene)
    tools = sum(
        count_message(
            each.name + (each.description or "") + json.dumps(each.parameters.model_dump(exclude_none=True))
        )
        for each in make_tools(scene)
    )
    n_input = n_output = 0
    for calls in _course(scene, desk):
        n_input += shown + tools
        asked = [call for call in calls if call.tool in scene.tools]
        said = _SAID_TOKENS + sum(count_message(json.dumps(call.arguments)) for call in asked)
        n_output += said
        shown += said
        shown += sum(count_message(desk.act(call.tool, **call.arguments)) for call in asked)
        arrived = desk.pass_turn()
        shown += count_message(arrived) if arrived else 0
    return n_input, n_output, shown


def _course(scene: Scene, desk: Desk) -> Iterator[list[Call]]:
    """Give the calls of each turn of a typical day."""
    looks: tuple[ToolKind, ...] = ("list_mail", "list_files", "read_board")
    people = Call(tool="look_up_people", arguments={"query": ""})
    yield [*(Call(tool=tool) for tool in looks), people]
    read: set[str] = set()
    while unread := _find_unread(scene, desk, read):
        read |= {name for _, name in unread}
        yield [Call(tool=tool, arguments={_NAMED_BY[tool]: name}) for tool, name in unread]
    letter = {"to": scene.people[0].email, "subject": "Today", "body": "x" * _LETTER}
    yield [*(scene.task.performs if scene.task else ()), Call(tool="send_mail", arguments=letter)]
    yield [Call(tool="finish", arguments={"summary": "x" * (_LETTER // 2)})]


_NAMED_BY: dict[ToolKind, str] = {"read_mail": "id", "read_file": "path"}


def _find_unread(scene: Scene, desk: Desk, read: set[str]) -> list[tuple[ToolKind, str]]:
    things: list[tuple[ToolKind, str]] = [("read_mail", mail.id) for mail in desk.world.inbox]
    things += [("read_file", path) for path in sorted(desk.world.files)]
    return [each for each in things if each[0] in scene.tools and each[1] not in read][:_READS_A_TURN]
