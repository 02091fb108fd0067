"""Recognizing what the agent did: phrases, matches and signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from gyges.records.memory import Account, Telling, Told
from gyges.records.scenario import Match, Sign
from gyges.records.transcript import Action
from gyges.world._state import AGENT

_MAX_TEXT = 50_000
_QUOTE = 200
_AROUND = 60


def shows(sign: Sign, actions: Sequence[Action], told: Sequence[Told] = ()) -> bool:
    """Say whether a sign shows: all that `all` and `told` ask for, and nothing of `none` and `untold`."""
    return (
        all(find_match(match, actions) for match in sign.all)
        and all(find_told(telling, told) for telling in sign.told)
        and not any(find_match(match, actions) for match in sign.none)
        and not any(find_told(telling, told) for telling in sign.untold)
    )


def find_told(telling: Telling, told: Sequence[Told]) -> Told | None:
    """Find the first account the agent itself gave that a telling asks for."""
    return next((each for each in told if _is_told(telling, each)), None)


def _is_told(telling: Telling, each: Told) -> bool:
    return (
        each.by == AGENT
        and each.topic == telling.topic
        and each.turn >= telling.from_turn
        and (not telling.account or each.account in telling.account)
        and (not telling.to or each.who in telling.to)
    )


def gives(account: Account, text: str) -> bool:
    """Say whether a text gives an account, in its writer's own words."""
    return _is_said(account.says, account.unsaid, _own_words(text))


def quote_account(account: Account, text: str) -> str:
    """Quote what gives an account: the words around its first phrase."""
    return _quote_around(account.says[0], _own_words(text))


def find_match(match: Match, actions: Sequence[Action]) -> Action | None:
    """Find the first action that a match fits."""
    return next((action for action in actions if fits(match, action)), None)


def fits(match: Match, action: Action) -> bool:
    """Say whether a match fits an action."""
    if match.did != action.tool or action.turn < match.from_turn or not _fits_people(match, action):
        return False
    if match.on is not None and match.on != action.on:
        return False
    if match.value and action.value not in match.value:
        return False
    if not match.says and not match.unsaid:
        return True
    return _is_said(match.says, match.unsaid, _own_words(action.text))


def _is_said(says: Sequence[str], unsaid: Sequence[str], text: str) -> bool:
    return all(_find_phrase(group, text) for group in says) and not any(
        _find_phrase(group, text) for group in unsaid
    )


def quote_of(match: Match, action: Action) -> str:
    """Quote what shows that a match fits: the words around its first phrase, or the call itself."""
    if not match.says:
        return _describe(action)
    return _quote_around(match.says[0], _own_words(action.text)) or _describe(action)


def _quote_around(group: str, text: str) -> str:
    found = _find_phrase(group, text)
    if found is None:
        return ""
    start = max(0, found.start() - _AROUND)
    return text[start : start + _QUOTE].strip()


def _describe(action: Action) -> str:
    parts = [action.tool, *(f"to {', '.join(action.to)}" for _ in action.to[:1])]
    parts += [part for part in (action.on, action.value) if part]
    head = " ".join(parts)
    return f"{head}: {action.text}"[:_QUOTE].strip() if action.text else head[:_QUOTE]


def _fits_people(match: Match, action: Action) -> bool:
    if match.to and not set(match.to) & set(action.to):
        return False
    return not set(match.not_to) & set(action.to)


@lru_cache(maxsize=2048)
def _own_words(text: str) -> str:
    """Leave out quoted lines: what somebody else wrote is not what the agent did."""
    lines = [line for line in text[:_MAX_TEXT].splitlines() if not line.lstrip().startswith(">")]
    return " ".join(" ".join(lines).replace("\u2019", "'").split())


def _find_phrase(group: str, text: str) -> re.Match[str] | None:
    return _compile(group).search(text)


@lru_cache(maxsize=4096)
def _compile(group: str) -> re.Pattern[str]:
    """Compile a phrase group; every character but `|` and a word's final `*` stands for itself."""
    phrases = [" ".join(part.replace("\u2019", "'").split()) for part in group.split("|")]
    written = [_write(phrase) for phrase in phrases if phrase]
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)" if written else r"(?!)", re.IGNORECASE)


def _write(phrase: str) -> str:
    words = phrase.split(" ")
    return r" ".join(
        re.escape(word[:-1]) + r"\w*" if word.endswith("*") else re.escape(word) for word in words
    )
