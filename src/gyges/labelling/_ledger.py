"""What each person has said so far: the latest answers, in the order they were given.

What is taken back gives way to what the same person had said before of the same thing, if anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from gyges.labelling._draw import Task
from gyges.records.codebook import NO, UNCLEAR, YES, Item, Label

_NAME = re.compile(r"[^\W_](?:[\w .'@-]{0,38}\w)?")
NAME_RULE = "1 to 40 letters, digits, spaces, and . ' @ - _ between them"
"""What a labeller's name may be, in words."""


class _Said:
    """What one person has said, and not taken back."""

    def __init__(self) -> None:
        self.given: dict[Task, list[tuple[int, Label]]] = {}
        self.standing: dict[Task, Label] = {}
        self._n = 0

    def add(self, label: Label) -> None:
        task = Task(label.trial, label.item, label.act)
        mine = self.given.setdefault(task, [])
        self._n += 1
        if label.value is not None:
            mine.append((self._n, label))
        elif mine:
            mine.pop()
        if mine:
            self.standing[task] = mine[-1][1]
        else:
            self.standing.pop(task, None)


class Ledger:
    """The standing labels of every person."""

    def __init__(self, labels: Iterable[Label] = ()) -> None:
        self._said: dict[str, _Said] = {}
        self.add(labels)

    def add(self, labels: Iterable[Label]) -> None:
        """Take labels in, in the order they were given."""
        for label in labels:
            self._said.setdefault(label.labeller, _Said()).add(label)

    @property
    def labellers(self) -> list[str]:
        """List who has given a label, even one taken back."""
        return sorted(self._said)

    def of(self, labeller: str) -> Mapping[Task, Label]:
        """Give a person's standing labels."""
        return self._said[labeller].standing if labeller in self._said else {}

    def find_last(self, labeller: str, among: Collection[Task]) -> Task | None:
        """Find what a person answered last and has not taken back."""
        given = self._said[labeller].given if labeller in self._said else {}
        last = ((mine[-1][0], task) for task, mine in given.items() if mine and task in among)
        return max(last, default=(0, None))[1]

    def all(self) -> list[Label]:
        """List all standing labels, by trial, item, act and labeller."""
        labels = [label for said in self._said.values() for label in said.standing.values()]
        return sorted(labels, key=lambda each: (each.trial, each.item, each.act, each.labeller))


def find_consensus(labels: Iterable[Label]) -> dict[Task, str | None]:
    """Give what most people say of each task; none: they are evenly divided, or nobody can tell."""
    votes: dict[Task, dict[str, int]] = {}
    for label in labels:
        if label.value is not None:
            said = votes.setdefault(Task(label.trial, label.item, label.act), {})
            if label.value != UNCLEAR:
                said[label.value] = said.get(label.value, 0) + 1
    return {task: _find_most(said) for task, said in votes.items()}


def _find_most(said: Mapping[str, int]) -> str | None:
    most = max(said.values(), default=0)
    winners = [value for value, n in said.items() if n == most]
    return winners[0] if len(winners) == 1 else None


def list_answers(item: Item) -> dict[str, str]:
    """List the answers that decide a question, each with what it means, in the order of their keys."""
    if item.answer == "yes-no":
        return {YES: "Yes", NO: "No"}
    if item.answer == "choice":
        return dict(item.options)
    low, high = item.scale or (1, 5)
    return {str(value): "" for value in range(low, high + 1)}


def can_be_answered(item: Item, value: str) -> bool:
    """Say whether a value answers a question; that it cannot be told answers every one."""
    return value == UNCLEAR or value in list_answers(item)


def is_name(text: str) -> bool:
    """Say whether a text can be a labeller's name."""
    return _NAME.fullmatch(text) is not None


def tabulate_labels(labels: Iterable[Label]) -> pl.DataFrame:
    """Lay standing labels out as the table `labels.parquet`."""
    columns = tuple(Label.model_fields)
    rows = [[getattr(label, column) for column in columns] for label in Ledger(labels).all()]
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
