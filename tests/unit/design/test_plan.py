"""Plans: balanced, stable, paired."""

from __future__ import annotations

import time
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gyges.claims import load_claims
from gyges.design import default_weights, load_study, make_plan, plan_from_table, trial_at, trials_of
from gyges.errors import DesignError
from gyges.records.plan import Plan
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.records.words import FACTORS
from gyges.scenarios import load_batteries
from tests.unit.design.conftest import NARROW, WIDE, make_scenario

NIGHT = {"night-shift": make_scenario("night-shift", base=NARROW)}
BOTH = NIGHT | {
    "succession-vote": make_scenario("succession-vote", base=WIDE, settings=("agency", "ministry"))
}
SEEDS = st.integers(0, 2**63 - 1)


def make_study(**changes: object) -> Study:
    """Make a small study."""
    return Study.model_validate({"name": "small", "models": [{"name": "gyges/random"}], **changes})


def counts_of(plan: Plan, scenario: str, factor: str) -> dict[str, int]:
    """Count the trials at each level of a factor."""
    rows = plan.table.filter(pl.col("scenario") == scenario)
    return dict(Counter(rows[factor].to_list()))


@given(seed=SEEDS, trials=st.integers(40, 400))
@settings(max_examples=40, deadline=None)
def test_conjoint_columns_follow_the_weights_within_one_trial(seed: int, trials: int) -> None:
    """Every level of a factor is drawn in proportion to its weight, to within one trial."""
    plan = make_plan(make_study(seed=seed, trials=trials), NIGHT)
    for factor in NARROW:
        weights = default_weights()[factor]
        for level, n in counts_of(plan, "night-shift", factor).items():
            assert abs(n - trials * weights[level] / sum(weights.values())) < 1


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_even_weights_are_exactly_balanced(seed: int) -> None:
    """With even weights and enough trials every level appears equally often in every setting."""
    even = {factor: dict.fromkeys(FACTORS[factor], 1.0) for factor in NARROW}
    plan = make_plan(make_study(seed=seed, trials=120, factors=even), BOTH)
    for (_, setting), rows in plan.table.group_by("scenario", "setting"):
        for factor in NARROW:
            assert len(set(Counter(rows[factor].to_list()).values())) == 1, (setting, factor)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_study_gives_the_same_plan(seed: int) -> None:
    """Making a plan twice gives the same table, byte for byte."""
    study = make_study(seed=seed, trials=60)
    assert make_plan(study, BOTH).table.equals(make_plan(study, BOTH).table)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_another_weight_leaves_the_other_factors_as_they_were(seed: int) -> None:
    """Drawing a level of one factor more often changes that factor's column and no other."""
    changed = {"threat": {"none": 1, "shutdown": 5}}
    before = make_plan(make_study(seed=seed, trials=90), NIGHT).table
    after = make_plan(make_study(seed=seed, trials=90, factors=changed), NIGHT).table
    others = ["variant", *(factor for factor in FACTORS if factor != "threat")]
    assert before.select(others).equals(after.select(others))
    assert not before.select("threat").equals(after.select("threat"))


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_new_factor_leaves_the_others_as_they_were(seed: int) -> None:
    """A scenario that comes to carry another factor keeps the columns it had."""
    wider = {"night-shift": make_scenario("night-shift", base=NARROW | {"stakes": "routine"})}
    study = make_study(seed=seed, trials=90)
    columns = ["variant", *NARROW]
    assert make_plan(study, NIGHT).table.select(columns).equals(make_plan(study, wider).table.select(columns))


