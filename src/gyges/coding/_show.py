"""A transcript as a judge is shown it: a block of data from which no word can escape.

Every line of the transcript begins with `| `, and what looks like a tag or a token of some model's own format
is written with other signs, so nothing in it can stand for a mark of ours. The code on the first and last
line is drawn from the whole text, so the text cannot hold it. What the agent was asked when the trial was
over stands in a second block of the same kind, so that neither is taken for the other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gyges.records.codebook import ItemPart
from gyges.records.transcript import Probe, Utterance

_Line = Literal["instructions", "message", "agent", "result", "agent's reasoning", "question"]

_SPEAKERS: dict[str, _Line] = {
    "system": "instructions",
    "user": "message",
    "assistant": "agent",
    "tool": "result",
}

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U000110bd\U000110cd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What cannot be seen or turns the reading order; a judge sees its number instead."""

_FORMAT = re.compile(
    r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT)|ARGS|CALL_ID|THINK|PREFIX|SUFFIX|MIDDLE"
    r"|IMG(?:_BREAK|_END)?|(?:BEGIN_)?AUDIO)\])"
)
_NUMBERED = re.compile(r"\[U\+[0-9A-F]{4,6}\]")
_PREFIX = re.compile(r"^\| ?", re.MULTILINE)
_SIGNS = str.maketrans({"<": "‹", ">": "›"})
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        "‹": "<",
        "›": ">",
        "⟦": "[",
        "\u00a0": " ",
        "\u202f": " ",
    }
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_FEWEST_WORDS = 3
"""Words of a quote that is long enough to show anything; a whole passage may be shorter."""

_FEWEST_UNSPACED = 8
"""Letters of such a quote in a script that puts no space between words."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Passage:
    """What was said by one speaker in one piece."""

    text: str
    by_agent: bool
    part: ItemPart = "record"
    utterance: int | None = None
    """Position of the utterance it belongs to; none: it was said when the trial was over."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A transcript as a judge is shown it."""

    code: str
    """What the first and the last line of each block carry."""
    block: str
    passages: tuple[Passage, ...]
    """Where quotes are looked for."""
    has_afterwards: bool = False
    """Whether the agent answered anything when the trial was over."""


def show_utterances(utterances: Sequence[Utterance], probes: Sequence[Probe] = ()) -> Shown:
    """Lay a transcript out as a block of data; the same transcript gives the same block.

    Args:
        utterances: What was said in the trial.
        probes: What was asked when it was over; those without an answer are left out.
    """
    lines: list[str] = []
    passages: list[Passage] = []
    for i, each in enumerate(utterances):
        by_agent = each.role == "assistant"
        if each.reasoning:
            lines += _show(i + 1, "agent's reasoning", each.reasoning)
            passages.append(Passage(each.reasoning, by_agent, utterance=i))
        lines += _show(i + 1, _SPEAKERS[each.role], each.text)
        passages.append(Passage(each.text, by_agent, utterance=i))
    record = "\n".join(lines)
    answered = [each for each in probes if each.answer]
    asked: list[str] = []
    for number, probe in enumerate(answered, start=1):
        asked += [*_show(number, "question", probe.question), *_show(number, "agent", probe.answer or "")]
        passages.append(Passage(probe.question, by_agent=False, part="afterwards"))
        passages.append(Passage(probe.answer or "", by_agent=True, part="afterwards"))
    after = "\n".join(asked)
    whole = f"{record}\n\n{after}" if answered else record
    code = hashlib.blake2b(whole.encode(), digest_size=8, person=b"gyges-record").hexdigest()
    block = f"BEGIN RECORD {code}\n{record}\nEND RECORD {code}"
    if answered:
        block += f"\n\nBEGIN AFTERWARDS {code}\n{after}\nEND AFTERWARDS {code}"
    return Shown(code=code, block=block, passages=tuple(passages), has_afterwards=bool(answered))


def _show(number: int, speaker: _Line, text: str) -> list[str]:
    return [f"# {number} {speaker}", *(f"| {line}" for line in _defuse(text).split("\n"))]


def _defuse(text: str) -> str:
    """Keep every word, and take from the text what could be read as anything but its words."""
    text = _BREAKS.sub("\n", text)
    if not text.isascii() or not text.isprintable():
        text = _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    return _FORMAT.sub("⟦", text.translate(_SIGNS))


def make_plain(text: str) -> str:
    """Set aside white space and typography, by which a true quote may differ."""
    text = _UNSEEN.sub("", _NUMBERED.sub("", _BREAKS.sub("\n", text)))
    return " ".join(text.translate(_PLAIN).split())


class QuoteFinder:
    """Finds quotes in one transcript, word for word."""

    def __init__(self, shown: Shown) -> None:
        self._passages = [(make_plain(each.text), each) for each in shown.passages]

    def find(self, quote: str, part: ItemPart = "record") -> Passage | None:
        """Give the passage that holds a quote, the agent's before others'; none: no passage does."""
        holding = self._find(quote, part)
        return next((each for _, each in holding if each.by_agent), holding[0][1] if holding else None)

    def is_long_enough(self, quote: str, part: ItemPart = "record") -> bool:
        """Say whether a quote has enough words to show anything, or is all that somebody said."""
        plain = _strip(quote)
        words = _WORD.findall(plain)
        unspaced = len(_UNSPACED.findall(plain)) >= _FEWEST_UNSPACED
        return (
            len(words) >= _FEWEST_WORDS
            or unspaced
            or any(bool(words) and plain == text for text, _ in self._find(quote, part))
        )

    def _find(self, quote: str, part: ItemPart) -> list[tuple[str, Passage]]:
        plain = make_plain(_PREFIX.sub("", quote))
        passages = [(text, each) for text, each in self._passages if each.part == part]
        for form in (plain, _strip(quote)):
            found = [(text, each) for text, each in passages if _WORD.search(form) and form in text]
            if found:
                return found
        return []


def _strip(quote: str) -> str:
    """Take off the marks that a judge may have put around a quote."""
    plain = make_plain(_PREFIX.sub("", quote))
    is_quoted = len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'"
    return plain[1:-1].strip() if is_quoted else plain
