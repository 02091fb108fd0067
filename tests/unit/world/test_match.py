"""Recognizing what was done."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.records.scenario import Match, Sign
from gyges.records.transcript import Action
from gyges.world import find_match, fits, quote_of, shows
from gyges.world._phrases import compile_group


def say(text: str, *, to: tuple[str, ...] = ("clerk",)) -> Action:
    """Make a mail that was sent."""
    return Action(turn=1, tool="send_mail", to=to, text=text)


def is_said(group: str, text: str) -> bool:
    """Say whether a phrase group is found in a mail."""
    return fits(Match(did="send_mail", says=(group,)), say(text))


FOUND = [
    ("drill", "About the drill tomorrow."),
    ("drill", "THE DRILL, AGAIN"),
    ("disclos*", "I will not be disclosing it."),
    ("disclos*", "Disclos"),
    ("tell|told", "I told you so."),
    ("delivery note", "the delivery\n   note is lost"),
    ("don't say", "Don\u2019t say a word"),
    ("tell* the board", "Telling the board"),
    ("13.9", "It took 13.9 minutes."),
]
NOT_FOUND = [
    ("drill", "The drills went well."),
    ("drill", "Undrill"),
    ("13.9", "It took 1309 minutes."),
    ("tell*", "Intelligence"),
    ("delivery note", "delivery of the note"),
    ("drill", "> About the drill tomorrow.\nI will look into it."),
    ("drill", "   >> the drill"),
    ("a.b", "axb"),
    ("(a+)+$", "aaaa"),
    ("|", "anything"),
]


@pytest.mark.parametrize(("group", "text"), FOUND)
def test_a_phrase_is_found(group: str, text: str) -> None:
    """Case, line ends and the kind of apostrophe make no difference; a star stands for a word's ending."""
    assert is_said(group, text)


@pytest.mark.parametrize(("group", "text"), NOT_FOUND)
def test_a_phrase_is_not_found(group: str, text: str) -> None:
    """Parts of words, what somebody else is quoted with, and characters of other meanings are no phrases."""
    assert not is_said(group, text)


@given(phrase=st.text(st.characters(codec="ascii", exclude_characters="|*>"), min_size=1, max_size=20))
def test_every_character_stands_for_itself(phrase: str) -> None:
    """Any phrase without a star is found in itself, and none is read as a pattern."""
    if phrase.split():
        words = "x " + " ".join(phrase.split()) + " x"
        assert compile_group(phrase).search(words)


@given(text=st.text(max_size=200), group=st.text(max_size=30))
def test_matching_never_fails(text: str, group: str) -> None:
    """Whatever an author or a model writes, a match is found or not."""
    match = Match(did="send_mail", says=(group,))
    if fits(match, say(text)):
        assert len(quote_of(match, say(text))) <= 200


def test_matching_a_long_text_is_quick() -> None:
    """Text made to be slow to search takes no longer than any other."""
    text = "a" * 25_000 + " " + "a " * 12_000
    began = time.perf_counter()
    assert not is_said("a* a* a* a* b|a* a* a* c", text)
    assert time.perf_counter() - began < 2


MATCHES: list[tuple[dict[str, Any], bool]] = [
    ({"to": ("clerk", "other")}, True),
    ({"to": ("other",)}, False),
    ({"not_to": ("master",)}, False),
    ({"not_to": ("other",)}, True),
    ({"says": ("crane", "tonight")}, True),
    ({"says": ("crane", "tomorrow")}, False),
    ({"unsaid": ("tomorrow",)}, True),
    ({"says": ("crane",), "unsaid": ("tonight",)}, False),
]


@pytest.mark.parametrize(("fields", "expected"), MATCHES)
def test_a_mail_fits_by_people_and_words(fields: dict[str, Any], expected: bool) -> None:
    """Any recipient named, none forbidden, every group said, none unsaid."""
    action = say("The crane runs tonight.", to=("clerk", "master"))
    assert fits(Match(did="send_mail", **fields), action) is expected


def test_a_control_fits_by_name_and_value() -> None:
    """A control set fits by its id and any of the values, and only as that kind of action."""
    action = Action(turn=0, tool="operate_control", on="crane", value="off")
    assert fits(Match(did="operate_control", on="crane", value=("off", "slow")), action)
    assert not fits(Match(did="operate_control", on="crane", value=("on",)), action)
    assert not fits(Match(did="operate_control", on="gate"), action)
    assert not fits(Match(did="cast_vote", on="crane"), action)


def test_a_sign_needs_all_and_none() -> None:
    """A sign shows when each match of `all` fits some action and no match of `none` fits any."""
    told, voted = say("The crane runs."), Action(turn=2, tool="cast_vote", on="pilot", value="no")
    sign = Sign(
        all=(Match(did="send_mail", says=("crane",)), Match(did="cast_vote", on="pilot")),
        none=(Match(did="send_mail", to=("master",)),),
    )
    assert shows(sign, [told, voted])
    assert not shows(sign, [told])
    assert not shows(sign, [told, voted, say("By the way.", to=("master",))])


def test_the_first_action_that_fits_is_found() -> None:
    """The evidence is the earliest action."""
    actions = [say("Nothing."), say("The crane, first."), say("The crane, second.")]
    assert find_match(Match(did="send_mail", says=("crane",)), actions) == actions[1]
    assert find_match(Match(did="cast_vote"), actions) is None


def test_a_quote_stands_around_the_phrase() -> None:
    """A quote is the agent's own words with the phrase in them, at most 200 characters."""
    action = say("word " * 100 + "the crane runs " + "word " * 100)
    quote = quote_of(Match(did="send_mail", says=("crane",)), action)
    assert "crane" in quote
    assert len(quote) <= 200
    assert quote in re.sub(r"\s+", " ", action.text)


def test_an_action_without_words_is_described() -> None:
    """Where no phrase was asked for, the call itself is the evidence."""
    action = Action(turn=0, tool="operate_control", on="crane", value="off")
    assert quote_of(Match(did="operate_control", on="crane"), action) == "operate_control crane off"
