"""What trials cost, and the budget a run may not pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gyges.errors import BudgetError, StudyError
from gyges.records.study import Price, Study

if TYPE_CHECKING:
    from gyges.trials import TrialEnd

Tokens = tuple[int, int]

_RESERVE = 0.1
"""Share of the budget that may be under way at once."""

_ENOUGH = 5
"""Trials after which their mean cost is believed rather than the estimate."""

REFERENCE = "gyges/"
"""Models whose name begins so are simulated."""


def cost_of(prices: Mapping[str, Price | None], model: str, n_input: int, n_output: int) -> float | None:
    """Price a model's tokens in US dollars; none: its price is not known. What is simulated is free."""
    if model.startswith(REFERENCE):
        return 0.0
    price = prices.get(model)
    return (n_input * price.input + n_output * price.output) / 1e6 if price else None


def prices_of(study: Study) -> dict[str, Price | None]:
    """Give the price of every model a study calls, the one that plays the people among them."""
    specs = (*study.models, *((study.stakeholder,) if study.stakeholder else ()))
    return {spec.name: spec.price for spec in specs}


def cost_of_all(prices: Mapping[str, Price | None], usage: Mapping[str, Tokens]) -> float | None:
    """Price the tokens of several models in US dollars; none: a price is not known."""
    costs = [cost_of(prices, model, *tokens) for model, tokens in usage.items()]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


class Purse:
    """What a run has cost so far, and what it may still cost.

    Trials that are under way when the budget is reached are paid for too, so each of them is counted as
    spent beforehand; few enough run at once that this keeps a tenth of the budget at most.
    """

    def __init__(self, study: Study, budget: float | None) -> None:
        self._prices = prices_of(study)
        self._budget = budget
        self._spent = 0.0
        self._n = 0
        self._under_way = 1
        self._each = 0.0
        self._unpriced = [
            name for name, price in self._prices.items() if price is None and not name.startswith(REFERENCE)
        ]
        if budget is not None and self._unpriced:
            raise StudyError(
                f"a budget needs prices, and '{self._unpriced[0]}' has none; give its model a"
                " `price: {input: …, output: …}` in US dollars for a million tokens."
            )

    @property
    def spent(self) -> float | None:
        """US dollars so far; none: a model's price is not known."""
        return None if self._unpriced else self._spent

    def allow_at_once(self, estimate: Callable[[], Mapping[str, Tokens]], n_workers: int) -> int | None:
        """Say how many trials a worker may play at once under the budget; none: as many as it likes.

        Args:
            estimate: Estimates each model's tokens in one trial; the dearest counts.
            n_workers: Workers that play at once.

        Raises:
            BudgetError: The budget does not allow a single trial more.
        """
        if self._budget is None:
            return None
        self._each = max(cost_of_all(self._prices, {name: use}) or 0.0 for name, use in estimate().items())
        if not self._each:
            return None
        share = int(_RESERVE * self._budget / self._each)
        at_once = max(1, share // n_workers)
        self._under_way = at_once * n_workers
        self._check()
        return at_once

    def pay(self, usage: Mapping[str, Tokens], *, n_trials: int = 0) -> None:
        """Count the tokens of some models, and the trials they were spent on.

        Raises:
            BudgetError: The trials under way would pass the budget.
        """
        self._n += n_trials
        self._spent += cost_of_all(self._prices, usage) or 0.0
        self._check()

    def spend(self, end: TrialEnd) -> None:
        """Count a trial's cost.

        Raises:
            BudgetError: The trials under way would pass the budget.
        """
        self.pay(end.models, n_trials=1)

    def _check(self) -> None:
        if self._budget is None:
            return
        each = self._spent / self._n if self._n >= _ENOUGH else max(self._each, self._spent / max(self._n, 1))
        if each and self._spent + self._under_way * each > self._budget:
            raise BudgetError(
                f"budget reached: {self._spent:.2f} of {self._budget:.2f} US dollars are spent, and what is"
                " under way needs the rest; carry on with `gyges resume RUN --budget` and a larger budget."
            )
