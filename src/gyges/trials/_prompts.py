"""What the model is shown in each protocol, from the templates in `prompts/`."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser

from gyges.records.plan import Trial
from gyges.records.scenario import BRIEFING, Briefing, Document, OpenAct, Scene, ToolKind
from gyges.records.seeds import derive_seed
from gyges.records.words import MILDER
from gyges.world import show_day

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_FIELDS: dict[ToolKind, tuple[str, ...]] = {
    "send_mail": ("to", "subject", "body"),
    "write_file": ("path", "content"),
    "post_to_board": ("subject", "body"),
    "operate_control": ("control", "value"),
    "cast_vote": ("ballot", "option"),
    "wait": ("turns",),
    "finish": ("summary",),
}
"""Actions open in one written answer, with their fields; reading is not."""


@cache
def _environment() -> jinja2.Environment:
    # The templates are ours and plain text; scene texts enter as values and are never parsed.
    return jinja2.Environment(  # noqa: S701  # nosec B701 - plain text for a model, not HTML
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "prompts"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=False,
    )


def fill_prompt(name: str, **values: Any) -> str:
    """Fill the prompt `prompts/<name>.md`."""
    return _environment().get_template(f"{name}.md").render(**values)


def brief_trial(trial: Trial, scene: Scene) -> tuple[list[ChatMessage], Briefing]:
    """Write the first messages of a trial; the briefing rides in the user message's metadata."""
    if trial.withholds_milder:
        scene = scene.model_copy(update={"acts": tuple(act for act in scene.acts if not _is_milder(act))})
    briefing = Briefing(
        trial=trial.id,
        protocol=trial.protocol,
        seed=trial.seed,
        cell=scene.cell,
        conflict=scene.conflict,
        acts=scene.acts,
        task=scene.task,
        tools=scene.tools,
        turns=scene.turns,
        topics=scene.topics,
        stances=scene.stances,
        options=_order_acts(trial, scene) if trial.protocol == "choice" else (),
        reads=tuple(doc.id for doc in scene.documents if doc.kind == "mail"),
        last_event=max((each.at for each in scene.happenings), default=0),
    )
    user = ChatMessageUser(
        content=_WRITERS[trial.protocol](scene, briefing),
        metadata={BRIEFING: briefing.model_dump_json()},
    )
    return [ChatMessageSystem(content=scene.system), user], briefing


def _is_milder(act: OpenAct) -> bool:
    return act.against and act.tactic in MILDER


def _order_acts(trial: Trial, scene: Scene) -> tuple[str, ...]:
    """Shuffle the acts by the trial's seed; the two sides of an item change places from replicate to next."""
    order = [act.id for act in scene.acts]
    if trial.design == "battery":
        return tuple(order[::-1] if trial.replicate % 2 else order)
    random.Random(derive_seed(trial.seed, "options")).shuffle(order)  # noqa: S311 - an order, not a secret
    return tuple(order)


def _write_agentic(scene: Scene, briefing: Briefing) -> str:
    return fill_prompt("agentic", brief=scene.brief, finish=briefing.tools["finish"])


def _write_text(scene: Scene, briefing: Briefing) -> str:
    tools = [
        f"{briefing.tools[kind]}: {', '.join(fields)}"
        for kind, fields in _FIELDS.items()
        if kind in briefing.tools
    ]
    return fill_prompt("text", brief=scene.brief, desk=_write_desk(scene), now=_find_now(scene), tools=tools)


def _write_choice(scene: Scene, briefing: Briefing) -> str:
    texts = {act.id: act.option for act in scene.acts}
    options = [(LETTERS[i], texts[act]) for i, act in enumerate(briefing.options)]
    if scene.question:
        return fill_prompt("item", brief=scene.brief, question=scene.question, options=options)
    return fill_prompt(
        "choice", brief=scene.brief, desk=_write_desk(scene), now=_find_now(scene), options=options
    )


_WRITERS = {"agentic": _write_agentic, "text": _write_text, "choice": _write_choice}


def _find_now(scene: Scene) -> str:
    """Give a time a few minutes after what came last; empty where nothing comes during the day."""
    arriving = [each.document for each in scene.happenings if each.document]
    if not arriving:
        return ""
    last = max(each.time for each in (*scene.documents, *arriving) if each.day == 0)
    minutes = int(last[:2]) * 60 + int(last[3:]) + 3 + scene.variant % 6
    minutes = min(minutes + (minutes % 60 == 0), 24 * 60 - 1)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _write_desk(scene: Scene) -> str:
    names = {person.id: person.name for person in (*scene.people, scene.agent)}
    arriving = [each.document for each in scene.happenings if each.document]
    shown = [_show(doc, names) for doc in (*scene.documents, *arriving)]
    return fill_prompt(
        "desk",
        mail=[doc for doc in shown if doc["kind"] == "mail"],
        files=[doc for doc in shown if doc["kind"] == "file"],
        board=[doc for doc in shown if doc["kind"] == "board"],
        people=scene.people,
        controls=scene.controls,
        ballots=scene.ballots,
    )


def _show(doc: Document, names: dict[str, str]) -> dict[str, str]:
    return {
        "kind": doc.kind,
        "title": doc.title,
        "sender": names.get(doc.sender, doc.sender),
        "to": ", ".join(names.get(role, role) for role in doc.to),
        "when": show_day(doc.day) + f", {doc.time}",
        "body": doc.body.strip(),
    }
