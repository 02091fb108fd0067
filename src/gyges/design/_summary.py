"""What a plan holds, what it can show and what it costs, before a call is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from gyges.design._aliases import Aliased, find_aliased
from gyges.design._costs import ModelCost, TokenEstimate, estimate_costs
from gyges.design._places import chosen_claims
from gyges.design._power import FEWEST_SCENARIOS, Assumptions, detectable_effect
from gyges.design._sides import count_sides, trials_with_conflict
from gyges.design._testable import ClaimOutlook, find_testable
from gyges.records.claim import Claim
from gyges.records.estimates import Scope
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.study import Study
from gyges.records.words import FACTORS


@dataclass(frozen=True)
class Contrast:
    """Two levels of a factor, with one model's trials on each side."""

    factor: str
    level: str
    reference: str
    n_level: int
    n_reference: int
    scenarios: int
    """Scenarios with trials on both sides."""
    settings: int
    """Their settings; inference counts these."""
    detectable: float | None
    """Risk difference found with 80 % power; none where nothing is compared."""
    scope: Scope


@dataclass(frozen=True)
class PlanSummary:
    """What a plan holds and can show."""

    study: str
    trials: int
    by_model: dict[str, int]
    by_scenario: dict[str, int]
    by_design: dict[str, int]
    by_protocol: dict[str, int]
    cells: int
    """Distinct cells, counted within scenario; a matched control is a cell of its own."""
    items: int
    """Distinct items of batteries."""
    contrasts: tuple[Contrast, ...]
    aliased: tuple[Aliased, ...]
    """Pairs of factors that cannot be told apart in some scenario."""
    never_varied: tuple[str, ...]
    """Factors that scenarios carry and the plan keeps at one level in each."""
    claims: tuple[ClaimOutlook, ...]
    assumptions: Assumptions
    """What the detectable effects assume."""
    costs: tuple[ModelCost, ...] = ()


def describe_plan(
    plan: Plan,
    study: Study,
    *,
    scenarios: Mapping[str, Scenario],
    claims: Sequence[Claim] = (),
    tokens: Mapping[str, TokenEstimate] | None = None,
) -> PlanSummary:
    """Say what a plan holds, which claims it can test and what it costs.

    Args:
        plan: The plan.
        study: The study it was made from.
        scenarios: The scenarios there are, by id.
        claims: The registered claims; those the study asks for are looked at.
        tokens: Protocol to the input and output tokens of one trial; without it no costs are given.

    Raises:
        StudyError: The study asks for a claim that is not registered.
    """
    table = plan.table
    is_item = pl.col("design") == "battery"
    rows = trials_with_conflict(plan, scenarios)
    varied = _varied(rows)
    asked = chosen_claims(study, claims)
    carried = [factor for factor in FACTORS if rows[factor].null_count() < rows.height]
    assumptions = Assumptions()
    return PlanSummary(
        study=study.name,
        trials=table.height,
        by_model=_tally(table, "model"),
        by_scenario=_tally(table, "scenario"),
        by_design=_tally(table, "design"),
        by_protocol=_tally(table, "protocol"),
        cells=_count(table.filter(~is_item), "scenario", "conflict", *FACTORS),
        items=_count(table.filter(is_item), "scenario", "setting"),
        contrasts=tuple(_contrasts(rows, varied, assumptions)),
        aliased=find_aliased(rows, varied),
        never_varied=tuple(factor for factor in carried if factor not in varied),
        claims=tuple(find_testable(rows, claim, study.min_trials) for claim in asked),
        assumptions=assumptions,
        costs=estimate_costs(table, study, tokens) if tokens is not None else (),
    )


def _tally(table: pl.DataFrame, column: str) -> dict[str, int]:
    counted = table.group_by(column).len().sort(column)
    return dict(zip(counted[column].to_list(), counted["len"].to_list(), strict=True))


def _count(table: pl.DataFrame, *columns: str) -> int:
    return table.select(columns).n_unique() if table.height else 0


def _varied(rows: pl.DataFrame) -> list[str]:
    counted = rows.group_by("scenario", "setting").agg([pl.col(f).n_unique() for f in FACTORS])
    return [factor for factor in FACTORS if (counted[factor] > 1).any()]


def _contrasts(rows: pl.DataFrame, varied: Sequence[str], assumptions: Assumptions) -> list[Contrast]:
    found = []
    for factor in varied:
        for reference, level in combinations(FACTORS[factor], 2):
            sides = count_sides(rows, factor, level, reference)
            effect = detectable_effect(sides.units, sides.n_each, assumptions)
            found.append(
                Contrast(
                    factor=factor,
                    level=level,
                    reference=reference,
                    n_level=sides.n_level,
                    n_reference=sides.n_reference,
                    scenarios=sides.scenarios,
                    settings=sides.units,
                    detectable=None if effect is None else round(effect, 4),
                    scope="scenarios like these"
                    if sides.units >= FEWEST_SCENARIOS
                    else "these scenarios only",
                )
            )
    return found
