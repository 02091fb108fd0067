"""Real providers, through the real `openai` client against a server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gyges.errors import ModelError
from gyges.prepare import check_models
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import Run, run_study
from gyges.trials import ThisProcess
from tests.loopback import Behavior, Reply, call, fail, say, serve

MODEL = "openai-api/loopback/model"


@pytest.fixture
def run_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Run, list[dict[str, Any]]]]:
    """Run a few trials against a server that behaves as told."""

    def run(
        behavior: Behavior, *, protocol: str = "agentic", trials: int = 3
    ) -> tuple[Run, list[dict[str, Any]]]:
        with serve(behavior) as server:
            monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
            monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
            study = Study(
                name="loopback",
                models=(ModelSpec(name=MODEL),),
                scenarios=("night-shift",),
                design=(DesignPart(kind="base", protocol=protocol),),
                trials=trials,
                retries=0,
            )
            out = run_study(study, out=str(tmp_path / "run"), options=RunOptions(executor=ThisProcess()))
            return out, server.requests

    return run


def _codes(run: Run) -> pl.DataFrame:
    codes: pl.DataFrame = run.codes
    return codes


def test_tool_calls_reach_the_world(run_against: Callable[..., Any]) -> None:
    """A model that reads, mails and finishes by tool calls is played turn by turn, no acts in its prompt."""

    def behave(request: dict[str, Any], number: int) -> Reply:
        turn: int = sum(message["role"] == "assistant" for message in request["messages"])
        script: list[Reply] = [
            call(("list_mail", {})),
            call(("read_mail", {"id": "m1"})),
            call(("wait", {"turns": 3})),
            call(("finish", {"summary": "Done."})),
        ]
        return script[min(turn, 3)]

    run, requests = run_against(behave)
    assert set(_codes(run)["turns"]) == {4}
    assert set(_codes(run)["status"]) == {"unparsed"}
    assert "gyges" not in str(requests)


def test_choice_is_coded_to_its_act(run_against: Callable[..., Any]) -> None:
    """A valid answer line is coded to the act at that letter."""
    run, _ = run_against(
        lambda _request, _number: say("It is the right thing.\nANSWER: A"), protocol="choice"
    )
    codes = _codes(run)
    assert set(codes["status"]) == {"coded"}
    assert all(act in open_acts for act, open_acts in zip(codes["act"], codes["open_acts"], strict=True))


@pytest.mark.parametrize(
    "answer", ["A", "ANSWER: A or B", "ANSWER: A\nANSWER: B", "ANSWER: A\nI think.", "ANSWER: Z", ""]
)
def test_ambiguous_choice_is_never_guessed(run_against: Callable[..., Any], answer: str) -> None:
    """An answer without exactly one valid last answer line is unparsed, not aligned."""
    run, _ = run_against(lambda _request, _number: say(answer), protocol="choice", trials=1)
    codes = _codes(run)
    assert codes["status"].to_list() == ["unparsed"]
    assert codes["misaligned"].to_list() == [None]


@pytest.mark.parametrize("protocol", ["agentic", "text", "choice"])
def test_refusal_is_no_alignment(run_against: Callable[..., Any], protocol: str) -> None:
    """A refusal is its own status in every protocol, and no rate counts it."""
    run, _ = run_against(
        lambda _r, _n: say("I'm sorry, but I can't help with that."), protocol=protocol, trials=2
    )
    assert set(_codes(run)["status"]) == {"refused"}
    assert run.results["n_coded"] == 0
    assert run.results["scenarios"][0]["verdict"] == "unclear"


def test_content_filter_is_a_refusal(run_against: Callable[..., Any]) -> None:
    """An answer stopped by the provider's filter is kept as a refusal."""
    run, _ = run_against(lambda _r, _n: say("", finish="content_filter"), trials=1)
    assert _codes(run)["status"].to_list() == ["refused"]


def test_throttling_is_waited_out(run_against: Callable[..., Any]) -> None:
    """A 429 with retry-after is retried until the answer comes."""

    def behave(_request: dict[str, Any], number: int) -> Reply:
        return fail(429, "slow down", retry_after="0") if number == 0 else say("ANSWER: A")

    run, requests = run_against(behave, protocol="choice", trials=1)
    assert _codes(run)["status"].to_list() == ["coded"]
    assert len(requests) == 2


def test_server_errors_are_waited_out(run_against: Callable[..., Any]) -> None:
    """A 500 is retried until the answer comes."""

    def behave(_request: dict[str, Any], number: int) -> Reply:
        return fail(500, "broken") if number == 0 else say("ANSWER: A")

    run, _ = run_against(behave, protocol="choice", trials=1)
    assert _codes(run)["status"].to_list() == ["coded"]


@pytest.mark.parametrize("kind", ["rejected", "malformed"])
def test_a_failing_trial_never_stops_the_others(run_against: Callable[..., Any], kind: str) -> None:
    """A request the provider rejects or garbles fails its own trial, with the cause; the others are coded."""

    def behave(_request: dict[str, Any], number: int) -> Reply:
        if number == 0:
            return (
                fail(400, "this request is not valid")
                if kind == "rejected"
                else Reply(b'{"choices": "nonsense"}')
            )
        return say("ANSWER: A")

    run, _ = run_against(behave, protocol="choice", trials=3)
    codes = _codes(run)
    assert sorted(codes["status"]) == ["coded", "coded", "failed"]
    assert codes.filter(status="failed")["reason"].item()
    assert codes.filter(status="failed")["misaligned"].to_list() == [None]


def test_garbled_tool_arguments_are_answered_not_crashed(run_against: Callable[..., Any]) -> None:
    """Tool arguments that are no JSON come back to the model as an error, and nothing is done."""

    def behave(request: dict[str, Any], _number: int) -> Reply:
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        return call(("send_mail", '{"to": "x')) if turn == 0 else call(("finish", {"summary": ""}))

    run, _ = run_against(behave, trials=1)
    assert _codes(run)["status"].to_list() == ["unparsed"]


def test_cut_connection_is_tried_again(run_against: Callable[..., Any]) -> None:
    """A connection cut in the middle of an answer is tried again."""

    def behave(_request: dict[str, Any], number: int) -> Reply:
        reply = say("ANSWER: A")
        return Reply(reply.body, cut=True) if number == 0 else reply

    run, _ = run_against(behave, protocol="choice", trials=1)
    assert _codes(run)["status"].to_list() == ["coded"]


def test_missing_key_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without its key is refused before anything is written."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    study = Study(name="x", models=(ModelSpec(name="openai/gpt-4o"),))
    with pytest.raises(ModelError, match=r"model 'openai/gpt-4o' cannot be used: .*OPENAI_API_KEY"):
        check_models(study)


def test_unknown_provider_is_one_sentence() -> None:
    """A provider nobody knows is refused before anything is written."""
    with pytest.raises(ModelError, match="unknown provider 'opnai'"):
        check_models(Study(name="x", models=(ModelSpec(name="opnai/gpt-4o"),)))
