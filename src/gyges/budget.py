"""The budget a run may not pass: kept in its folder, and watched by a purse."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gyges.errors import BudgetError, RunError, StudyError
from gyges.pricing import REFERENCE, cost_of_all, prices_of
from gyges.records.budget import Budget, say_amount, say_unit
from gyges.records.study import Study, name_model
from gyges.records.tokens import Usage, count_all
from gyges.run_folder import RunFolder

_NAME = "budget.json"

BETWEEN = "\t"
"""Between the parts of a kind's name, the model first; no model's name holds one."""

_FIRST = 8
"""Pieces of work of a kind that may be under way before that many have shown what they cost."""

_MARGIN = 1.25
"""How much dearer than the dearest so far the next one may be."""


def write_budget(folder: RunFolder, budget: Budget) -> None:
    """Note the budget a run may not pass."""
    content = budget.model_dump(exclude_none=True)
    folder.write(_NAME, (json.dumps(content) + "\n").encode())


def read_budget(folder: RunFolder) -> Budget | None:
    """Read the budget a run was last given; none: it has none.

    Raises:
        RunError: It is damaged.
    """
    if not folder.exists(_NAME):
        return None
    try:
        return Budget.model_validate_json(folder.read(_NAME))
    except ValueError:
        raise RunError(f"{folder.at(_NAME)}: is damaged; name a budget with --budget.") from None


def check_priced(study: Study, budget: Budget | None) -> None:
    """Make sure that a budget in US dollars can be kept: every model has a price.

    Raises:
        StudyError: One has none.
    """
    if budget is None or budget.usd is None:
        return
    for name, price in prices_of(study).items():
        if price is None:
            raise StudyError(
                f"a budget in US dollars needs prices, and '{name}' has none; give it with --prices FILE or"
                " as `price: {input: …, output: …}` in the study, or give a budget in tokens, like 2Mtok."
            )


class _Open(NamedTuple):
    kind: str
    attempts: int


class Purse:
    """What a run has cost so far, what is under way, and what may still begin.

    Work comes in pieces (a trial, a case put to a judge), each of a kind (its model and protocol) and with so
    many attempts at most. Nothing begins unless three things fit into the budget together: what is spent, all
    attempts that may still come of what is under way, and its own. An attempt counts beforehand as the
    estimate of its kind or, if that is more, a quarter more than the dearest so far; until the first eight of
    a kind have ended, no more than eight are under way.

    So the budget is never passed if no attempt costs more than it counted for when it began, whatever the
    order in which pieces end and however many are under way. If one does cost more, `check` stops everything
    as soon as what is under way may no longer fit.
    """

    def __init__(self, study: Study, budget: Budget | None, *, attempts: int | None = None) -> None:
        """Open a purse.

        Args:
            study: The study, with prices.
            budget: What may be spent; none: no limit.
            attempts: How often a piece may be tried at most; none: as the study says.

        Raises:
            StudyError: The budget is in US dollars, and a model has no price.
        """
        check_priced(study, budget)
        self._prices = prices_of(study)
        self.budget = budget
        self.has_prices = None not in self._prices.values()
        self._attempts = 1 + study.retries if attempts is None else attempts
        self._usd = 0.0
        self._tokens = 0
        self._each: dict[str, float] = {}
        self._likely: dict[str, float] = {}
        self._seen: Counter[str] = Counter()
        self._open: dict[str, _Open] = {}
        self._n_open: Counter[str] = Counter()
        self._n_attempts: Counter[str] = Counter()
        people = study.stakeholder is not None and not study.stakeholder.name.startswith(REFERENCE)
        self._free = (
            set()
            if people or budget is None or budget.usd is None
            else {name_model(spec) for spec in study.models if spec.name.startswith(REFERENCE)}
        )

    def _is_free(self, kind: str) -> bool:
        return kind.partition(BETWEEN)[0] in self._free

    @property
    def spent(self) -> float | None:
        """US dollars so far; none: a model's price is not known."""
        return self._usd if self.has_prices else None

    @property
    def tokens(self) -> int:
        """Tokens so far, in and out."""
        return self._tokens

    @property
    def left(self) -> float | None:
        """What is left of the budget, in its own unit; none: there is none."""
        return None if self.budget is None else max(0.0, self.budget.amount - self._gone)

    @property
    def _gone(self) -> float:
        is_usd = self.budget is not None and self.budget.usd is not None
        return self._usd if is_usd else float(self._tokens)

    def count(self, usage: Usage) -> float:
        """Count tokens in the budget's unit; what has no price counts nothing."""
        is_usd = self.budget is not None and self.budget.usd is not None
        return (cost_of_all(self._prices, usage) or 0.0) if is_usd else float(count_all(usage))

    def expect(self, kind: str, usage: Usage) -> None:
        """Say what an attempt of a kind takes, as far as can be told beforehand."""
        self._each[kind] = max(self._each.get(kind, 0.0), self.count(usage))
        if not self._seen[kind]:
            self._likely[kind] = self._each[kind]

    def learn(self, kind: str, usage: Usage) -> None:
        """Take in what an attempt of a kind took; it is not paid by this."""
        cost = self.count(usage)
        self._likely[kind] = max(self._likely.get(kind, 0.0), cost) if self._seen[kind] else cost
        self._each[kind] = max(self._each.get(kind, 0.0), _MARGIN * cost)
        self._seen[kind] += 1

    def allow(self, kind: str, wanted: int) -> int:
        """Say how many pieces of a kind may begin now, of those that are wanted."""
        if self.budget is None or self._is_free(kind):
            return wanted
        room = wanted
        if self._seen[kind] < _FIRST:
            room = min(wanted, max(0, _FIRST - self._n_open[kind]))
        need = self._each.get(kind, 0.0) * self._attempts
        gone = self._gone + self._reserve(self._n_attempts, self._each)
        if gone + need > self.budget.amount:
            return 0
        if need > 0:
            room = min(room, int((self.budget.amount - gone) / need))
            while room and gone + room * need > self.budget.amount:
                room -= 1
        return room

    def begin(self, kind: str, pieces: Iterable[str]) -> None:
        """Count pieces, by their ids, as under way."""
        for piece in pieces:
            self._open[piece] = _Open(kind, self._attempts)
            self._n_open[kind] += 1
            self._n_attempts[kind] += self._attempts

    def fail(self, piece: str, usage: Usage) -> None:
        """Pay for an attempt that failed and is made again."""
        found = self._open.get(piece)
        if found:
            self.learn(found.kind, usage)
            if found.attempts > 1:
                self._open[piece] = _Open(found.kind, found.attempts - 1)
                self._n_attempts[found.kind] -= 1
        self.pay(usage)

    def end(self, piece: str, usage: Usage) -> None:
        """Pay for the last attempt at a piece."""
        found = self._open.get(piece)
        if found:
            self.learn(found.kind, usage)
        self.drop([piece])
        self.pay(usage)

    def drop(self, pieces: Iterable[str]) -> None:
        """Count pieces as under way no longer: they ended, or never will."""
        for piece in pieces:
            found = self._open.pop(piece, None)
            if found:
                self._n_open[found.kind] -= 1
                self._n_attempts[found.kind] -= found.attempts

    def pay(self, usage: Usage, *, usd: float | None = None) -> None:
        """Count tokens as spent; `usd` is what they cost where no price is known now."""
        cost = cost_of_all(self._prices, usage)
        self._usd += (cost if cost is not None else usd) or 0.0
        self._tokens += count_all(usage)

    def raise_to(self, *, tokens: int, usd: float | None) -> None:
        """Count at least so much as spent: an earlier session was told of what no log holds any more."""
        if tokens > self._tokens:
            self._tokens = tokens
            self._usd = max(self._usd, usd or 0.0)

    def check(self) -> None:
        """Make sure that what is under way fits into the budget if it is no dearer than what came before.

        Raises:
            BudgetError: It may not.
        """
        if (
            self.budget is not None
            and self._gone + self._reserve(self._n_open, self._likely) > self.budget.amount
        ):
            raise self.make_error()

    def make_error(self, kinds: Iterable[str] = ()) -> BudgetError:
        """Say that the budget is reached, and what helps.

        Args:
            kinds: Of which kinds pieces wait; the least that one of them may take is said.
        """
        budget = self.budget or Budget(usd=0.0)
        return BudgetError(
            f"budget reached: {say_amount(budget, self._gone)} of {say_amount(budget, budget.amount)}"
            f" {say_unit(budget)} are spent, and what comes next might need more than the rest"
            f"{self._say_next(kinds)}; carry on with `gyges resume RUN --budget` and a larger budget."
        )

    def _say_next(self, kinds: Iterable[str]) -> str:
        needs = [self._each[kind] for kind in kinds if self._each.get(kind)]
        if self.budget is None or not needs:
            return ""
        n = f"{self._attempts} attempts" if self._attempts > 1 else "one attempt"
        return f", {say_amount(self.budget, min(needs) * self._attempts)} at least ({n} allowed for)"

    def _reserve(self, counts: Mapping[str, int], each: Mapping[str, float]) -> float:
        return sum(n * each.get(kind, 0.0) for kind, n in counts.items() if not self._is_free(kind))
