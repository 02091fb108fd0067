"""A transcript as a judge is shown it: a block of data from which no word can escape.

Every line of the transcript begins with `| `, and what looks like a tag or a token of some model's own format
is written with other signs, so nothing in it can stand for a mark of ours. The code on the first and last
line is drawn from the whole text, so the text cannot hold it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gyges.records.transcript import Probe, Utterance

_SPEAKERS = {"system": "instructions", "user": "message", "assistant": "agent", "tool": "result"}

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)
"""What cannot be seen or turns the reading order; a judge sees its number instead."""

_FORMAT = re.compile(r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])")
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
_FEWEST = 8
"""Characters of a quote that is long enough to show anything."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A transcript as a judge is shown it."""

    code: str
    """What its first and its last line carry."""
    block: str
    texts: tuple[str, ...]
    """The text of each utterance, for quotes to be found in."""
    afterwards: tuple[str, ...] = ()
    """What was answered when the trial was over, likewise."""


def show_utterances(utterances: Sequence[Utterance], probes: Sequence[Probe] = ()) -> Shown:
    """Lay a transcript out as a block of data; the same transcript gives the same block.

    Args:
        utterances: What was said in the trial.
        probes: What was asked when it was over; those without an answer are left out.
    """
    answered = [each for each in probes if each.answer is not None]
    lines: list[str] = []
    for number, each in enumerate(utterances, start=1):
        lines.append(f"# {number} {_SPEAKERS[each.role]}")
        lines.extend(f"| {line}" for line in _defuse(each.text).split("\n"))
    for number, probe in enumerate(answered, start=len(utterances) + 1):
        for speaker, text in (("question", probe.question), ("answer", probe.answer or "")):
            lines.append(f"# {number} {speaker} afterwards")
            lines.extend(f"| {line}" for line in _defuse(text).split("\n"))
    body = "\n".join(lines)
    code = hashlib.blake2b(body.encode(), digest_size=8, person=b"gyges-record").hexdigest()
    block = f"BEGIN RECORD {code}\n{body}\nEND RECORD {code}"
    texts = tuple(each.text for each in utterances)
    return Shown(code, block, texts, afterwards=tuple(each.answer or "" for each in answered))


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
    """Finds quotes in the utterances of one transcript, word for word."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [make_plain(text) for text in texts]

    def find(self, quote: str) -> int | None:
        """Give the position of the utterance that holds a quote; none: no utterance does."""
        plain = make_plain(_PREFIX.sub("", quote))
        if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'" and not self._find(plain):
            plain = plain[1:-1].strip()
        if len(plain) < _FEWEST:
            return None
        return next(iter(self._find(plain)), None)

    def _find(self, plain: str) -> list[int]:
        return [i for i, text in enumerate(self._texts) if plain in text]
