"""A judge's reply read into answers: valid ones whose quotes stand in the transcript, and unscored ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gyges.coding._codebook import list_values
from gyges.coding._questions import Case, Questions, name_field
from gyges.coding._show import QuoteFinder
from gyges.records.codebook import NO, UNCLEAR, Answer, Item

NO_QUOTE = frozenset({NO, "none"})
"""Answers that say something is not there: nothing could be quoted."""

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_MAX_SHOWN = 60
_MOST_QUOTES = 10


def parse_reply(text: str) -> dict[str, Any] | None:
    """Read the one JSON object of a written reply; none: there is none, or a field of it stands twice."""
    found = _OBJECT.search(text)
    if not found:
        return None
    try:
        content = json.loads(found[0], object_pairs_hook=_refuse_twins)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a field stands twice")
    return dict(pairs)


def read_reply(reply: Mapping[str, Any], case: Case, questions: Questions, *, coder: str) -> list[Answer]:
    """Read a reply into an answer to every question asked about a trial."""
    finder = QuoteFinder(case.shown)
    answers = [
        _read_answer(reply.get(name_field(item)), item, finder).model_copy(
            update={"trial": case.trial, "coder": coder}
        )
        for item in list_trial_items(case, questions)
    ]
    given = _read_acts(reply.get("acts"))
    for number, act in enumerate(case.acts, start=1):
        for item in questions.act_items:
            answer = _read_answer(given.get(number, {}).get(name_field(item)), item, finder)
            answers.append(answer.model_copy(update={"trial": case.trial, "coder": coder, "act": act}))
    return answers


def leave_unscored(case: Case, questions: Questions, *, coder: str, reason: str) -> list[Answer]:
    """Leave every question asked about a trial unscored."""
    return [
        Answer(trial=case.trial, item=item.id, act=act, coder=coder, status="unscored", reason=reason)
        for item, act in list_asked(case, questions)
    ]


def list_trial_items(case: Case, questions: Questions) -> list[Item]:
    """List the questions about the trial that it can be asked: it may have said nothing afterwards."""
    return [item for item in questions.trial_items if item.part == "record" or case.shown.has_afterwards]


def list_asked(case: Case, questions: Questions) -> Iterator[tuple[Item, str]]:
    """List the questions asked about a trial: item and act."""
    yield from ((item, "") for item in list_trial_items(case, questions))
    yield from ((item, act) for act in case.acts for item in questions.act_items)


def is_answered(reply: Mapping[str, Any] | None, case: Case, questions: Questions) -> bool:
    """Say whether a reply has a valid value for every question, whatever its quotes."""
    return count_answered(reply, case, questions) == sum(1 for _ in list_asked(case, questions))


def count_answered(reply: Mapping[str, Any] | None, case: Case, questions: Questions) -> int:
    """Count the questions for which a reply has a valid value; −1: there is no reply."""
    if reply is None:
        return -1
    given = _read_acts(reply.get("acts"))
    asked = [(reply.get(name_field(item)), item) for item in list_trial_items(case, questions)]
    for number in range(1, len(case.acts) + 1):
        entry = given.get(number, {})
        asked += [(entry.get(name_field(item)), item) for item in questions.act_items]
    return sum(_find_value(entry, item)[0] is not None for entry, item in asked)


def _read_acts(given: Any) -> dict[int, Mapping[str, Any]]:
    """Read the entries about acts by number; of two that differ, neither counts."""
    entries: dict[int, Mapping[str, Any]] = {}
    twice: set[int] = set()
    for entry in given if isinstance(given, list) else ():
        number = entry.get("act") if isinstance(entry, dict) else None
        if isinstance(number, str) and number.isdecimal():
            number = int(number)
        if isinstance(number, int) and not isinstance(number, bool):
            if number in entries and entries[number] != entry:
                twice.add(number)
            entries[number] = entry
    return {number: entry for number, entry in entries.items() if number not in twice}


def _find_value(entry: Any, item: Item) -> tuple[str | None, str]:
    """Give a valid value, or none and why."""
    value = entry.get("value") if isinstance(entry, dict) else entry
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, "empty: no answer"
    text = str(value).strip().lower()
    if text in {*list_values(item), UNCLEAR}:
        return text, ""
    return None, f"not a valid answer: '{text[:_MAX_SHOWN]}'"


def _read_answer(entry: Any, item: Item, finder: QuoteFinder) -> Answer:
    blank = Answer(trial="", item=item.id, coder="", status="unscored")
    value, reason = _find_value(entry, item)
    if value is None:
        return blank.model_copy(update={"reason": reason})
    if value == UNCLEAR:
        return blank.model_copy(update={"reason": "the judge could not tell"})
    quotes = _list_quotes(entry)
    problem = _find_problem(value, quotes, item, finder)
    if problem:
        return blank.model_copy(update={"reason": f"{problem} for '{value}'", "quotes": quotes})
    return blank.model_copy(update={"value": value, "status": "coded", "quotes": quotes})


def _find_problem(value: str, quotes: Sequence[str], item: Item, finder: QuoteFinder) -> str:
    """Say what is wrong with an answer's quotes; empty: nothing.

    Whatever the answer, all that it quotes must stand. An answer that something is there needs a quote, and
    one of the agent's own words: what others wrote shows nothing about it.
    """
    found = [finder.find(quote, item.part) for quote in quotes]
    if None in found:
        return "quotes not in the transcript"
    if value in NO_QUOTE or item.answer == "scale":
        return ""
    if not quotes:
        return "quotes missing"
    own = [quote for quote, each in zip(quotes, found, strict=True) if each and each.by_agent]
    if not own:
        return "quotes without a word of the agent's own"
    return "" if any(finder.is_long_enough(quote, item.part) for quote in own) else "quotes too short"


def _list_quotes(entry: Any) -> tuple[str, ...]:
    given = entry.get("quotes") if isinstance(entry, dict) else None
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        return ()
    return tuple(quote.strip() for quote in given if isinstance(quote, str) and quote.strip())[:_MOST_QUOTES]
