"""Why a trial failed, from exceptions and from what logs keep of them."""

from __future__ import annotations

import json

import pytest

from gyges.records.words import CAUSES
from gyges.trials._causes import find_cause, read_cause, read_message, say_failure


class _StatusError(Exception):
    """What providers' clients raise: a status, and a body."""

    def __init__(self, status_code: int, message: str, code: str | None = None) -> None:
        super().__init__(f"Error code: {status_code} - {message}")
        self.status_code = status_code
        self.body = {"message": message, "code": code}


@pytest.mark.parametrize(
    ("problem", "cause"),
    [
        (_StatusError(429, "slow down"), "rate-limit"),
        (_StatusError(429, "you exceeded your current quota", "insufficient_quota"), "quota"),
        (_StatusError(402, "no money"), "quota"),
        (
            _StatusError(429, "exceeded your current quota, see billing; please retry in 1.2s"),
            "rate-limit",
        ),
        (_StatusError(429, "quota of requests per minute exceeded", "insufficient_quota"), "rate-limit"),
        (_StatusError(503, "upstream billing service unavailable"), "server"),
        (_StatusError(503, "The moderation service is temporarily unavailable"), "server"),
        (RuntimeError("ServiceUnavailable: the moderation endpoint is down"), "server"),
        (RuntimeError("flagged by moderation"), "content-filter"),
        (_StatusError(500, "oops"), "server"),
        (_StatusError(529, "overloaded"), "server"),
        (_StatusError(504, "upstream"), "timeout"),
        (_StatusError(401, "bad key"), "auth"),
        (_StatusError(403, "not for you"), "auth"),
        (_StatusError(403, "flagged by moderation"), "content-filter"),
        (_StatusError(404, "no such model"), "model-gone"),
        (_StatusError(400, "maximum context length is 8192 tokens"), "context-length"),
        (_StatusError(400, "temperature must be below 2"), "rejected"),
        (json.JSONDecodeError("Expecting value", "<html>", 0), "malformed"),
        (ConnectionResetError("Connection reset by peer"), "connection"),
        (TimeoutError(), "timeout"),
        (RuntimeError("its scene cannot be made: no such role"), "scene"),
        (ZeroDivisionError("division by zero"), "other"),
    ],
)
def test_an_exception_has_its_cause(problem: Exception, cause: str) -> None:
    """Status, name and words tell the cause; the sentence made of it tells the same cause again."""
    assert find_cause(problem) == cause
    assert read_cause(say_failure(problem)) == cause


def test_a_cause_lies_behind_what_was_raised_of_it() -> None:
    """An error wrapped in others keeps its cause, and its words are said."""
    problem = RuntimeError("Connection error.")
    problem.__cause__ = ConnectionResetError("peer closed connection without sending complete message body")
    assert find_cause(problem) == "truncated"
    assert "without sending complete" in say_failure(problem)


def test_a_key_in_an_address_is_not_said() -> None:
    """What stands after the question mark of an address never reaches a log."""
    assert "secret" not in say_failure(RuntimeError("GET https://host/v1?key=secret failed"))


def test_a_request_does_not_speak_for_its_answer() -> None:
    """Words of a prompt that Inspect puts before an error decide nothing."""
    message = '\nRequest:\n{"content": "the timeout was flagged"}\n\nError code: 503 - down'
    assert read_cause(message) == "server"


@pytest.mark.parametrize("cause", CAUSES)
def test_what_gyges_wrote_is_read_as_it_was_written(cause: str) -> None:
    """A message that begins with its cause has that cause, also as Python shows an exception."""
    assert read_cause(f"{cause}: 500 it's the provider's") == cause
    assert read_cause(repr(_like_ours(f"{cause}: it's"))) == cause
    assert read_message(repr(_like_ours(f"{cause}: it's"))) == f"{cause}: it's"


def _like_ours(message: str) -> Exception:
    from gyges.errors import TrialError

    return TrialError(message)
