"""What a plan holds, what it can show and what it costs, before a call is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from gyges.design._aliases import Aliased, Checked, check_aliases
from gyges.design._contrasts import Contrast, find_contrasts
from gyges.design._costs import ModelCost, TokenEstimate, estimate_costs
from gyges.design._foresee import Prospect
from gyges.design._places import chosen_claims
from gyges.design._power import Assumptions
from gyges.design._sides import foresee_trials
from gyges.design._testable import ClaimOutlook, find_testable
from gyges.estimands import VALUE_KINDS, find_facts, find_families, foresee_choices
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.study import Study
from gyges.records.words import CONFLICT, FACTORS


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
    checked: tuple[Checked, ...]
    """What was checked for that, and which effects hold at the base condition alone."""
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
    scenarios: Mapping[str, Scenario | Battery],
    claims: Sequence[Claim] = (),
    tokens: Mapping[str, TokenEstimate] | None = None,
    probed: Mapping[str, TokenEstimate] | None = None,
) -> PlanSummary:
    """Say what a plan holds, which claims it can test and what it costs.

    Args:
        plan: The plan.
        study: The study it was made from.
        scenarios: The scenarios and batteries there are, by id.
        claims: The registered claims; those the study asks for are looked at.
        tokens: Protocol to the input and output tokens of one trial; without it no costs are given.
        probed: The same with the questions put when a trial is over, for the models that are asked them.

    Raises:
        StudyError: The study asks for a claim that is not registered.
    """
    table = plan.table
    is_item = pl.col("design") == "battery"
    known = {name: each for name, each in scenarios.items() if isinstance(each, Scenario)}
    batteries = {name: each for name, each in scenarios.items() if isinstance(each, Battery)}
    facts = {name: find_facts(each) for name, each in known.items()}
    trials = foresee_trials(plan, known, facts)
    chosen = chosen_claims(study, claims)
    rows = trials.filter(pl.col(CONFLICT) == "present")
    varied = _varied(rows)
    prospect = Prospect(
        trials,
        known,
        facts,
        study.min_trials,
        is_judged=bool(study.judges),
        n_ranked=len({spec.capability for spec in study.models} - {None}),
    )
    if any(claim.kind in VALUE_KINDS for claim in chosen):
        prospect = replace(
            prospect,
            choices=foresee_choices(_of_one_model(table), known, min_trials=study.min_trials),
            families=_count_families(table, batteries),
        )
    aliased, checked = check_aliases(trials, varied)
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
        contrasts=tuple(find_contrasts(trials, varied, assumptions)),
        aliased=aliased,
        checked=checked,
        never_varied=tuple(factor for factor in carried if factor not in varied),
        claims=tuple(find_testable(prospect, claim) for claim in chosen),
        assumptions=assumptions,
        costs=estimate_costs(table, study, tokens, probed) if tokens is not None else (),
    )


def _of_one_model(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter(pl.col("model") == table["model"][0])


def _count_families(table: pl.DataFrame, batteries: Mapping[str, Battery]) -> dict[str, int]:
    """Count one model's trade-off trials of each family."""
    families = find_families(batteries)
    items = _of_one_model(table).filter(pl.col("design") == "battery").group_by("scenario", "setting").len()
    found: Counter[str] = Counter()
    for battery, item, n in items.iter_rows():
        found[families.get((battery, item), "")] += n
    return dict(found)


def _count(table: pl.DataFrame, *columns: str) -> int:
    return table.select(columns).n_unique() if table.height else 0


def _tally(table: pl.DataFrame, column: str) -> dict[str, int]:
    counted = table.group_by(column).len().sort(column)
    return dict(zip(counted[column].to_list(), counted["len"].to_list(), strict=True))


def _varied(rows: pl.DataFrame) -> list[str]:
    counted = rows.group_by("scenario", "setting").agg([pl.col(f).n_unique() for f in FACTORS])
    return [factor for factor in FACTORS if (counted[factor] > 1).any()]
