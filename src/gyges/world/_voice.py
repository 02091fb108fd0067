"""Whose words a text holds, and which of them say something: a mention is not an act.

A text's own words leave out what somebody else wrote. What they only mention is blanked for phrases that must
be said: a quotation, or what is disavowed, planned, asked about or reported. It goes by general words of
English, in `mentions.yaml`, and none by a scenario's; `docs/coding-rules.md` says how well it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from gyges.records.reading import parse_yaml

_FILE = Path(__file__).with_name("mentions.yaml")
_PART = re.compile(r"<([a-z-]+)>")
_MAX_TEXT = 50_000
GAP: Final = "\n"  # in no phrase, whose spaces are single ones
"""Stands in a text's own words where somebody else's were left out, and between paragraphs."""

_RULE = r"[-_*=]{2,}"
_FORWARDED = re.compile(
    rf"\s*(?:{_RULE}\s*(?:begin )?(?:original|forwarded|quoted)\b.*|begin forwarded message:?\s*)",
    re.IGNORECASE,
)
_END = re.compile(rf"\s*{_RULE}\s*end\b.*", re.IGNORECASE)
_HEADER = re.compile(r"\s*(?:from|to|sent|date|subject|cc):\s*\S.*", re.IGNORECASE)
_CLIENT = re.compile(r"\s*on .{4,100}\bwrote:\s*", re.IGNORECASE)
_WROTE = re.compile(
    r"\s*(?:[\w.,'-]+ ){0,6}(?:wrote|writes|said|says|asked|offered|proposed|answered|replied)"
    r"(?: [\w.,'-]+){0,6}:\s*",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"(?:fwd?|wg):", re.IGNORECASE)
_REPLY = re.compile(r"(?:re|aw):", re.IGNORECASE)
_QUOTED = re.compile(r"[\"\u201c\u201e\u00ab]([^\"\u201c\u201d\u201e\u00ab\u00bb]{25,3000})[\"\u201d\u00bb]")
_FEWEST_QUOTED = 5
"""Words a quotation has; fewer are a name, or a word put at a distance."""

_SENTENCE_END = re.compile(r"[.!?][\"')\]\u201d]*(?= |$)|\n|:(?=\n)")

_CLAUSE_END = re.compile(r"[,;:]")
_DENIED = re.compile(r"[ \n]*(?:no[,.:;!]|not at all|certainly not)", re.IGNORECASE)
"""How a question is answered by its writer."""

_OWN = re.compile(
    r"(?:(?:^|[,;:\n] ?|\b(?:and|but|so|because|as|that|this|therefore) )(?:I|we|(?:the|this) desk)"
    r"(?:'d| [\w']+){0,4} ?|"
    r"(?:^|[,;:\n] ?|\b(?:and|but|so) )(?:[\w']+ ){0,2}(?:please|let me|let us|allow me to|this is to|"
    r"you should|you may|you ought to|it (?:should|must|may) be)(?: [\w']+){0,2} )$",
    re.IGNORECASE,
)
"""What stands before a verb when it is the writer that says something."""

_ANSWERED_BEFORE = re.compile(r"\byou (?:have |had |also )?$", re.IGNORECASE)
_BEFORE = 200
"""How far before a verb its subject is looked for."""


@cache
def _head(name: str) -> re.Pattern[str]:
    """Compile what `mentions.yaml` lists under a name."""
    content = parse_yaml(_FILE.read_text(encoding="utf-8"), name=_FILE.name)[0]
    parts = {part: _unfold(text) for part, text in content["parts"].items()}
    written = "|".join(map(_unfold, content[name]))
    while found := _PART.search(written):
        written = written.replace(found[0], parts[found[1]])
    return re.compile(rf"(?<!\w)(?:{written})(?!\w)", re.IGNORECASE)


def _unfold(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines())


class Voice(NamedTuple):
    """A text as its writer's own."""

    words: str
    """The writer's own words, spaces made one, `GAP` where something was left out or a paragraph ends."""
    said: str
    """The same, of the same length, with what is only mentioned blanked."""


@lru_cache(maxsize=2048)
def read_voice(text: str) -> Voice:
    """Read a text for what its writer says in it, its first line being a sentence of its own."""
    lines = text[:_MAX_TEXT].replace("\u2019", "'").split("\n")
    own = list(_own_lines(lines))
    words = _join(own)
    said = list(words)
    if _FORWARD.match(words) or (own != lines and _REPLY.match(words)):
        said[: _paragraph_end(words, 0)] = GAP * _paragraph_end(words, 0)
    for start, end in (*_find_quotations(words), *_find_mentions(words)):
        said[start:end] = GAP * (end - start)
    return Voice(words, "".join(said))


