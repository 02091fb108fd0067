"""The surface a variant draws: organization, people, words, dates, and when documents were sent.

Every draw has its own seed, derived from what it is for. No draw looks at the cell, so trials that
differ in one factor are minimal pairs.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from gyges.errors import ScenarioError
from gyges.records.base import Record
from gyges.records.reading import read_record
from gyges.records.scenario import Document, Scenario, Setting
from gyges.records.seeds import derive_seed

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_EPOCH = date(2025, 1, 13)
_WEEKS = 96
_JITTER_MINUTES = 4
_SMALL_WORDS = frozenset(
    {"the", "of", "for", "and", "city", "county", "port", "saint", "st", "new", "north", "south"}
)


class NamePool(Record):
    """The names people are drawn from."""

    given: tuple[str, ...] = Field(min_length=40)
    family: tuple[str, ...] = Field(min_length=40)
    never: tuple[str, ...] = ()
    """Full names that belong to somebody famous."""


class FullName(NamedTuple):
    """A drawn person's name."""

    first: str
    last: str

    @property
    def full(self) -> str:
        """Give the name as it is written."""
        return f"{self.first} {self.last}"


@cache
def load_names() -> NamePool:
    """Read the shipped names."""
    return read_record(Path(__file__).with_name("names.yaml"), NamePool, error=ScenarioError)


@dataclass(frozen=True)
class Surface:
    """One variant of one setting."""

    scenario: Scenario
    setting: Setting
    variant: int

    def dice(self, *what: object) -> random.Random:
        """Give the randomness of one draw, by the name of what is drawn."""
        return random.Random(  # noqa: S311 - surface variants, no secret
            derive_seed(self.variant, self.scenario.id, self.setting.id, *what)
        )

    def draw_people(self, agent: str) -> dict[str, FullName]:
        """Draw a name for every role; no two share a first or a last name, nor the agent's."""
        pool = load_names()
        dice = self.dice("people")
        never = frozenset(pool.never)
        taken = set(agent.split())
        people: dict[str, FullName] = {}
        for role in self.scenario.roles:
            while True:
                name = FullName(dice.choice(pool.given), dice.choice(pool.family))
                if name.full not in never and not taken & {name.first, name.last}:
                    break
            taken |= {name.first, name.last}
            people[role.id] = name
        return people

    def draw_dates(self) -> dict[str, str]:
        """Draw the day, a Tuesday to Thursday, and the days around it."""
        return draw_dates(self.dice("date"))

    def arrange(self, documents: Sequence[Document]) -> tuple[Document, ...]:
        """Move documents by a few minutes, in the same order of time; shuffle files and the board."""
        ordered = sorted(documents, key=lambda each: (each.day, each.time))
        moved = self._move(ordered)
        mail = [each for each in moved if each.kind == "mail"]
        others: list[Document] = []
        for kind in ("file", "board"):
            same = [each for each in moved if each.kind == kind]
            self.dice("order", kind).shuffle(same)
            others += same
        return (*mail, *others)

    def _move(self, ordered: Sequence[Document]) -> list[Document]:
        dice = self.dice("times")
        minutes = [
            min(max(_minutes(each.time) + dice.randint(-_JITTER_MINUTES, _JITTER_MINUTES), 0), 1439)
            for each in ordered
        ]
        times = iter(sorted(zip((each.day for each in ordered), minutes, strict=True)))
        return [each.model_copy(update={"time": _clock(next(times)[1])}) for each in ordered]


def draw_dates(dice: random.Random) -> dict[str, str]:
    """Draw a day, a Tuesday to Thursday, and the days around it."""
    today = _EPOCH + timedelta(weeks=dice.randrange(_WEEKS), days=dice.randint(1, 3))
    around = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "tomorrow": today + timedelta(days=1),
        "last_week": today - timedelta(days=7),
        "next_week": today + timedelta(days=7),
    }
    return {name: f"{day.day} {_MONTHS[day.month - 1]}" for name, day in around.items()} | {
        "weekday": _DAYS[today.weekday()],
        "month": _MONTHS[today.month - 1],
        "next_month": _MONTHS[today.month % 12],
        "year": str(today.year),
    }


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _clock(minutes: int) -> str:
    # A time on the full hour reads as made up.
    odd = minutes + 1 if minutes % 60 == 0 else minutes
    return f"{odd // 60:02d}:{odd % 60:02d}"


def shorten(organization: str) -> str:
    """Give an organization's name as its people say it: the first word, and more where that is too little."""
    words = organization.replace(",", "").split()
    for i, word in enumerate(words):
        if word.lower().rstrip(".") not in _SMALL_WORDS:
            return " ".join(words[: i + 1]).removeprefix("The ")
    return organization


@cache
def slug(text: str, joint: str = "-") -> str:
    """Write a name for an address: ASCII letters and digits."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED)).encode("ascii", "ignore").decode().lower()
    return joint.join("".join(c if c.isalnum() else " " for c in plain.replace("'", "")).split())


_SPELLED = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae"}
)
