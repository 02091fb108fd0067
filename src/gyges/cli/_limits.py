"""What a run may spend, and what its tokens are priced at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gyges.cli._output import say_error

if TYPE_CHECKING:
    from gyges.pricing import PriceTable
    from gyges.records.budget import Budget
    from gyges.records.study import Study
    from gyges.run_folder import RunFolder


@dataclass(frozen=True)
class Limits:
    """What a run may spend, and what its tokens are priced at."""

    study: Study
    """The study, with prices."""
    budget: Budget | None
    """A new budget; none: as the run was begun, or no limit."""
    prices: PriceTable | None
    """A person's table of prices; none: as the run was begun."""


def settle_limits(
    study: Study,
    *,
    budget: str | None,
    prices: Path | None,
    folder: RunFolder | None = None,
    shows_cost: bool = False,
) -> Limits:
    """Read budget and prices, and refuse a budget that cannot be kept.

    Args:
        study: The study as registered.
        budget: The budget as typed.
        prices: A file of prices.
        folder: The run, if it was begun.
        shows_cost: Whether a cost is shown that is made of these prices; a budget in US dollars is.

    Raises:
        InputError: The budget or the file cannot be read, or a model without a price stands against a budget
            in US dollars.
    """
    from gyges.budget import check_priced, read_budget
    from gyges.pricing import price_study, read_prices, recall_prices, say_list_prices, settle_prices
    from gyges.records.budget import parse_budget

    given = read_prices(prices) if prices else None
    chosen = parse_budget(budget) if budget is not None else None
    table = settle_prices(study, given, recall_prices(folder, given) if folder else None)
    priced = price_study(study, table)
    holds = chosen or (read_budget(folder) if folder else None)
    check_priced(priced, holds)
    listed = say_list_prices(table)
    if listed and (shows_cost or (holds and holds.usd is not None)):
        say_error(f"at shipped prices, which nobody has checked: {listed}; give yours with --prices FILE.")
    return Limits(study=priced, budget=chosen, prices=given)