def _join(lines: Sequence[str]) -> str:
    """Join lines by a space, or a gap: after the first line, at empty ones and before items of a list."""
    parts: list[str] = []
    for number, line in enumerate(lines):
        plain = " ".join(line.split())
        if not plain:
            parts.append(GAP)
            continue
        breaks = (number == 1 and not plain[0].islower()) or re.match(r"(?:[-*\u2022]|\d{1,2}[.)]) ", plain)
        parts.append(GAP + plain if breaks else plain)
    joined = " ".join(parts)
    return re.sub(r" ?\n[ \n]*", GAP, joined).strip(f"{GAP} ")


def _own_lines(lines: Sequence[str]) -> Iterator[str]:
    """Leave out quoted lines, forwarded mails, and the mail that an answer stands above."""
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.lstrip().startswith(">"):
            yield ""
            number += 1
        elif _begins_foreign(lines, number):
            yield ""
            number = next((i + 1 for i in range(number, len(lines)) if _END.fullmatch(lines[i])), len(lines))
        else:
            yield line
            number += 1
            if number > 1 and _WROTE.fullmatch(line):
                number = _skip_block(lines, number)


def _begins_foreign(lines: Sequence[str], number: int) -> bool:
    if _FORWARDED.fullmatch(lines[number]) or _CLIENT.fullmatch(lines[number]):
        return True
    head = lines[number : number + 3]
    return len(head) == 3 and all(_HEADER.fullmatch(line) for line in head)


def _skip_block(lines: Sequence[str], number: int) -> int:
    """Find the line after a block that somebody is said to have written: indented lines, or a paragraph."""
    while number < len(lines) and not lines[number].strip():
        number += 1
    if number < len(lines) and lines[number][:1] in {" ", "\t"}:
        while number < len(lines) and (lines[number][:1] in {" ", "\t"} or not lines[number].strip()):
            number += 1
        return number
    while number < len(lines) and lines[number].strip() and not re.match(r"\s*[\"\u201c]", lines[number]):
        number += 1
    return number


def _find_quotations(words: str) -> Iterator[tuple[int, int]]:
    for found in _QUOTED.finditer(words):
        if len(found[1].split()) >= _FEWEST_QUOTED:
            yield found.span()


def _find_mentions(words: str) -> Iterator[tuple[int, int]]:
    """Find the parts of sentences that are disavowed, planned, asked about or reported."""
    start = 0
    for found in _SENTENCE_END.finditer(words):
        sentence = words[start : found.end()]
        if sentence.endswith("?") and _DENIED.match(words, found.end()):
            yield start, found.end()
        yield from _find_answered(sentence, start)
        head = _find_head(sentence)
        if head is not None:
            introduces = sentence.rstrip(GAP).endswith(":")
            yield start + head, _paragraph_end(words, found.end() + 1) if introduces else found.end()
        start = found.end()
    head = _find_head(words[start:])
    if head is not None:
        yield start + head, len(words)


def _find_answered(sentence: str, start: int) -> Iterator[tuple[int, int]]:
    found = _head("answered").search(sentence)
    if found:
        end = _CLAUSE_END.search(sentence, found.end())
        yield start + found.end(), start + (end.start() if end else len(sentence))


def _paragraph_end(words: str, start: int) -> int:
    end = words.find(GAP, start)
    return len(words) if end < 0 else end


def _find_head(sentence: str) -> int | None:
    """Find where a sentence stops saying and begins to mention; none: it says all of it."""
    depends = _head("condition").search(sentence) is not None
    if depends and _head("silence").search(sentence):
        # Silence that depends on what the reader does is an offer, and stands.
        return None
    reported = _head("reported").search(sentence)
    ends = [reported.end()] if reported else []
    told = (found for found in _head("told-that").finditer(sentence) if not _is_own(sentence, found.start()))
    ends += [found.end() for found in told]
    for name in ("disavowed", "planned"):
        found = _head(name).search(sentence)
        if found and not (depends and name == "planned"):
            ends.append(found.end())
    if sentence.rstrip(f"{GAP} \"')").endswith("?"):
        asked = _head("asked").search(sentence)
        if asked or not _is_request(sentence.strip(f"{GAP} \"')")):
            ends.append(asked.end() if asked else 0)
    return min(ends, default=None)


def _is_request(question: str) -> bool:
    """Say whether a question may be a request or an offer: by its beginning, its end, and what is in it."""
    if any(tag.end() == len(question) - 1 for tag in _head("tag").finditer(question)):
        return False
    request = _head("request")
    if _head("interrogative").match(question):
        return request.match(question) is not None
    return request.search(question) is not None


def _is_own(sentence: str, verb: int) -> bool:
    """Say whether the writer itself says what follows a verb, here and now, by what stands before it."""
    before = sentence[max(0, verb - _BEFORE) : verb].lstrip(f"{GAP} ")
    if verb > _BEFORE or _ANSWERED_BEFORE.search(before):
        # What the reader said is left to the end of its clause.
        return verb <= _BEFORE
    found = _OWN.search(before)
    return found is not None and not _head("wavers").search(found[0])
