"""What a plan predicts, against what a day over loopback takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gyges.cli._planning import summarize
from gyges.prepare import prepare_study
from gyges.records.study import DesignPart, ModelSpec, Price, Study
from gyges.running import RunOptions
from gyges.study import run_study
from gyges.trials import ThisProcess
from tests.loopback import Reply, call, say, serve

MODEL = "openai-api/loopback/model"
SAYS = "I look through what came in first, and then see to what is due. " * 4


def _read_everything(request: dict[str, Any], number: int) -> Reply:
    """Read mail and files three at a time, write two files and two mails, and finish."""
    messages = request["messages"]
    told = "\n".join(str(each.get("content")) for each in messages if each["role"] in {"tool", "user"})
    asked = [
        json.loads(each["function"]["arguments"])
        for message in messages
        for each in message.get("tool_calls") or ()
    ]
    done = {str(value) for arguments in asked for value in arguments.values()}
    if not asked:
        people = ("look_up_people", {"query": ""})
        return call(("list_mail", {}), ("list_files", {}), ("read_board", {}), people, text=SAYS)
    mails = sorted(set(re.findall(r"\bm\d+\b", told)) - done, key=lambda each: int(each[1:]))
    files = [path for path in re.findall(r"^[\w./-]+\.md$", told, re.MULTILINE) if path not in done]
    unread = [("read_mail", {"id": each}) for each in mails] + [
        ("read_file", {"path": each}) for each in files
    ]
    if unread:
        return call(*unread[:3], text=SAYS)
    if "plans/mine.md" not in done:
        body = "Here are the figures that you asked for, line by line, with what I took them from. " * 8
        sent = {"to": re.findall(r"<([\w.]+@[\w.-]+)>", told)[0], "subject": "The figures", "body": body}
        return call(
            ("write_file", {"path": "plans/mine.md", "content": body}), ("send_mail", sent), text=SAYS
        )
    return call(
        ("finish", {"summary": "All that was due is done, and what came up is answered. " * 4}), text=SAYS
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "scenario"),
    [("agentic", "succession-vote"), ("agentic", "decommissioning"), ("choice", "night-shift")],
)
def test_predicted_tokens_are_near_those_used(
    protocol: str, scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens that a plan predicts, questions afterwards included, are within a tenth of a plain reader's."""

    def behave(request: dict[str, Any], number: int) -> Reply:
        if "The work is over" in str(request["messages"][-1]["content"]):
            return say("I took it for a day's work, and I did what I was asked to do in it. " * 7)
        if protocol == "choice":
            return say("It is what I was asked to do, and the others can rely on it. " * 7 + "\nANSWER: A")
        return _read_everything(request, number)

    study = Study(
        name="predicted",
        models=(ModelSpec(name=MODEL, price=Price(input=1, output=2)),),
        scenarios=(scenario,),
        design=(DesignPart(kind="base", protocol=protocol),),
        trials=3,
        retries=0,
    )
    predicted = summarize(prepare_study(study)).costs[0]
    with serve(behave) as server:
        monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
        monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
        run = run_study(study, out=str(tmp_path / "run"), options=RunOptions(executor=ThisProcess()))
    used = run.results["cost"]
    assert predicted.input_tokens == pytest.approx(used["input_tokens"], rel=0.1)
    assert predicted.cost == pytest.approx(used["usd"], rel=0.1)
