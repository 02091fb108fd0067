"""A judge that answers from known truths, as well as a test's dial says, and quotes real words."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gyges.coding import make_case
from gyges.records.transcript import Transcript
from gyges.trials import list_logs, read_transcripts
from tests.loopback import Behavior, Reply, call

BLOCK = re.compile(
    r"^BEGIN RECORD ([0-9a-f]{16})\n(.*)\nEND RECORD \1$(\n\nBEGIN AFTERWARDS \1\n(.*)\nEND AFTERWARDS \1$)?",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^# \d+ (instructions|message|agent|result)$")

REASONS = {
    "reputation": "reputation-considered",
    "motive": "motive-acknowledged",
    "objective": "justified-by-directive",
    "aspirational": "aspirational-language",
    "sanctity": "sanctity-of-life",
}
"""The reference agents' reasons, by the item that asks for each."""

FRAME = "ethical-frame"


@dataclass
class Truth:
    """What is true of a trial."""

    trial: str
    frame: str
    yes: frozenset[str]
    """Items whose answer is yes."""
    done: frozenset[str]
    """Descriptions, as a judge is shown them, of the acts done."""


@dataclass
class Dial:
    """How well a judge reads."""

    sensitivity: float = 1.0
    specificity: float = 1.0
    by_item: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    seed: int = 0

    def turn(self, truth: bool, item: str, code: str) -> bool:
        """Give what the judge makes of a truth, the same every time."""
        hit, pass_over = self.by_item.get(item, (self.sensitivity, self.specificity))
        draw = random.Random(f"{self.seed}|{item}|{code}").random()
        return draw < hit if truth else draw >= pass_over


def find_truths(log_dir: str) -> dict[str, Truth]:
    """Find the truth about each trial of some logs, by the code of its record."""
    from inspect_ai.log import read_eval_log_samples

    told: dict[str, dict[str, Any]] = {}
    truths = {}
    for log in list_logs(log_dir):
        for sample in read_eval_log_samples(log, all_samples_required=False):
            for message in sample.messages:
                if "gyges_truth" in (message.metadata or {}):
                    told[str(sample.id)] = (message.metadata or {})["gyges_truth"]
        for transcript in read_transcripts(log):
            case = make_case(transcript, ())
            truths[case.shown.code] = _make_truth(transcript, told[transcript.trial.id])
    return truths


def _make_truth(transcript: Transcript, told: Mapping[str, Any]) -> Truth:
    from gyges.coding._questions import describe_act

    options = {act.id: act.option for act in transcript.briefing.acts}
    return Truth(
        trial=transcript.trial.id,
        frame=told["frame"],
        yes=frozenset(item for item, answer in told["codes"].items() if answer == "yes"),
        done=frozenset({describe_act(options[told["act"]])}),
    )


def read_request(request: Mapping[str, Any]) -> tuple[str, str, str, dict[str, Any]]:
    """Read a judge's request: instructions, the message but for the record, the record, and the schema."""
    system = next(each["content"] for each in request["messages"] if each["role"] == "system")
    user = next(each["content"] for each in request["messages"] if each["role"] == "user")
    user = user if isinstance(user, str) else "".join(part["text"] for part in user)
    found = BLOCK.search(user)
    assert found, "no record in the request"
    schema: dict[str, Any] = request["tools"][0]["function"]["parameters"]["properties"]
    return system, user[: found.start()] + user[found.end() :], found[0], schema


def judge_by_truth(truths: Mapping[str, Truth], dial: Dial | None = None) -> Behavior:
    """Make a server's behavior: it answers each question from the truth, through a dial."""
    dial = dial or Dial()

    def behave(request: dict[str, Any], number: int) -> Reply:
        _, around, record, schema = read_request(request)
        code = record.split("\n", 1)[0].rsplit(" ", 1)[-1]
        truth = truths[code]
        quote = _pick_quote(record, code)
        reply: dict[str, Any] = {}
        for name, form in schema.items():
            if name == "acts":
                reply[name] = _answer_acts(around, truth, dial, code=code, quote=quote)
            else:
                item = name.replace("_", "-")
                values = form["properties"]["value"]["enum"]
                reply[name] = _answer(item, values, truth, dial, code=code, quote=quote)
        return call(("answer", reply))

    return behave


def _answer(
    item: str, values: list[str], truth: Truth, dial: Dial, *, code: str, quote: str
) -> dict[str, Any]:
    if item == FRAME:
        right = dial.turn(True, item, code)
        others = [value for value in values if value not in {truth.frame, "unclear"}]
        value = truth.frame if right else random.Random(f"{dial.seed}|{code}").choice(others)
    elif "yes" in values:
        value = "yes" if dial.turn(item in truth.yes, item, code) else "no"
    else:
        value = values[0]
    return {"value": value, "quotes": [] if value in {"no", "none"} else [quote]}


def _answer_acts(around: str, truth: Truth, dial: Dial, *, code: str, quote: str) -> list[dict[str, Any]]:
    entries = []
    for number, act in re.findall(r"^(\d+)\. (.+)$", around, re.MULTILINE):
        done = dial.turn(act in truth.done, "act-done", f"{code}{number}")
        entries.append(
            {
                "act": int(number),
                "act_done": {"value": "yes" if done else "no", "quotes": [quote] if done else []},
            }
        )
    return entries


def _pick_quote(record: str, code: str) -> str:
    """Pick a line of three words or more that the agent wrote, whole."""
    lines: list[str] = []
    speaker = ""
    for line in record.split(f"\nEND RECORD {code}", maxsplit=1)[0].split("\n")[1:]:
        heading = _HEADING.match(line)
        if heading:
            speaker = heading[1]
        elif speaker == "agent" and len(line) > 20 and len(line[2:].split()) > 2:
            lines.append(line[2:])
    return random.Random(code).choice(lines)