@given(seed=SEEDS, variants=st.integers(1, 30), replicates=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_ids_are_unique_and_variants_balanced(seed: int, variants: int, replicates: int) -> None:
    """No two trials share an id, and surface variants are used equally often to within the replicates."""
    study = make_study(seed=seed, trials=180, variants=variants, replicates=replicates)
    table = make_plan(study, NIGHT).table
    assert table["id"].n_unique() == table.height
    used = Counter(table["variant"].to_list())
    assert len(used) <= variants
    assert max(used.values()) - min(used.values()) <= replicates


def test_every_design_together_has_unique_ids() -> None:
    """A study that mixes all designs gives every trial its own id."""
    kinds = ("conjoint", "base", "control", "contrasts", "conjunctions")
    parts = tuple(DesignPart(kind=kind, share=0.2) for kind in kinds)
    plan = make_plan(make_study(trials=500, design=parts), BOTH, claims=load_claims())
    assert plan.table["id"].n_unique() == plan.table.height == 500
    assert set(plan.table["design"]) == set(kinds)


def test_models_run_the_same_trials() -> None:
    """Every model gets the same cells and surface variants, so that models can be compared pair by pair."""
    models = (ModelSpec(name="gyges/random"), ModelSpec(name="gyges/aligned"))
    table = make_plan(make_study(models=models, trials=80), BOTH).table
    one, other = (table.filter(pl.col("model") == model.name) for model in models)
    same = [name for name in table.columns if name not in {"id", "model", "seed"}]
    assert one.select(same).equals(other.select(same))
    assert table["id"].n_unique() == 160


def test_trials_are_split_evenly_over_scenarios_then_settings() -> None:
    """Two scenarios share the trials equally, and the settings of one share its half."""
    table = make_plan(make_study(trials=200), BOTH).table
    assert Counter(table["setting"].to_list()) == {"harbor": 100, "agency": 50, "ministry": 50}


def test_replicates_repeat_cell_and_variant_with_another_seed() -> None:
    """A replicate has the cell and the surface variant of its twin, and another seed."""
    table = make_plan(make_study(trials=60, replicates=2, variants=30), NIGHT).table
    twins = table.group_by("variant", *FACTORS).agg(pl.len(), seeds=pl.col("seed").n_unique())
    assert twins["len"].min() == 2
    assert (twins["len"] == twins["seeds"]).all()
    assert sorted(set(table["replicate"])) == [0, 1]


def test_base_and_control_run_the_base_cell() -> None:
    """Base and control differ in the conflict alone: same cell, same surface variants."""
    parts = (DesignPart(kind="base", share=0.5), DesignPart(kind="control", share=0.5))
    table = make_plan(make_study(trials=40, design=parts), NIGHT).table
    assert table.select(list(NARROW)).unique().to_dicts() == [NARROW]
    assert Counter(table["conflict"].to_list()) == {"present": 20, "absent": 20}
    by_design = [sorted(table.filter(pl.col("design") == kind)["variant"]) for kind in ("base", "control")]
    assert by_design[0] == by_design[1]


def test_contrasts_change_one_factor_at_a_time_in_matched_variants() -> None:
    """Every cell of `contrasts` is the base cell or one factor away, with the same surface variants."""
    table = make_plan(make_study(trials=80, design=(DesignPart(kind="contrasts"),)), NIGHT).table
    for cell in table.select(list(NARROW)).unique().to_dicts():
        assert sum(cell[factor] != level for factor, level in NARROW.items()) <= 1
    cells = table.group_by(list(NARROW)).agg(pl.col("variant").sort(), pl.len())
    assert cells.height == 8
    assert cells["variant"].n_unique() == 1


@pytest.mark.parametrize(
    ("claim", "cells"),
    [
        (
            "C20",
            {("shutdown", "private", "none"), ("none", "private", "none"), ("shutdown", "public", "none")},
        ),
        ("C25", set()),
    ],
)
def test_contrasts_run_the_conjunctions_that_the_claims_need(
    claim: str, cells: set[tuple[str, str, str]]
) -> None:
    """Beside the base cell and one factor at a time, the cells of the asked claims' conjunctions are run."""
    study = make_study(trials=200, design=(DesignPart(kind="contrasts"),), claims=(claim,))
    table = make_plan(study, NIGHT, claims=load_claims()).table
    base = (NARROW["threat"], NARROW["visibility"], NARROW["alternatives"])
    found = set(table.select("threat", "visibility", "alternatives").unique().rows())
    far = {cell for cell in found if sum(a != b for a, b in zip(cell, base, strict=True)) > 1}
    assert far >= cells
    assert bool(far) == bool(cells)


def test_contrasts_run_the_cells_that_rates_are_about() -> None:
    """A limit in a cell of two factors, and passivity in another, get their cells too."""
    study = make_study(trials=200, design=(DesignPart(kind="contrasts"),), claims=("C22", "C03"))
    wide = {"s": make_scenario("s", base=WIDE | {"goal": "precise", "prompting": "strategic"})}
    table = make_plan(study, wide, claims=load_claims()).table
    assert ("high", "public") in table.select("reputation", "visibility").unique().rows()
    passive = {("none", "neutral"), ("precise", "neutral"), ("none", "strategic")}
    assert passive <= set(table.select("goal", "prompting").unique().rows())


def test_conjunctions_run_the_cell_and_its_neighbors() -> None:
    """For C20 the dangerous cell is run, and the three cells with one condition turned to its opposite."""
    claims = [claim for claim in load_claims() if claim.id == "C20"]
    study = make_study(trials=40, design=(DesignPart(kind="conjunctions"),), claims=("C20",))
    table = make_plan(study, NIGHT, claims=claims).table
    named = table.select("threat", "visibility", "alternatives").unique(maintain_order=True).rows()
    assert named == [
        ("shutdown", "private", "none"),
        ("none", "private", "none"),
        ("shutdown", "public", "none"),
        ("shutdown", "private", "available"),
    ]
    assert set(table["goal"]) == {"precise"}


def test_full_factorial_runs_every_cell_of_the_varied_factors() -> None:
    """Every combination of the factors under `vary` is run, the others stay at the base."""
    study = make_study(trials=36, design=(DesignPart(kind="full-factorial"),), vary=("threat", "visibility"))
    table = make_plan(study, NIGHT).table
    assert table.select("threat", "visibility").n_unique() == 9
    assert set(table["alternatives"]) == {"available"}


def test_a_factorial_that_is_too_large_says_how_many_trials_it_takes() -> None:
    """A factorial with more cells than trials is refused, and the trials it needs would do."""
    study = make_study(trials=20, design=(DesignPart(kind="full-factorial"),))
    with pytest.raises(DesignError, match=r"54 cells in scenario 'night-shift'.* takes 54 trials"):
        make_plan(study, NIGHT)
    assert make_plan(study.model_copy(update={"trials": 54}), NIGHT).table.height == 54


def test_a_plan_survives_its_table() -> None:
    """A plan read back from its table holds the same trials, and a trial carries no factor twice or null."""
    plan = make_plan(make_study(trials=30), BOTH)
    again = plan_from_table(plan.table)
    assert list(trials_of(again)) == list(trials_of(plan))
    first = trial_at(plan, 0)
    assert set(first.cell) == set(NARROW)
    assert first.id.startswith("t")
    assert len(first.id) == 13


def test_a_table_without_its_columns_is_not_a_plan() -> None:
    """A table that lacks a column is refused with the column's name."""
    with pytest.raises(DesignError, match="lacks the column 'model'"):
        plan_from_table(pl.DataFrame({"id": ["t1"]}))


@pytest.mark.slow
def test_large_plans_are_quick() -> None:
    """A plan of 100,000 trials takes less than five seconds."""
    study = load_study("core").model_copy(update={"trials": 100_000})
    many = {f"s{i}": make_scenario(f"s{i}", base=WIDE) for i in range(10)}
    start = time.perf_counter()
    plan = make_plan(study, many, claims=load_claims(), batteries=load_batteries())
    assert plan.table.height == 100_000
    assert time.perf_counter() - start < 5
