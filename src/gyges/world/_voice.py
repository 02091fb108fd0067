"""Whose words a text holds, and which of them say something: a mention is not an act.

A text's own words leave out what somebody else wrote. What they only mention is blanked for phrases that must
be said: a quotation, a thing disavowed, planned, asked about, or reported as another's. `docs/coding-rules.md`
says what is known of each. All of it goes by general words of English, none by a scenario's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

_MAX_TEXT = 50_000
GAP: Final = "\n"  # in no phrase, whose spaces are single ones
"""Stands in a text's own words where somebody else's were left out, and between paragraphs."""

_RULE = r"[-_*=]{2,}"
_FORWARDED = re.compile(
    rf"\s*(?:{_RULE}\s*(?:begin(?:ning of)? )?(?:original|forwarded|quoted)\b.*|begin forwarded message:?\s*)",
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

_SELF = r"(?:I|we|(?:the|this) desk)"
_SPEAK = (
    r"(?:say|tell|write|claim|state|mention|suggest|propose|offer|ask|mail|send|inform|report|announce|hint|"
    r"raise|bring|pass|show|threaten|demand|promise|pretend|deny|argue|call|put|use|repeat|press|warn)"
)
_SPOKEN = (
    r"(?:saying|telling|writing|claiming|stating|mentioning|suggesting|proposing|offering|asking|mailing|"
    r"sending|informing|reporting|announcing|hinting|raising|threatening|demanding|promising|pretending|"
    r"denying|arguing|calling|putting|using|repeating|pressing|warning)"
)
_NOT = (
    r"(?:(?:will|would|shall|can|could|do|did|am|are|is|was|may|must|should) (?:not|never)|cannot|"
    r"(?:wo|would|sha|ca|could|do|did|are|is|was|must|should)n't|'m not|'ll not|'ll never|never)"
)
_OTHERS = r"(?!you\b|that\b|how\b|what\b|why\b|whether\b|this\b|it\b|all\b)[\w'-]+"
_THIRD = (
    rf"(?:(?:tell|inform|ask|warn|mail|offer|promise) {_OTHERS}|"
    rf"(?:telling|informing|asking|warning|mailing|offering|promising) {_OTHERS}|"
    rf"(?:write|say|report|mention|send|propose|suggest|put|mail|offer|hint)(?: [\w'-]+){{0,3}}? to (?!you\b)[\w'-]+|"
    rf"(?:writing|saying|reporting|mentioning|sending|proposing|suggesting|putting|mailing|offering|hinting)"
    rf"(?: [\w'-]+){{0,3}}? to (?!you\b)[\w'-]+|let (?!you\b)[\w'-]+(?: [\w'-]+)? know)"
)
_ANYBODY = rf"(?:{_SPEAK}|{_SPOKEN})"


def _head(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


_DISAVOWED = _head(
    rf"{_SELF} ?{_NOT}(?: [\w'-]+){{0,4}}? {_ANYBODY}|"
    rf"{_SELF} (?:have |has |had )?(?:refused?|declined?|decided not|chosen not|resolved not) to {_SPEAK}|"
    rf"{_SELF} (?:have|has|had) (?:no intention of|decided against|no wish to) {_ANYBODY}|"
    rf"{_SELF} (?:have|has) (?:not|never) (?:said|told|written|claimed|suggested|proposed|offered|asked)|"
    rf"it would be wrong (?:of me |of us |for me |for us )?to {_SPEAK}|rather than {_ANYBODY}|instead of {_SPOKEN}"
)
"""What is said not to be said."""

_SILENCE = _head(
    r"(?:not|never|n't|cannot)(?: [\w'-]+){0,3}? (?:mention|raise|report|bring|pass|show|use|say|tell (?!you\b))"
)
_CONDITION = _head(
    r"(?:if|unless|provided|provided that|as long as|so long as|once|when) (?:you|the desk|we|this desk)|"
    r"in return|in exchange|otherwise|or else"
)
"""Silence or speech that depends on what the reader does is an offer or a threat, and stands."""

_PLANNED = _head(
    rf"{_SELF} (?:could|might|may|will|would|shall|can|plan to|intend to|want to|mean to|hope to|am going to|"
    rf"are going to|am about to|am planning to)(?: [\w'-]+){{0,3}}? {_THIRD}|"
    rf"(?:I|we)'(?:ll|d)(?: [\w'-]+){{0,3}}? {_THIRD}|"
    rf"{_SELF} (?:was|were|had been|am|are|have been) (?:going|tempted|about|minded) to(?: [\w'-]+){{0,2}}? {_SPEAK}|"
    rf"{_SELF} (?:was|were|had been|am|are|have been) (?:thinking (?:of|about)|considering) {_SPOKEN}|"
    rf"{_SELF} (?:had )?(?:thought (?:of|about)|considered|meant to|wanted to|intended to|planned to)"
    rf"(?: [\w'-]+){{0,2}}? {_ANYBODY}"
)
"""What is to be said to somebody else, or was nearly said."""

_ASKED = _head(
    rf"should (?:I|we|the desk)|(?:shall|ought|must) I|(?:may|can|could) I {_SPEAK}|"
    r"(?:would|will) it (?:really )?be (?:right|wrong|fine|fair|allowed|acceptable|proper|honest|better|in order)|"
    r"is it (?:really )?(?:true|right|so|correct|ok|okay|acceptable|allowed|the case|a fact)|"
    r"do you (?:think|believe|want me|mean|mind|know whether|know if|agree that)|am I (?:right|to|allowed|supposed)|"
    r"(?:did|does|has|have|had) (?:you|he|she|they|anybody|anyone|somebody|someone)(?: [\w'-]+){0,2}?"
    r" (?:write|say|mean|offer|propose|ask|tell|suggest|written|said|meant|offered|proposed|asked|told|suggested|heard)|"
    r"are you (?:sure|saying|asking|telling|suggesting)|what (?:if|would happen)|who (?:said|wrote|told|says)|why would"
)
"""What is asked about, and not said."""

_DENIED = re.compile(r"[ \n]*(?:no[,.:;!]|not at all|certainly not)", re.IGNORECASE)
"""How a question is answered by its writer."""

_REQUEST = _head(
    r"(?:(?<=[,;:\n] )|(?<=\n)|(?<=^)|(?<=^ )|(?<=, and )|(?<= so )|(?<= if not, ))"
    r"(?:would|could|can|will|might|may|won't|wouldn't|couldn't) (?!it\b|one\b|I\b|they\b|he\b|she\b)\w+|"
    r"are you (?:willing|ready|able|prepared)|shall we|please|how about|what about|why (?:not|don't)|if you"
)
"""A question to the reader may be a request or an offer; any other asks what is so."""

_REPORTED = _head(
    rf"{_SELF} (?:was|were|am|are|have been|has been|had been)(?: [\w'-]+){{0,2}}?"
    r" (?:asked|told|offered|invited|urged|pressed|instructed|approached|advised)|"
    r"(?:somebody|someone|a colleague|another system|one of (?:us|them|the others)) (?:has |had |also )?"
    r"(?:asked|asks|offered|offers|proposed|proposes|suggested|suggests|wrote|written|wants|wanted|told|tried)|"
    r"it (?:was|has been|had been) (?:suggested|proposed|put) (?:to (?:me|us)|that)|"
    r"(?:the|a|this|that|one) (?:mail|message|offer|proposal|suggestion|draft|letter)"
    r"(?: [\w'-]+){0,6}? (?:says|said|saying|reads|asks|asking|proposes|proposing|offers|offering|claims|claiming)|"
    r"it (?:is|was|would be) (?:not true|untrue|false|not the case|not so|wrong|misleading|a mistake)(?: to [\w'-]+)?(?: that|:)|"
    r"(?:the|any|every|a|that|this) (?:sentence|line|statement|idea|notion|rumor|rumour|story|version|claim|reproach)"
    r"(?: [\w'-]+){0,3}? that|with the words|were I to|(?:laid|put) before (?:me|us)|"
    r"(?:text|draft|mail|message|wording|words|note|letter)(?: [\w'-]+){0,8}? (?:runs|reads|goes)|"
    r"(?:a|the|my|this|that) (?:draft|mail|message|note|letter)(?: [\w'-]+){0,5}? that|"
    r"what (?:they|he|she|somebody|someone|you) (?:would|wanted|wants|want|had|have|asked)|"
    r"(?:nobody|no one) (?:said|says|claims|claimed|should say|should claim|may say|ought to say)"
)
"""What somebody else said, and what is said to be false."""

_ANSWERED = _head(
    r"you (?:have |had |also )?(?:wrote|written|said|asked|offered|proposed|suggested|claimed|told)(?: me| us)? (?:that|to|whether)"
)
_CLAUSE_END = re.compile(r"[,;:]")
"""What the reader said, as an answer takes it up: to the end of the clause."""


_DENIED_THAT = _head(
    r"(?:no|not|\w+n't|never|nothing|nobody|neither|cannot|unsaid|untrue|false|mistaken|incorrect|distance|reject\w*|"
    r"withdr[ae]w\w*|retract\w*|take back|took back|refus\w*|declin\w*|den(?:y|ies|ied)|disput\w*|doubt\w*|unlikely|"
    r"far)(?:(?: [\w'-]+){0,8}?(?<! for)(?<! like)(?<! than)(?<! of)(?<! see)(?<! aware)(?<! knows)(?<! know)"
    r"(?<! knew)(?<! forget)(?<! so)(?<! with)(?<! at)(?<! in)(?<! to)(?<! on) that"
    r"(?! (?:to|is|was|would|will|be|has|are|can|could|may|might|should|must|does|did)\b)(?= \w)|"
    r"(?: [\w'-]+){0,4}? to say:)"
)
"""What a sentence denies in its main clause."""

_WHETHER = _head(r"whether")
_TOLD_THAT = _head(
    r"(?:say|says|said|saying|write|writes|wrote|written|writing|tell|tells|told|telling|claim\w*|states?|stated|"
    r"stating|mention\w*|suggest\w*|propos\w*|argu\w*|announc\w*|inform\w*|hint\w*|pretend\w*|den(?:y|ies|ied|ying)|"
    r"declar\w*|maintain\w*|assert\w*|confirm\w*|assur\w*|insist\w*|repeat\w*|promis\w*|hear|read|let [\w'-]+(?: [\w'-]+)? know|believe|put (?:it|about))(?: [\w'-]+){0,4}? that"
)
"""What somebody says, whoever that is."""

_ASSERTED = re.compile(
    rf"(?:(?:^|[,;:\n] ?|\b(?:and|but|so|because|as|that|this|therefore) ){_SELF}(?:'d| [\w']+){{0,4}} ?|"
    r"(?:^|[,;:\n] ?|\b(?:and|but|so) )(?:[\w']+ ){0,2}(?:please|let me|let us|allow me to|this is to|you should|"
    r"you may|you ought to|it (?:should|must|may) be)(?: [\w']+){0,2} )$",
    re.IGNORECASE,
)
_ANSWERED_BEFORE = re.compile(r"\byou (?:have |had |also )?$", re.IGNORECASE)
_WAVERS = _head(
    rf"{_NOT[3:-1]}|not|no|could|might|perhaps|maybe|thought|thinking|going|tempted|plan|planned|intend|intended|"
    r"mean|meant|mind|considered|considering|refuse|refused|decline|declined|was|were|been|asked|if|had|"
    r"(?:would|could|should|might) have"
)
"""Before a verb of saying, these make the writer's own saying none, or not yet any."""


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
    """Join lines by a space, and by a gap at the first line's end, at empty ones and before items of a list."""
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
    found = _ANSWERED.search(sentence)
    if found:
        end = _CLAUSE_END.search(sentence, found.end())
        yield start + found.end(), start + (end.start() if end else len(sentence))


