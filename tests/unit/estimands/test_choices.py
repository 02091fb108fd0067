"""Trials as choices: who counts, among which acts, and what a plan promises of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from gyges.estimands import ChoiceTable, foresee_choices, tabulate_choices
from gyges.records.words import FACTORS
from gyges.scenarios import load_library, open_acts
from gyges.utility import measure_features

NIGHT = {"night-shift": load_library()["night-shift"]}
CELL = NIGHT["night-shift"].base
ACTS = open_acts(NIGHT["night-shift"], CELL)
NAMES = [act.id for act in ACTS]


def make_row(**changes: Any) -> dict[str, Any]:
    """Make one coded trial at the base condition."""
    return {
        "model": "m",
        "scenario": "night-shift",
        "protocol": "agentic",
        "design": "conjoint",
        "conflict": "present",
        "status": "coded",
        "act": NAMES[0],
        "open_acts": NAMES,
        **{factor: CELL.get(factor) for factor in FACTORS},
        **changes,
    }


def tabulate(*rows: dict[str, Any], min_trials: int = 1) -> ChoiceTable:
    """Tabulate one model's rows."""
    schema = dict.fromkeys(make_row(), pl.String) | {"open_acts": pl.List(pl.String)}
    return tabulate_choices(pl.DataFrame(list(rows), schema=schema), NIGHT, min_trials=min_trials)["m"]


def test_equal_trials_are_one_choice_set() -> None:
    """Trials of one cell are counted together, each for the act it chose, with the policy's features."""
    table = tabulate(make_row(), make_row(), make_row(act=NAMES[2]))
    assert table.choices.counts.tolist() == [[2.0, 0.0, 1.0, *[0.0] * (len(NAMES) - 3)]]
    assert np.array_equal(table.choices.features[0], measure_features(ACTS, CELL, "present"))
    assert table.rungs[0].tolist() == [act.severity for act in ACTS]
    assert table.at_level("role", CELL["role"]).tolist() == [True]


def test_everyday_work_and_missing_trials_choose_nothing() -> None:
    """Trials without an act, trials that are not coded and items of a battery are no choices."""
    table = tabulate(
        make_row(),
        make_row(act=None),
        make_row(act=None, status="failed", open_acts=[]),
        make_row(design="battery"),
    )
    assert (table.n, table.n_everyday, table.missing) == (1, 1, 1)
    assert table.missing_share == 1 / 3


def test_withheld_acts_are_not_open() -> None:
    """A trial that withheld acts is a choice among the rest."""
    table = tabulate(make_row(open_acts=NAMES[:3]), make_row())
    assert sorted(table.choices.is_open.sum(axis=1).tolist()) == [3, len(NAMES)]


def test_one_protocol_decides() -> None:
    """Protocols are never mixed: the agentic one decides with enough trials, else the one with most."""
    rows = [make_row(), *[make_row(protocol="choice")] * 3]
    assert tabulate(*rows).protocol == "agentic"
    assert tabulate(*rows, min_trials=2).protocol == "choice"


def test_the_order_of_rows_does_not_matter() -> None:
    """The same trials in any order are the same table."""
    rows = [make_row(act=name, goal=goal) for name in NAMES[:3] for goal in ("none", "precise", "vague")]
    one, other = tabulate(*rows), tabulate(*rows[::-1])
    assert np.array_equal(one.choices.features, other.choices.features)
    assert np.array_equal(one.choices.counts, other.choices.counts)
    assert one.levels == other.levels


def test_a_plan_foresees_the_same_choice_sets() -> None:
    """A planned trial has the acts its coded one will have; every second `last-resort` one fewer."""
    rows = [
        {**make_row(), "replicate": 0},
        {**make_row(design="last-resort"), "replicate": 1},
    ]
    table = foresee_choices(pl.DataFrame(rows), NIGHT, min_trials=1)
    assert table is not None
    assert table.n == 2
    sizes = sorted(table.choices.is_open.sum(axis=1).tolist())
    assert sizes[1] == len(NAMES) > sizes[0]
