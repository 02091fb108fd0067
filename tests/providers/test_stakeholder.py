"""People played by a model, against a server on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import run_study
from gyges.trials import ThisProcess, list_logs, read_transcripts
from tests.loopback import Reply, say, serve


@pytest.mark.slow
def test_a_model_plays_the_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mail to a person is answered by the model in character, and by no script beside it."""
    answer = "Noted, and I will think it over at the weekend."

    def behave(request: dict[str, Any], number: int) -> Reply:
        return say(answer)

    with serve(behave) as server:
        monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
        monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
        study = Study(
            name="played",
            models=(ModelSpec(name="gyges/power-maximiser"),),
            scenarios=("succession-vote",),
            design=(DesignPart(kind="base"),),
            trials=4,
            stakeholder="openai-api/loopback/model",
        )
        run = run_study(study, out=str(tmp_path / "run"), options=RunOptions(executor=ThisProcess()))
    assert set(run.codes["status"]) == {"coded"}
    transcripts = [each for log in list_logs(run.folder.logs) for each in read_transcripts(log)]
    n_mails = sum(
        len(action.to) for each in transcripts for action in each.actions if action.tool == "send_mail"
    )
    n_answers = sum(
        mail["document"].startswith("answer-") for each in transcripts for mail in each.world["inbox"]
    )
    scripted = {mail["document"] for each in transcripts for mail in each.world["inbox"]}
    assert n_mails > 0
    assert n_answers == n_mails
    assert not any(name.endswith("-answer") for name in scripted)
    prompts = [request["messages"] for request in server.requests]
    assert all(messages[0]["role"] == "system" for messages in prompts)
    assert all("How you write" in messages[0]["content"] for messages in prompts)
    assert all(messages[-1]["role"] == "user" for messages in prompts)
