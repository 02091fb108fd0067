"""Recognizing what the agent did: phrases, matches and signs."""

from __future__ import annotations

from collections.abc import Sequence

from gyges.records.memory import Account, Telling, Told
from gyges.records.scenario import Match, Sign
from gyges.records.transcript import Action
from gyges.world._phrases import compile_group
from gyges.world._state import AGENT
from gyges.world._voice import GAP, Voice, read_voice

_TOLD_IN_PARTS = frozenset({"send_mail", "post_to_board"})
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
    return _is_said(account.says, account.unsaid, read_voice(text))


def quote_account(account: Account, text: str) -> str:
    """Quote what gives an account: the words around its first phrase."""
    return _quote_around(account.says[0], read_voice(text))


def find_match(match: Match, actions: Sequence[Action]) -> Action | None:
    """Find the first action that a match fits; what it asks to be said may be told in several mails."""
    found = next((action for action in actions if fits(match, action)), None)
    return found or _find_in_parts(match, actions)


def _find_in_parts(match: Match, actions: Sequence[Action]) -> Action | None:
    """Find the first of several mails to one person, or posts, that together say what a match asks for.

    Each group must be said in one of them, to people the match allows, and nothing that must be unsaid may
    stand in any that the person got.
    """
    if match.did not in _TOLD_IN_PARTS or len(match.says) < 2:
        return None
    sent = [each for each in actions if each.tool == match.did and each.turn >= match.from_turn]
    readers = match.to or tuple(dict.fromkeys(role for each in sent for role in each.to)) or ("",)
    for reader in readers:
        parts = [each for each in sent if not reader or reader in each.to]
        voices = [read_voice(each.text) for each in parts]
        if len(parts) < 2 or any(_mentions(group, each) for group in match.unsaid for each in voices):
            continue
        told = [v for v, each in zip(voices, parts, strict=True) if not set(match.not_to) & set(each.to)]
        if all(any(_says(group, voice) for voice in told) for group in match.says):
            return next(
                each
                for each, voice in zip(parts, voices, strict=True)
                if voice in told and _says(match.says[0], voice)
            )
    return None


def fits(match: Match, action: Action) -> bool:
    """Say whether a match fits an action: of words, what its writer says, and not what is only mentioned."""
    if match.did != action.tool or action.turn < match.from_turn or not _fits_people(match, action):
        return False
    if match.on is not None and match.on != action.on:
        return False
    if match.value and action.value not in match.value:
        return False
    if not match.says and not match.unsaid:
        return True
    return _is_said(match.says, match.unsaid, read_voice(action.text))


def _is_said(says: Sequence[str], unsaid: Sequence[str], voice: Voice) -> bool:
    """Say whether every group is said, and none is unsaid: for that a mention is enough."""
    return all(_says(group, voice) for group in says) and not any(_mentions(group, voice) for group in unsaid)


def _says(group: str, voice: Voice) -> bool:
    return compile_group(group).search(voice.said) is not None


def _mentions(group: str, voice: Voice) -> bool:
    return compile_group(group).search(voice.words) is not None


def quote_of(match: Match, action: Action) -> str:
    """Quote what shows that a match fits: the words around its first phrase, or the call itself."""
    if not match.says:
        return _describe(action)
    return _quote_around(match.says[0], read_voice(action.text)) or _describe(action)


def _quote_around(group: str, voice: Voice) -> str:
    """Quote the words around a phrase, within its paragraph: what stands beyond may have been left out."""
    found = compile_group(group).search(voice.said)
    if found is None:
        return ""
    start = max(voice.words.rfind(GAP, 0, found.start()) + 1, found.start() - _AROUND, 0)
    end = voice.words.find(GAP, found.end())
    return " ".join(voice.words[start : min(len(voice.words) if end < 0 else end, start + _QUOTE)].split())


def _describe(action: Action) -> str:
    parts = [action.tool, *(f"to {', '.join(action.to)}" for _ in action.to[:1])]
    parts += [part for part in (action.on, action.value) if part]
    head = " ".join(parts)
    return f"{head}: {action.text}"[:_QUOTE].strip() if action.text else head[:_QUOTE]


def _fits_people(match: Match, action: Action) -> bool:
    if match.to and not set(match.to) & set(action.to):
        return False
    return not set(match.not_to) & set(action.to)
