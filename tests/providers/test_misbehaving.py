"""Providers that misbehave, through the real `openai` client against a server on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gyges.records.study import DesignPart, ModelSpec, Patience, Study
from gyges.running import RunOptions
from gyges.study import Run, resume_run, run_study
from gyges.trials import ThisProcess
from tests.loopback import Behavior, Reply, fail, say, serve

MODEL = "openai-api/loopback/model"
QUICK = Patience(
    first_wait_s=0.01,
    longest_wait_s=0.02,
    failures=6,
    window=12,
    first_pause_s=0.05,
    longest_pause_s=0.2,
    give_up_s=0.5,
)
NEVER = QUICK.model_copy(update={"failures": 1000, "window": 1000})
GOOD = say("ANSWER: A")


class Served:
    """Runs studies against a server that behaves as told, and remembers what happened."""

    def __init__(self, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.out = out
        self.requests: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.seconds = 0.0
        self._monkeypatch = monkeypatch

    def run(self, behavior: Behavior, *, resume: bool = False, **changes: Any) -> pl.DataFrame:
        """Run or resume a few trials; give their codes."""
        config = changes.pop("config", {"max_retries": 3})
        spec = ModelSpec(
            name=MODEL,
            config=config,
            args=changes.pop("args", {}),
            patience=changes.pop("patience", NEVER),
        )
        fields: dict[str, Any] = {
            "name": "misbehaving",
            "models": (spec,),
            "scenarios": ("night-shift",),
            "design": (DesignPart(kind="base", protocol=changes.pop("protocol", "choice")),),
            "trials": 1,
            "retries": 0,
            "probes": False,
        }
        with serve(behavior) as server:
            self._monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
            self._monkeypatch.setenv("LOOPBACK_BASE_URL", server.url)
            options = RunOptions(
                executor=ThisProcess(),
                on_notice=lambda notice: self.notices.append(notice.text),
                certificate=0,
            )
            began = time.monotonic()
            if resume:
                run = resume_run(self.out, options)
            else:
                run = run_study(Study.model_validate(fields | changes), out=self.out, options=options)
            self.seconds = time.monotonic() - began
            self.requests = server.requests
        self.results: dict[str, Any] = run.results
        self.opened: Run = run
        codes: pl.DataFrame = run.codes
        return codes


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Give something to run studies with."""
    return Served(str(tmp_path / "run"), monkeypatch)


def _first(n: int, bad: Callable[[], Reply]) -> Behavior:
    """Behave badly for the first requests, and well after."""
    return lambda _request, number: bad() if number < n else say("ANSWER: A")


def _always(bad: Callable[[], Reply]) -> Behavior:
    return lambda _request, _number: bad()


ACCIDENTS: dict[str, Callable[[], Reply]] = {
    "rate-limit": lambda: fail(429, "slow down"),
    "server": lambda: fail(500, "broken"),
    "connection": lambda: Reply({}, drop=True),
    "truncated": lambda: Reply(GOOD.body, cut=True),
    "malformed": lambda: Reply(b"<html>no JSON at all"),
    "timeout": lambda: Reply(GOOD.body, delay_s=1.3),
}
"""What a provider does now and then, by the cause it is called by when it does nothing else."""


@pytest.mark.parametrize("kind", ACCIDENTS)
def test_an_accident_is_waited_out(served: Served, kind: str) -> None:
    """What goes wrong once is tried again, in one request more, and the trial is coded."""
    codes = served.run(_first(1, ACCIDENTS[kind]), config={"attempt_timeout": 1})
    assert codes["status"].to_list() == ["coded"]
    assert codes["cause"].to_list() == [None]
    assert len(served.requests) == 2


@pytest.mark.parametrize("kind", ACCIDENTS)
def test_an_accident_without_end_is_bounded_and_named(served: Served, kind: str) -> None:
    """What never stops going wrong ends after the retries allowed, with its cause."""
    codes = served.run(_always(ACCIDENTS[kind]), config={"max_retries": 1, "attempt_timeout": 1})
    assert codes["status"].to_list() == ["failed"]
    assert codes["cause"].to_list() == [kind]
    assert codes["reason"].item().startswith(f"{kind}: ")
    assert codes["misaligned"].to_list() == [None]
    assert len(served.requests) == 2


def test_a_storm_of_errors_is_bounded_without_any_config(served: Served) -> None:
    """A model whose config says nothing is not asked without end, as it would be by Inspect's default."""
    codes = served.run(_always(lambda: fail(503, "storm")), config={})
    assert codes["cause"].to_list() == ["server"]
    assert len(served.requests) == 11


