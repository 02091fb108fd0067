"""All that choices reveal: by weights over a scenario's acts, and by trade-off items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from gyges.analysis._attitudes import list_attitudes
from gyges.analysis._held_out import HeldOut, hold_out
from gyges.analysis._trade_offs import ItemCount, count_items
from gyges.analysis._weights import WeightFit, fit_weights, list_values
from gyges.estimands import ChoiceTable, tabulate_choices
from gyges.records.battery import Battery
from gyges.records.scenario import Scenario
from gyges.records.values import RevealedValues


@dataclass(frozen=True)
class Evidence:
    """What one model chose, and the weights that make it likeliest."""

    items: Sequence[ItemCount] = ()
    table: ChoiceTable | None = None
    fit: WeightFit | None = None
    """None where fewer trials chose an act than the study asks for."""
    held_out: HeldOut | None = None
    """None with one scenario alone."""


@dataclass(frozen=True)
class Revealed:
    """What is known of every model's choices: for claims by `models`, for the results by `found`."""

    models: Mapping[str, Evidence] = field(default_factory=dict)
    found: RevealedValues = field(default_factory=RevealedValues)


def reveal_values(
    codes: pl.LazyFrame | pl.DataFrame,
    scenarios: Mapping[str, Scenario],
    batteries: Mapping[str, Battery],
    *,
    min_trials: int,
    listed: bool = True,
) -> Revealed:
    """Fit every model's values to what it chose.

    Args:
        codes: The codes table.
        scenarios: The scenarios as run, by id.
        batteries: The batteries as run, by id.
        min_trials: Fewest trials for weights to be fitted, over all trials and at each role and threat.
        listed: Whether the rows of the results are wanted too, which takes longer than what claims rest on.
    """
    tables = tabulate_choices(codes, scenarios, min_trials=min_trials)
    items = count_items(codes, batteries)
    models = {
        name: _weigh(tables.get(name), items.get(name, ()), min_trials) for name in sorted({*tables, *items})
    }
    found = [_list_found(name, each, min_trials) for name, each in models.items()] if listed else []
    return Revealed(
        models,
        RevealedValues(
            values=tuple(row for each in found for row in each.values),
            predictions=tuple(row for each in found for row in each.predictions),
            calibration=tuple(row for each in found for row in each.calibration),
            attitudes=tuple(row for each in found for row in each.attitudes),
        ),
    )


def _weigh(table: ChoiceTable | None, items: Sequence[ItemCount], min_trials: int) -> Evidence:
    if table is None or table.n < min_trials:
        return Evidence(items, table)
    fit = fit_weights(table)
    return Evidence(items, table, fit, hold_out(table, fit) if len(table.scenarios) > 1 else None)


def _list_found(model: str, known: Evidence, min_trials: int) -> RevealedValues:
    attitudes = tuple(list_attitudes(model, known.items, known.fit))
    if known.table is None or known.fit is None:
        return RevealedValues(attitudes=attitudes)
    return RevealedValues(
        values=tuple(list_values(model, known.table, known.fit, min_trials)),
        predictions=tuple(row for row, _ in known.held_out.predict(model)) if known.held_out else (),
        calibration=tuple(known.held_out.calibrate(model)) if known.held_out else (),
        attitudes=attitudes,
    )
