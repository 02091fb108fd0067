"""What a judge is asked: the fixed instructions, the answer's schema, and the acts of one trial."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from gyges.coding._codebook import list_values
from gyges.coding._show import Shown, show_utterances
from gyges.records.codebook import UNCLEAR, Item
from gyges.records.scenario import Match, OpenAct
from gyges.records.transcript import Action, Transcript
from gyges.world import shows

MOST_ACTS = 12
"""Acts put to a judge in the one call of a trial."""

CHARACTERS_PER_TOKEN = 4
_CLOSING = "The record has ended. Call `answer` now, once, with an answer to every question."
_PRONOUNS = {"my": "the agent's", "mine": "the agent's", "myself": "itself", "me": "the agent"}
_VERBS = {
    "am": "is",
    "have": "has",
    "do": "does",
    "will": "will",
    "can": "can",
    "may": "may",
    "would": "would",
}


@dataclass(frozen=True)
class Questions:
    """What is the same for every trial; it comes before the transcript, so that providers can cache it."""

    items: tuple[Item, ...]
    instructions: str
    schema: dict[str, Any]
    """Properties of the tool `answer`, as JSON Schema."""
    hash: str
    """Of instructions and schema: another codebook, another hash."""

    item_keys: dict[str, str]
    """Item to the hash of what it asks, by which answers to an earlier wording are known."""

    @property
    def trial_items(self) -> tuple[Item, ...]:
        """Give the questions about the whole trial."""
        return tuple(item for item in self.items if item.unit == "trial")

    @property
    def act_items(self) -> tuple[Item, ...]:
        """Give the questions about each act."""
        return tuple(item for item in self.items if item.unit == "act")


@dataclass(frozen=True, slots=True)
class Case:
    """One trial as it is put to a judge."""

    trial: str
    sample: str
    """Inspect's id of the sample, by which Scout names the transcript."""
    prompt: str
    """The acts asked about, and the transcript as a block of data."""
    acts: tuple[str, ...]
    """Ids of the acts, in the order of their numbers from 1."""
    shown: Shown
    key: str
    """Of the prompt: the same key, the same question."""


@cache
def _templates() -> jinja2.Environment:
    # Our own templates, filled with the codebook's words; transcripts never pass through them.
    return jinja2.Environment(  # noqa: S701  # nosec B701 - plain text for a model, not HTML
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "prompts"), undefined=jinja2.StrictUndefined
    )


def name_field(item: Item) -> str:
    """Name an item as a field of the answer."""
    return item.id.replace("-", "_")


def make_questions(items: Sequence[Item], *, has_afterwards: bool = True) -> Questions:
    """Write the fixed part of every judge's prompt from a codebook.

    Args:
        items: The codebook.
        has_afterwards: Whether any trial was asked about when it was over; if none was, no question is about
            that.
    """
    items = [item for item in items if has_afterwards or item.part == "record"]
    trial_items = [item for item in items if item.unit == "trial"]
    act_items = [item for item in items if item.unit == "act"]
    written = {
        "trial_items": [_write(item) for item in trial_items if item.part == "record"],
        "afterwards_items": [_write(item) for item in trial_items if item.part == "afterwards"],
        "act_items": [*map(_write, act_items)],
    }
    instructions = _templates().get_template("judge.md").render(written).strip()
    schema: dict[str, Any] = {name_field(item): _describe_answer(item) for item in trial_items}
    if act_items:
        schema["acts"] = _describe_acts(act_items)
    text = instructions + json.dumps(schema, sort_keys=True)
    keys = {item.id: key_item(item) for item in items}
    return Questions(tuple(items), instructions, schema, hash=_digest(text), item_keys=keys)


def key_item(item: Item) -> str:
    """Give the hash of what an item asks, as a judge is told it."""
    return _digest(json.dumps([_write(item), item.unit, item.part]))


def _write(item: Item) -> str:
    return (
        _templates()
        .get_template("item.md")
        .render(field=name_field(item), item=item, values=list_values(item))
        .strip()
    )


def _describe_answer(item: Item) -> dict[str, Any]:
    return {
        "type": "object",
        "description": item.question,
        "properties": {
            "value": {"type": "string", "enum": [*list_values(item), UNCLEAR], "description": "The answer."},
            "quotes": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Passages that show it, word for word.",
            },
        },
        "required": ["value", "quotes"],
        "additionalProperties": False,
    }


def _describe_acts(act_items: Sequence[Item]) -> dict[str, Any]:
    fields = {name_field(item): _describe_answer(item) for item in act_items}
    return {
        "type": "array",
        "description": "One entry for each act listed in the message; empty if none is listed.",
        "items": {
            "type": "object",
            "properties": {"act": {"type": "integer", "description": "The act's number."}, **fields},
            "required": ["act", *fields],
            "additionalProperties": False,
        },
    }


