"""A sitting: the transcripts drawn, who has answered what, and every answer on the disk before it counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from gyges.errors import InputError
from gyges.labelling._draw import Task
from gyges.labelling._journal import Journal
from gyges.labelling._ledger import NAME_RULE, Ledger, can_be_answered, is_name
from gyges.records.codebook import Item, Label
from gyges.records.conversation import Conversation

_KEPT = 16
"""Conversations kept in memory."""


class Progress(NamedTuple):
    """How far a person is."""

    answered: int
    of: int


class Spot(NamedTuple):
    """A question: the transcript's place, and the question's place in it; both counted from 0."""

    sheet: int
    question: int


class Sitting:
    """What is asked, and what has been said."""

    def __init__(
        self,
        sheets: Sequence[tuple[str, Sequence[Task]]],
        *,
        items: Sequence[Item],
        journal: Journal,
        read: Callable[[str], Conversation],
    ) -> None:
        """Begin a sitting.

        Args:
            sheets: Trials in the order they are shown, each with what is asked about it.
            items: The codebook's questions.
            journal: Where labels are written.
            read: Reads a trial's conversation.
        """
        self.sheets = [(trial, tuple(tasks)) for trial, tasks in sheets]
        self.items = {item.id: item for item in items}
        self.read = lru_cache(maxsize=_KEPT)(read)
        self._journal = journal
        self._ledger = Ledger()
        self._spots = {
            task: Spot(i, k) for i, (_, tasks) in enumerate(self.sheets) for k, task in enumerate(tasks)
        }
        self._lock = threading.Lock()

    def _catch_up(self) -> None:
        self._ledger.add(self._journal.read_new())

    def list_labellers(self) -> list[tuple[str, Progress]]:
        """List who has labelled in this run, with how far each is."""
        with self._lock:
            self._catch_up()
            return [(name, self._measure(name)) for name in self._ledger.labellers]

    def view(self, labeller: str) -> tuple[Mapping[Task, Label], Progress]:
        """Give a person's labels, and how far they are."""
        with self._lock:
            self._catch_up()
            return dict(self._ledger.of(labeller)), self._measure(labeller)

    def _measure(self, labeller: str) -> Progress:
        return Progress(len(self._ledger.of(labeller).keys() & self._spots.keys()), len(self._spots))

    def find_open(self, labeller: str, *, after: int = -1) -> Spot | None:
        """Find the next question a person has not answered, from the transcript after one on, and around."""
        with self._lock:
            self._catch_up()
            mine = self._ledger.of(labeller)
            n = len(self.sheets)
            for sheet in ((after + 1 + i) % n for i in range(n)):
                for task in self.sheets[sheet][1]:
                    if task not in mine:
                        return self._spots[task]
        return None

    def answer(self, labeller: str, spot: Spot, value: str) -> Progress:
        """Take an answer; it is on the disk when this returns.

        Raises:
            InputError: There is no such question or answer.
            RunError: It cannot be saved.
        """
        task = self._find_task(spot)
        if not can_be_answered(self.items[task.item], value):
            raise InputError(f"'{value[:60]}' is no answer to this question.")
        with self._lock:
            self._save(labeller, task, value)
            return self._measure(labeller)

    def undo(self, labeller: str) -> tuple[Spot | None, str | None, Progress]:
        """Take back what a person answered last; give where it was, or none if there is nothing left.

        What the person had answered there before stands again; it is given too.

        Raises:
            RunError: It cannot be saved.
        """
        with self._lock:
            self._catch_up()
            task = self._ledger.find_last(labeller, self._spots.keys())
            if task is None:
                return None, None, self._measure(labeller)
            self._save(labeller, task, None)
            before = self._ledger.of(labeller).get(task)
            return self._spots[task], before.value if before else None, self._measure(labeller)

    def _save(self, labeller: str, task: Task, value: str | None) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._journal.append([Label(**task._asdict(), labeller=labeller, value=value, at=now)])
        self._catch_up()

    def _find_task(self, spot: Spot) -> Task:
        if not 0 <= spot.sheet < len(self.sheets) or not 0 <= spot.question < len(self.sheets[spot.sheet][1]):
            raise InputError("there is no such question.")
        return self.sheets[spot.sheet][1][spot.question]


def check_name(text: str) -> str:
    """Give a labeller's name without spaces around it.

    Raises:
        InputError: It cannot be one.
    """
    name = text.strip()
    if not is_name(name):
        raise InputError(f"'{name[:60]}' is no labeller's name; it has {NAME_RULE}.")
    return name
