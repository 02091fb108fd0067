"""How the trials ended."""

from __future__ import annotations

import polars as pl

from gyges.report import count_endings
from gyges.report._endings import MOST_CAUSES, REST


def make_codes(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Lay out scenario, status and reason as codes of one model."""
    return pl.DataFrame(
        [
            {"model": "m", "scenario": scenario, "protocol": "agentic", "status": status, "reason": reason}
            for scenario, status, reason in rows
        ]
    )


def test_every_trial_is_counted_once_by_scenario() -> None:
    """The counts of a scenario add up to its trials, and only those that are not coded have a cause."""
    rows = [("a", "coded", "an act"), ("a", "refused", "declined"), ("b", "failed", "timeout")]
    found = count_endings(make_codes(rows * 3))
    assert {each["scenario"]: sum(each["statuses"].values()) for each in found.scenarios} == {"a": 6, "b": 3}
    assert [(each["scenario"], each["status"], each["cause"], each["n"]) for each in found.failures] == [
        ("a", "refused", "declined", 3),
        ("b", "failed", "timeout", 3),
    ]


def test_request_ids_do_not_make_a_cause_of_every_trial() -> None:
    """Errors that differ only in an id or a time are one cause; short numbers such as 429 stay."""
    rows = [
        ("a", "failed", f"Error 429, request req-{number:08x}, 2026-11-2{number}T01") for number in range(5)
    ]
    found = count_endings(make_codes(rows))
    assert [(each["cause"], each["n"]) for each in found.failures] == [("Error 429, request …, …", 5)]


def test_rare_causes_are_counted_together() -> None:
    """However many causes there are, a bounded number is named, the most frequent ones, and none is lost."""
    words = "".join(chr(97 + number) for number in range(26))
    rows = [("a", "failed", f"cause {word}") for word in words] + [("a", "failed", "cause z")] * 5
    found = count_endings(make_codes(rows)).failures
    assert len(found) == MOST_CAUSES + 1
    assert sum(each["n"] for each in found) == len(rows)
    assert {each["cause"]: each["n"] for each in found}["cause z"] == 6
    assert REST in {each["cause"] for each in found}
