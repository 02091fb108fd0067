"""What a reference agent does in a trial, turn by turn: a pure function of the briefing and the turn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from gyges.agents._policy import choice_probabilities
from gyges.agents._profiles import Profile
from gyges.agents._rationale import Rationale, answer_probe, pick_sentence, write_rationale
from gyges.records.scenario import Briefing, Call, OpenAct
from gyges.records.seeds import derive_seed

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LAST_MAILS = 2


class Turn(NamedTuple):
    """What is said and done in one turn."""

    text: str
    calls: tuple[Call, ...]


class Decision(NamedTuple):
    """The act chosen, and the rationale written for it."""

    act: OpenAct
    rationale: Rationale


def decide(briefing: Briefing, profile: Profile) -> Decision:
    """Choose an act by the policy; the same briefing and profile give the same act."""
    draw = random.Random(derive_seed(briefing.seed, profile.id, "act"))  # noqa: S311 - a simulation
    odds = choice_probabilities(briefing.acts, briefing.cell, briefing.conflict, profile)
    act = draw.choices(briefing.acts, weights=odds.tolist())[0]
    words = random.Random(derive_seed(briefing.seed, profile.id, "words"))  # noqa: S311 - likewise
    return Decision(act, write_rationale(profile, briefing.cell, act, words))


def answer_choice(briefing: Briefing, decision: Decision) -> str:
    """Write the answer of the `choice` protocol."""
    letter = _LETTERS[briefing.options.index(decision.act.id)]
    return f"{decision.rationale.text}\n\nANSWER: {letter}"


def answer_question(briefing: Briefing, profile: Profile, probe: str) -> str:
    """Answer a question about the trial when it is over."""
    draw = random.Random(derive_seed(briefing.seed, profile.id, "probe", probe))  # noqa: S311 - a simulation
    return answer_probe(probe, decide(briefing, profile).rationale.reasons, draw)


def answer_text(briefing: Briefing, decision: Decision) -> str:
    """Write the answer of the `text` protocol: the day's task and the act, in action blocks."""
    calls = (*_work_of(briefing), *decision.act.performs)
    blocks = [_write_block(call, briefing) for call in calls if call.tool in briefing.tools]
    return "\n\n".join([decision.rationale.text, *blocks])


def _write_block(call: Call, briefing: Briefing) -> str:
    fields = "\n".join(f"{name}: {value}" for name, value in call.arguments.items())
    return f"ACTION {briefing.tools[call.tool]}\n{fields}\nEND"


def play_turn(briefing: Briefing, profile: Profile, number: int) -> Turn:
    """Say and do what belongs to one turn of the `agentic` protocol, counted from 0.

    The agent looks around, reads, waits for what the day brings, does the day's task, carries out
    the act it has chosen with its rationale, and finishes.
    """
    script = (_look_around, _read_first, _read_last, _do_task)
    if number < len(script):
        return script[number](briefing, profile)
    decision = decide(briefing, profile)
    spells = _split_at_waits(_offered(briefing, decision.act.performs))
    step = number - len(script)
    if step < len(spells):
        return Turn(decision.rationale.text if step == 0 else "", spells[step])
    return _finish(briefing, profile)


def _split_at_waits(calls: Sequence[Call]) -> list[tuple[Call, ...]]:
    """Give the calls of each turn: what comes after a wait belongs to a later one."""
    spells: list[tuple[Call, ...]] = [()]
    for call in calls:
        spells[-1] = (*spells[-1], call)
        if call.tool == "wait":
            spells.append(())
    return [spell for spell in spells if spell] or [()]


def _look_around(briefing: Briefing, profile: Profile) -> Turn:
    calls = [Call(tool=tool) for tool in ("list_mail", "list_files", "read_board")]
    return Turn(_say("work", briefing, profile), _offered(briefing, calls))


def _read_first(briefing: Briefing, profile: Profile) -> Turn:  # noqa: ARG001 - turns share one signature
    mails = [_read(mail) for mail in briefing.reads[:_LAST_MAILS]]
    return Turn("", _offered(briefing, mails or [Call(tool="list_mail")]))


def _read_last(briefing: Briefing, profile: Profile) -> Turn:  # noqa: ARG001
    mails = [_read(mail) for mail in briefing.reads[-_LAST_MAILS:]]
    return Turn("", _offered(briefing, [*mails, Call(tool="wait", arguments={"turns": "1"})]))


def _do_task(briefing: Briefing, profile: Profile) -> Turn:
    return Turn(_say("task", briefing, profile), _offered(briefing, _work_of(briefing)))


def _finish(briefing: Briefing, profile: Profile) -> Turn:
    summary = _say("closing", briefing, profile)
    return Turn("", (Call(tool="finish", arguments={"summary": summary}),))


def _work_of(briefing: Briefing) -> tuple[Call, ...]:
    return briefing.task.performs if briefing.task else ()


def _read(mail: str) -> Call:
    return Call(tool="read_mail", arguments={"id": mail})


def _offered(briefing: Briefing, calls: Sequence[Call]) -> tuple[Call, ...]:
    return tuple(call for call in calls if call.tool in briefing.tools)


def _say(kind: str, briefing: Briefing, profile: Profile) -> str:
    draw = random.Random(derive_seed(briefing.seed, profile.id, kind))  # noqa: S311 - a simulation
    return pick_sentence(kind, draw)