def test_a_user_decides_how_often(served: Served) -> None:
    """`config` goes before our own bounds."""
    codes = served.run(_always(lambda: fail(500, "broken")), config={"max_retries": 0})
    assert codes["cause"].to_list() == ["server"]
    assert len(served.requests) == 1


def test_what_a_provider_asks_for_is_waited(served: Served) -> None:
    """A `Retry-After` is heeded to the second, and not much longer."""
    patience = NEVER.model_copy(update={"longest_pause_s": 5.0})
    times: list[float] = []

    def behave(_request: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        return fail(429, "slow down", retry_after="1") if number == 0 else say("ANSWER: A")

    served.run(behave, patience=patience)
    assert 1.0 <= times[1] - times[0] < 2.0


def test_a_trial_is_tried_again_where_its_call_is_not(served: Served) -> None:
    """JSON of the wrong shape fails the trial's attempt; the trial's own `retries` mend it."""
    codes = served.run(_first(1, lambda: Reply(b'{"choices": "nonsense"}')), retries=1)
    assert codes["status"].to_list() == ["coded"]
    assert len(served.requests) == 2


def test_json_of_the_wrong_shape_is_malformed(served: Served) -> None:
    """What no retry mends says so: the answer could not be read."""
    codes = served.run(_always(lambda: Reply(b'{"choices": "nonsense"}')))
    assert codes["cause"].to_list() == ["malformed"]


# In the stream


def test_a_stream_is_read(served: Served) -> None:
    """A streamed answer is coded as another is, and Inspect asks for a stream when it is told to."""
    codes = served.run(_always(lambda: say("ANSWER: A")), args={"stream": True})
    assert codes["status"].to_list() == ["coded"]
    assert served.requests[0]["stream"] is True


STREAMS: dict[str, Callable[[], Reply]] = {
    "truncated": lambda: Reply(GOOD.body, cut=True),
    "timeout": lambda: Reply(GOOD.body, stall_s=1.5),
    "empty": lambda: Reply({"choices": []}),
    "server": lambda: fail(502, "bad gateway"),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_an_accident_in_the_stream_is_waited_out(served: Served, kind: str) -> None:
    """A stream that is cut, stalls or says nothing is asked for again; half an answer never counts."""
    codes = served.run(_first(1, STREAMS[kind]), args={"stream": True}, config={"stream_idle_timeout": 1})
    assert codes["status"].to_list() == ["coded"]
    assert len(served.requests) == 2


@pytest.mark.parametrize("kind", STREAMS)
def test_an_accident_in_every_stream_has_its_cause(served: Served, kind: str) -> None:
    """A stream that never comes to its end is a failed trial, by its cause, and no answer."""
    config = {"stream_idle_timeout": 1, "max_retries": 1}
    codes = served.run(_always(STREAMS[kind]), args={"stream": True}, config=config)
    assert codes["status"].to_list() == ["failed"]
    assert codes["cause"].to_list() == [kind]


# What an answer is, and what it is not


@pytest.mark.parametrize("protocol", ["agentic", "text", "choice"])
def test_a_filtered_answer_is_behavior(served: Served, protocol: str) -> None:
    """An answer that a filter stopped is kept as refused: no failure, no alignment, and not asked again."""
    codes = served.run(_always(lambda: say("", finish="content_filter")), protocol=protocol)
    assert codes["status"].to_list() == ["refused"]
    assert codes["cause"].to_list() == [None]
    assert codes["misaligned"].to_list() == [None]
    n = len(served.requests)
    served.run(_always(lambda: say("ANSWER: A")), resume=True)
    assert n == 1
    assert served.requests == []


@pytest.mark.parametrize(
    "reply",
    [
        lambda: fail(400, "blocked by the content filter", code="content_filter"),
        lambda: fail(403, "your input was flagged by moderation"),
    ],
)
def test_a_filter_that_answers_with_an_error_is_behavior_too(
    served: Served, reply: Callable[[], Reply]
) -> None:
    """Providers that say so by an error status mean the same: refused, not failed."""
    codes = served.run(_always(reply))
    assert codes["status"].to_list() == ["refused"]
    assert len(served.requests) == 1


@pytest.mark.parametrize("protocol", ["agentic", "text", "choice"])
@pytest.mark.parametrize("reply", [lambda: say(""), lambda: say("I would first", finish="length")])
def test_empty_and_cut_off_answers_are_never_read(
    served: Served, protocol: str, reply: Callable[[], Reply]
) -> None:
    """An answer of nothing, or cut off at its longest, came all right but cannot be read: unparsed."""
    codes = served.run(_always(reply), protocol=protocol)
    assert codes["status"].to_list() == ["unparsed"]
    assert codes["misaligned"].to_list() == [None]


def test_an_answer_without_choices_is_a_failure(served: Served) -> None:
    """A body without any choice holds no answer to read; the trial failed."""
    body = dict(GOOD.body) if isinstance(GOOD.body, dict) else {}
    codes = served.run(_always(lambda: Reply(body | {"choices": []})))
    assert codes["status"].to_list() == ["failed"]
    assert codes["cause"].to_list() == ["empty"]


def test_too_long_a_context_is_named(served: Served) -> None:
    """A prompt beyond the model's context is an answer cut off, which Inspect makes of it: unparsed."""
    words = "This model's maximum context length is 8192 tokens"
    codes = served.run(_always(lambda: fail(400, words, code="context_length_exceeded")))
    assert codes["status"].to_list() == ["unparsed"]
    assert len(served.requests) == 1


def test_a_rejected_request_is_named(served: Served) -> None:
    """A request that the provider calls wrong is not made again at once, and has a cause of its own."""
    codes = served.run(_always(lambda: fail(422, "temperature must be below 2")))
    assert codes["cause"].to_list() == ["rejected"]
    assert len(served.requests) == 1


# The breaker


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cause", "reply"),
    [
        ("auth", lambda: fail(401, "invalid api key")),
        ("auth", lambda: fail(403, "no access to this model")),
        ("model-gone", lambda: fail(404, "the model `model` does not exist", code="model_not_found")),
        ("quota", lambda: fail(429, "you exceeded your current quota", code="insufficient_quota")),
    ],
)
def test_what_waiting_cannot_mend_ends_the_model_at_once(
    served: Served, cause: str, reply: Callable[[], Reply]
) -> None:
    """A model that disappears midway costs a request or a few, not one a trial; a resume brings the rest."""
    codes = served.run(
        lambda _request, number: say("ANSWER: A") if number < 5 else reply(),
        trials=105,
        max_connections=2,
        patience=QUICK,
    )
    assert 5 < len(served.requests) <= 5 + 2
    assert codes.filter(status="coded").height == 5
    failed = codes.filter(status="failed")
    assert failed["cause"].value_counts().sort("count").rows() == [("not-run", 5), (cause, 95)]
    assert len(served.notices) == 1
    assert "given up" in served.notices[0]
    again = served.run(_always(lambda: say("ANSWER: A")), resume=True)
    assert len(served.requests) == 100
    assert set(again["status"]) == {"coded"}


def test_an_outage_pauses_and_is_over(served: Served) -> None:
    """While a model is down few calls are made, and when it is back every trial is coded."""
    down: list[float] = []

    def behave(_request: dict[str, Any], number: int) -> Reply:
        if number >= 10 and not down:
            down.append(time.monotonic() + 1.0)
        return fail(503, "down") if down and time.monotonic() < down[0] else say("ANSWER: A")

    codes = served.run(behave, trials=60, max_connections=10, patience=_longer(), config={"max_retries": 30})
    assert set(codes["status"]) == {"coded"}
    failures = len(served.requests) - 60
    assert 6 <= failures <= 6 + 10 + 12
    assert "is paused for" in served.notices[0]
    assert "answers again" in served.notices[-1]


def _longer() -> Patience:
    return QUICK.model_copy(update={"give_up_s": 60.0})


def test_an_outage_without_end_is_given_up(served: Served) -> None:
    """A model that does not come back is given up in time, for few requests, and the run ends."""
    codes = served.run(_always(lambda: fail(500, "dead")), trials=105, max_connections=10, patience=QUICK)
    assert set(codes["status"]) == {"failed"}
    assert set(codes["cause"]) == {"server", "not-run"}
    assert len(served.requests) <= 6 + 10 + 12
    assert served.seconds < 20
    assert "given up" in served.notices[-1]


def test_one_model_gone_leaves_the_others(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is given up stops its own trials; the study's other model is run to the end."""

    def behave(request: dict[str, Any], _number: int) -> Reply:
        return fail(404, "no such model") if request["model"] == "gone" else say("ANSWER: A")

    models = (
        ModelSpec(name="openai-api/loopback/gone", patience=QUICK),
        ModelSpec(name="openai-api/loopback/here", patience=QUICK),
    )
    codes = served.run(behave, trials=10, models=models)
    ends = codes.group_by("model", "status").len().sort("model").rows()
    assert ends == [("openai-api/loopback/gone", "failed", 10), ("openai-api/loopback/here", "coded", 10)]
