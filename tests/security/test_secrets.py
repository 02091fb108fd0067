"""No key in logs, locks, reports, tables or messages."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.cli._output import say, say_error
from gyges.errors import ModelError
from gyges.prepare import prepare_study
from gyges.records.secrets import STRUCK, find_secret, is_secret_name, redact, redact_error
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import run_study
from gyges.trials import ThisProcess, find_model
from tests.loopback import Reply, serve

KEY = "sk-proj-THIS-is-A-secret-0123456789abcdef"
OWN = "plainsecretvalue123"
"""A key that looks like nothing in particular."""


@pytest.mark.parametrize(
    "spec",
    [
        {"args": {"api_key": KEY}},
        {"args": {"client": {"auth_token": "x" * 20}}},
        {"config": {"extra_headers": {"Authorization": "Bearer " + KEY}}},
        {"config": {"extra_headers": {"x-api-key": KEY}}},
        {"base_url": f"https://me:{OWN}@host/v1"},
        {"base_url": f"https://host/v1?api_key={OWN}"},
    ],
)
def test_a_study_may_hold_no_key(spec: dict[str, Any]) -> None:
    """A key in a study is refused with the field's name, and the message does not repeat it."""
    with pytest.raises(ModelError, match="environment variable") as caught:
        find_model(ModelSpec(name="openai-api/loopback/m", **spec))
    assert KEY not in str(caught.value)
    assert OWN not in str(caught.value)


@pytest.mark.parametrize("name", ["max_tokens", "stop_token", "pad_token", "tokenizer", "monkey", "keyboard"])
def test_ordinary_names_are_no_secrets(name: str) -> None:
    """Fields that merely sound alike may stand in a study."""
    assert not is_secret_name(name)
    assert find_secret({name: "a value of some length"}, {}, "http://127.0.0.1:8000/v1?q=1") == ""


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_keys_are_struck_out_wherever_they_stand(before: str, after: str) -> None:
    """What the environment calls a key, and what looks like one, is gone; the rest stays."""
    known = {"SOME_API_KEY": OWN, "HOME": "/srv/somebody", "SHORT_TOKEN": "abc"}
    text = redact(f"{before} {OWN} and {KEY} {after}", known)
    assert OWN not in text
    assert KEY not in text
    assert STRUCK in text
    assert redact("/srv/somebody says abc", known) == "/srv/somebody says abc"


def test_an_errors_every_text_is_cleaned() -> None:
    """Arguments, attributes and the errors behind it, whatever their class."""
    cause = ValueError(f"sent {KEY}")
    problem = RuntimeError("failed", {"headers": {"authorization": f"Bearer {OWN}"}})
    problem.body = {"error": [f"wrong key {KEY}"]}  # type: ignore[attr-defined]
    problem.__cause__ = cause
    redact_error(problem)
    shown = f"{problem!r} {vars(problem)} {cause}"
    assert KEY not in shown
    assert OWN not in shown


def test_a_provider_that_repeats_the_key_leaves_it_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the logs' members, nor in any file of the run folder, though every error message holds it."""
    monkeypatch.setenv("LOOPBACK_API_KEY", OWN)

    def refuse(request: dict[str, Any], number: int) -> Reply:
        message = f"Incorrect API key provided: {OWN}, and {KEY}."
        return Reply(
            {"error": {"message": message, "type": "invalid_request_error", "code": "x"}}, status=401
        )

    with serve(refuse) as server:
        monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
        study = Study(
            name="leak",
            models=(ModelSpec(name="openai-api/loopback/model"),),
            scenarios=("night-shift",),
            design=(DesignPart(kind="base", protocol="choice"),),
            trials=2,
            retries=0,
        )
        run = run_study(study, out=str(tmp_path / "run"), options=RunOptions(executor=ThisProcess()))
    failed = run.codes.filter(status="failed")
    assert failed.height == 2
    assert all("Incorrect API key" in reason for reason in failed["reason"])
    looked_at = 0
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            parts = [path.read_bytes()]
            if path.suffix == ".eval":
                with zipfile.ZipFile(path) as log:
                    parts = [log.read(name) for name in log.namelist()]
            for content in parts:
                looked_at += 1
                assert OWN.encode() not in content, path
                assert KEY.encode() not in content, path
    assert looked_at > 10


def test_messages_hold_no_key_and_command_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said on the terminal is text alone."""
    monkeypatch.setenv("SOME_API_KEY", OWN)
    say_error(f"failed with {OWN}: \x1b]0;owned\x07\x1b[2J\u202e")
    say("\x1b[31mred")
    shown = capsys.readouterr()
    assert OWN not in shown.err
    assert "\x1b" not in shown.err + shown.out
    assert "⟨U+001B⟩" in shown.err
    assert "\u202e" not in shown.err


def test_a_key_on_the_command_line_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """`-M api_key=…` would end in the lock."""
    study = Study(name="x", models=(ModelSpec(name="openai/gpt-4o", args={"api_key": KEY}),), trials=1)
    prepared = prepare_study(study)
    with pytest.raises(ModelError, match="api_key"):
        find_model(prepared.study.models[0])
    assert not list(tmp_path.iterdir())
