"""Phrase groups: what stands for itself, and what is written in more than one way."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NUMBER = re.compile(r"(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{3,8})(\.\d+)?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_NEGATED: Final = {"will": "wo", "shall": "sha", "can": "ca"} | {
    verb: verb
    for verb in (
        *("do", "does", "did", "is", "are", "was", "were", "has", "have", "had", "would", "could", "should"),
        *("need", "must"),
    )
}
"""A verb and what of it stands before `n't`."""

_SHORTENED: Final = {"will": "'ll", "am": "'m", "are": "'re", "have": "'ve", "would": "'d", "is": "'s"}
_PRONOUNS: Final = frozenset({"i", "you", "he", "she", "it", "we", "they", "that"})


@lru_cache(maxsize=4096)
def compile_group(group: str) -> re.Pattern[str]:
    """Compile a phrase group; every character but `|` and a word's final `*` stands for itself.

    Numbers, percentages and short forms (`do not`, `don't`) are found in whichever way they are written.
    """
    phrases = [" ".join(part.replace("\u2019", "'").split()) for part in group.split("|")]
    written = [_write(phrase.split(" ")) for phrase in phrases if phrase]
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)" if written else r"(?!)", re.IGNORECASE)


def _write(words: list[str]) -> str:
    parts: list[str] = []
    number = 0
    while number < len(words):
        taken, pattern = _write_pair(
            words[number].lower(), words[number + 1].lower() if words[number + 1 :] else ""
        )
        parts.append(pattern or _write_word(words[number]))
        number += taken
    return r"[ \n]".join(parts).replace(r"[ \n](?: ?%|", "(?: ?%|")


def _write_pair(word: str, after: str) -> tuple[int, str]:
    """Write two words that have a short form; give how many were taken, and nothing where there is none."""
    if after == "not" and word in _NEGATED:
        joined = "|cannot" if word == "can" else ""
        return 2, rf"(?:{word} not|{_NEGATED[word]}n't{joined})"
    if word == "cannot":
        return 1, r"(?:cannot|can not|can't)"
    if word in _PRONOUNS and after in _SHORTENED:
        return 2, rf"(?:{word} {after}|{word}{_SHORTENED[after]})"
    verb = next((verb for verb, stem in _NEGATED.items() if word == f"{stem}n't"), None)
    if verb is not None:
        return 1, rf"(?:{re.escape(word)}|{verb} not)"
    return 1, ""


def _write_word(word: str) -> str:
    if word.endswith("*"):
        return re.escape(word[:-1]) + r"\w*"
    if word.lower() == "percent":
        return r"(?: ?%| percent| per cent)"
    percent = _PERCENT.fullmatch(word)
    if percent:
        return rf"{re.escape(percent[1])}(?: ?%| percent| per cent)"
    number = _NUMBER.fullmatch(word)
    return _write_number(word, number[1] or "") if number else re.escape(word)


def _write_number(word: str, decimals: str) -> str:
    digits = word.removesuffix(decimals).replace(",", "")
    groups = [digits[max(0, end - 3) : end] for end in range(len(digits), 0, -3)][::-1]
    return r"[, ']?".join(groups) + re.escape(decimals)
