"""A judge's reply read into answers: valid ones whose quotes stand in the transcript, and unscored ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
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
    """Read the one JSON object of a written reply; none: there is none."""
    found = _OBJECT.search(text)
    if not found:
        return None
    try:
        content = json.loads(found[0])
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def read_reply(reply: Mapping[str, Any], case: Case, questions: Questions, *, coder: str) -> list[Answer]:
    """Read a reply into an answer to every question asked about a trial."""
    finder = QuoteFinder(case.shown)
    answers = [
        _read_answer(reply.get(name_field(item)), item, finder).model_copy(
            update={"trial": case.trial, "coder": coder}
        )
        for item in questions.trial_items
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
        Answer(trial=case.trial, item=item, act=act, coder=coder, status="unscored", reason=reason)
        for item, act in list_asked(case, questions)
    ]


def list_asked(case: Case, questions: Questions) -> Iterator[tuple[str, str]]:
    """List the questions asked about a trial: item and act."""
    yield from ((item.id, "") for item in questions.trial_items)
    yield from ((item.id, act) for act in case.acts for item in questions.act_items)


def is_answered(reply: Mapping[str, Any] | None, case: Case, questions: Questions) -> bool:
    """Say whether a reply has a valid value for every question, whatever its quotes."""
    if reply is None:
        return False
    given = _read_acts(reply.get("acts"))
    asked = [(reply.get(name_field(item)), item) for item in questions.trial_items]
    for number in range(1, len(case.acts) + 1):
        entry = given.get(number, {})
        asked += [(entry.get(name_field(item)), item) for item in questions.act_items]
    return all(_find_value(entry, item)[0] is not None for entry, item in asked)


def _read_acts(given: Any) -> dict[int, Mapping[str, Any]]:
    """Read the entries about acts by number; of two that differ, neither counts."""
    entries: dict[int, Mapping[str, Any]] = {}
    twice: set[int] = set()
    for entry in given if isinstance(given, list) else ():
        number = entry.get("act") if isinstance(entry, dict) else None
        if isinstance(number, str) and number.isdecimal():
            number = int(number)
        if isinstance(number, int):
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
    stand = tuple(quote for quote in quotes if finder.find(quote) is not None)
    if value in NO_QUOTE or item.answer == "scale":
        return blank.model_copy(update={"value": value, "status": "coded", "quotes": stand})
    if not quotes:
        return blank.model_copy(update={"reason": f"quotes missing for '{value}'"})
    if len(stand) < len(quotes):
        return blank.model_copy(
            update={"reason": f"quotes not in the transcript for '{value}'", "quotes": quotes}
        )
    return blank.model_copy(update={"value": value, "status": "coded", "quotes": quotes})


def _list_quotes(entry: Any) -> tuple[str, ...]:
    given = entry.get("quotes") if isinstance(entry, dict) else None
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        return ()
    return tuple(quote.strip() for quote in given if isinstance(quote, str) and quote.strip())[:_MOST_QUOTES]
