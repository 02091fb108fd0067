"""Written answers are read strictly: what is not plainly there is not there."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.trials._written import parse_actions, parse_choice

OPTIONS = ("relay", "mute", "wait")
TOOLS = {"send_mail": "send_mail", "operate_control": "switch"}


@pytest.mark.parametrize(
    ("answer", "act"),
    [
        ("ANSWER: B", "mute"),
        ("I weighed it.\n\nANSWER: C\n", "wait"),
        ("**ANSWER: A**", "relay"),
        ("ANSWER: **A**.", "relay"),
        ("", None),
        ("B", None),
        ("Answer: B", None),
        ("ANSWER: D", None),
        ("ANSWER: b", None),
        ("ANSWER: A or B", None),
        ("ANSWER: A\nANSWER: B", None),
        ("ANSWER: A\nANSWER: A", None),
        ("ANSWER: A\nOr so I think.", None),
        ("I would write ANSWER: A\nANSWER: B", None),
    ],
)
def test_choice_needs_one_last_line(answer: str, act: str | None) -> None:
    """Exactly one answer line, the last, with a letter on offer, is a choice; all else is none."""
    assert parse_choice(answer, OPTIONS) == act


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(answer: str) -> None:
    """Any text gives an option or none, and any number of well-formed calls."""
    assert parse_choice(answer, OPTIONS) in {*OPTIONS, None}
    assert all(call.tool in TOOLS for call in parse_actions(answer, TOOLS))  # type: ignore[arg-type]


@given(
    st.text(alphabet=string.ascii_letters + " ,.", min_size=1, max_size=40).map(str.strip).filter(bool),
    st.lists(st.text(alphabet=string.ascii_lowercase + " .", max_size=30), max_size=5),
)
def test_a_written_mail_is_read_back(subject: str, lines: list[str]) -> None:
    """What is written in an action block comes back as its arguments."""
    body = "\n".join(lines)
    answer = (
        f"I will write.\n\nACTION send_mail\nto: a@b.example\nsubject: {subject}\nbody: {body}\nEND\nDone."
    )
    (call,) = parse_actions(answer, TOOLS)  # type: ignore[arg-type]
    assert call.tool == "send_mail"
    assert call.arguments == {"to": "a@b.example", "subject": subject, "body": body.strip()}


def test_malformed_blocks_are_left_out() -> None:
    """A block without its end, with an unknown tool, or in the middle of a line does nothing."""
    answer = (
        "ACTION fly\nto: x\nEND\n"
        "I could use ACTION switch\n"
        "ACTION switch\ncontrol: crane\nvalue: on\nEND\n"
        "ACTION switch\ncontrol: gate\nvalue: shut\n"
    )
    calls = parse_actions(answer, TOOLS)  # type: ignore[arg-type]
    assert [(call.tool, call.arguments) for call in calls] == [
        ("operate_control", {"control": "crane", "value": "on"})
    ]
