"""What trials cost, and the budget a run may not pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gyges.errors import BudgetError, StudyError
from gyges.records.study import Price, Study

if TYPE_CHECKING:
    from gyges.trials import TrialEnd

REFERENCE = "gyges/"
"""Models whose name begins so are simulated."""


def cost_of(prices: Mapping[str, Price | None], model: str, n_input: int, n_output: int) -> float | None:
    """Price a model's tokens in US dollars; none: its price is not known. What is simulated is free."""
    if model.startswith(REFERENCE):
        return 0.0
    price = prices.get(model)
    return (n_input * price.input + n_output * price.output) / 1e6 if price else None


class Purse:
    """What a run has cost so far."""

    def __init__(self, study: Study, budget: float | None) -> None:
        self._prices = {spec.name: spec.price for spec in study.models}
        self._budget = budget
        self._spent = 0.0
        self._n = 0
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

    def spend(self, end: TrialEnd) -> None:
        """Count a trial's cost.

        Raises:
            BudgetError: One more trial like those before would pass the budget.
        """
        self._spent += sum(cost_of(self._prices, name, *tokens) or 0.0 for name, tokens in end.models.items())
        self._n += 1
        if self._budget is not None and self._spent + self._spent / self._n > self._budget:
            raise BudgetError(
                f"budget reached: {self._spent:.2f} of {self._budget:.2f} US dollars after {self._n} trials;"
                " carry on with `gyges resume` and a larger budget."
            )