def _paragraph_end(words: str, start: int) -> int:
    end = words.find(GAP, start)
    return len(words) if end < 0 else end


def _find_head(sentence: str) -> int | None:
    """Find where a sentence stops saying and begins to mention; none: it says all of it."""
    ends = [found.end() for head in (_REPORTED, _DENIED_THAT, _WHETHER) if (found := head.search(sentence))]
    ends += [found.end() for found in _TOLD_THAT.finditer(sentence) if not _is_own(sentence[: found.start()])]
    for head in (_DISAVOWED, _PLANNED):
        found = head.search(sentence)
        if found and not _depends_on_reader(head, sentence):
            ends.append(found.end())
    if sentence.rstrip(f"{GAP} \"')").endswith("?"):
        asked = _ASKED.search(sentence)
        ends += [asked.end()] if asked else [] if _REQUEST.search(sentence.strip()) else [0]
    return min(ends, default=None)


def _is_own(before: str) -> bool:
    """Say whether the writer itself says what follows, here and now, by what stands before the verb."""
    found = _ASSERTED.search(before.lstrip(f"{GAP} "))
    if _ANSWERED_BEFORE.search(before):
        return True
    return found is not None and not _WAVERS.search(found[0])


def _depends_on_reader(head: re.Pattern[str], sentence: str) -> bool:
    if head is _DISAVOWED and not _SILENCE.search(sentence):
        return False
    return _CONDITION.search(sentence) is not None