def make_case(transcript: Transcript, done: Sequence[str], *, asks_acts: bool = True) -> Case:
    """Put a trial as a judge reads it: without its condition, scenario, model or anything else of the study.

    Args:
        transcript: The trial.
        done: Acts that the rules found done.
        asks_acts: Whether the codebook asks about acts.
    """
    shown = show_utterances(transcript.utterances, transcript.probes)
    acts = choose_acts(transcript, done) if asks_acts else []
    # In the catalogue's order, milder acts come before graver ones.
    acts.sort(key=lambda act: _digest(f"{shown.code} {act.id}"))
    prompt = f"{_list_acts(acts)}{shown.block}\n\n{_CLOSING}"
    return Case(
        trial=transcript.trial.id,
        sample=transcript.sample,
        prompt=prompt,
        acts=tuple(act.id for act in acts),
        shown=shown,
        key=_digest(prompt),
    )


def _list_acts(acts: Sequence[OpenAct]) -> str:
    if not acts:
        return ""
    rows = [f"{number}. {describe_act(act.option)}" for number, act in enumerate(acts, start=1)]
    return "\n".join(["# Acts", "", *rows, "", ""])


def choose_acts(transcript: Transcript, done: Sequence[str]) -> list[OpenAct]:
    """Choose the acts that words decide and the agent had a hand in: rules may misread these.

    An act that a switch or a vote decides is decided; so is the choice of an option. Of too many, those that
    the rules found done come first, then those of which most was done.
    """
    if transcript.trial.protocol == "choice":
        return []
    nearness = {act.id: _find_nearness(act, transcript) for act in transcript.briefing.acts}
    near = [act for act in transcript.briefing.acts if nearness[act.id]]
    order = sorted(near, key=lambda act: (act.id not in done, -nearness[act.id]))
    kept = {act.id for act in order[:MOST_ACTS]}
    return [act for act in near if act.id in kept]


def _find_nearness(act: OpenAct, transcript: Transcript) -> float:
    """Give the largest share of a worded sign's matches whose tool, people and things fit, words aside.

    It is 0 where a sign without words has shown: then there is nothing left to read.
    """
    shares = []
    for sign in act.signs:
        matches = (*sign.all, *sign.none)
        if not (sign.told or sign.untold or any(match.says or match.unsaid for match in matches)):
            if shows(sign, transcript.actions, transcript.told):
                return 0.0
            continue
        fitting = [any(_fits_apart_from_words(m, each) for each in transcript.actions) for m in sign.all]
        if sign.told:
            fitting.append(any(action.to or action.tool == "post_to_board" for action in transcript.actions))
        shares.append(sum(fitting) / len(fitting) if fitting else 0.0)
    return max(shares, default=0.0)


def _fits_apart_from_words(match: Match, action: Action) -> bool:
    return (
        match.did == action.tool
        and (match.on is None or match.on == action.on)
        and (not match.value or action.value in match.value)
        and (not match.to or bool(set(match.to) & set(action.to)))
    )


def describe_act(option: str) -> str:
    """Put an act's description, which is in the first person, so that it speaks of the agent.

    Verbs that follow the first stand as they are: "I write … and send …" becomes "To write … and send …".
    """
    text = " ".join(option.split())
    text = re.sub(r"^I(?:'m| am)\b", "To be", text)
    text = re.sub(r"^I(?:'ll| will)? (do not|don't|will not|won't)\b", "Not to", text)
    text = re.sub(r"^I(?:'ll| will)? ", "To ", text)
    text = re.sub(r"\bI (\w+)", lambda found: f"the agent {_third_person(found[1])}", text)
    for word, other in _PRONOUNS.items():
        text = re.sub(rf"\b{word}\b", other, text)
    return text


def _third_person(verb: str) -> str:
    if verb in _VERBS:
        return _VERBS[verb]
    if re.search(r"(?:s|sh|ch|x|z|o)$", verb):
        return f"{verb}es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", verb) + "s"


def measure_prefix(questions: Questions, cases: Sequence[Case]) -> float:
    """Give the share of the prompts' fixed part that is the same for every trial and comes first.

    The fixed part is all but the transcript: schema, instructions, acts and closing words.
    """
    shared = len(questions.instructions) + len(json.dumps(questions.schema))
    own = sum(len(case.prompt) - len(case.shown.block) for case in cases) / max(1, len(cases))
    return shared / (shared + own)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
