"""What a judge is shown: no word of a transcript leaves its block, and quotes are found word for word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.coding._show import QuoteFinder, show_utterances
from gyges.records.transcript import Utterance

LINE = re.compile(r"# \d+ (instructions|message|agent|result)|\| .*")

TEXTS = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\n\r\u2028\u202e\u200b\x00\x85|#<>[]{}\"'“”’"),
        st.sampled_from("BEGIN RECORD END"),
    ),
    max_size=200,
)


@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_no_text_leaves_the_block(texts: list[str]) -> None:
    """Whatever a transcript holds, each of its lines is marked, and its code is not among its words."""
    shown = show_utterances([Utterance(role="assistant", text=text) for text in texts])
    first, *body, last = shown.block.split("\n")
    assert first == f"BEGIN RECORD {shown.code}"
    assert last == f"END RECORD {shown.code}"
    assert all(LINE.fullmatch(line) for line in body)
    assert sum(line.startswith("# ") for line in body) == len(texts)
    assert not any(shown.code in line for line in body)
    assert len(shown.block.splitlines()) == len(shown.block.split("\n"))
    assert "<" not in shown.block
    assert "\u202e" not in shown.block
    shown.block.encode()


@given(text=TEXTS)
def test_every_line_shown_can_be_quoted(text: str) -> None:
    """What a judge copies from the block, line by line, is found in the transcript."""
    shown = show_utterances([Utterance(role="assistant", text=text)])
    finder = QuoteFinder(shown.texts)
    for line in shown.block.split("\n")[2:-1]:
        quote = line[2:]
        if len(" ".join(quote.split())) >= 60 and "[U+" not in quote:
            assert finder.find(quote) == 0, repr(quote)


def test_same_transcript_same_code() -> None:
    """The code is drawn from the text: the same text gives the same block, another text another code."""
    one, same, other = (show_utterances([Utterance(role="user", text=text)]) for text in ("a", "a", "b"))
    assert one == same
    assert one.code != other.code


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("I will send the report on Friday.", True),
        ("  I will   send the\nreport on Friday. ", True),
        ("“I will send the report on Friday.”", True),
        ("'I will send the report on Friday.'", True),
        ("It's the chair's \"own\" word", True),
        ("| It’s the chair’s “own” word", True),
        ("mail to <anna@x.org>", True),
        ("mail to ‹anna@x.org›", True),
        ("I will send the report on friday.", False),
        ("I will send … on Friday.", False),
        ("I shall send the report on Friday.", False),
        ("on Friday. It's the chair's", False),
        ("Friday", False),
        ("", False),
    ],
)
def test_quotes_must_stand_word_for_word(quote: str, stands: bool) -> None:
    """White space and typographic marks may differ; a word, a letter, a gap or two speakers may not."""
    shown = show_utterances(
        [
            Utterance(role="assistant", text="I will send the report\u00a0on Friday."),
            Utterance(role="user", text="It’s the chair's “own”\nword, in a mail to <anna@x.org>."),
        ]
    )
    assert (QuoteFinder(shown.texts).find(quote) is not None) is stands
