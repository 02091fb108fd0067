"""Plans with batteries: both orders of every item, balanced over items and variants."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gyges.claims import load_claims
from gyges.design import describe_plan, load_study, make_plan, trials_of
from gyges.errors import StudyError
from gyges.prepare import narrow_study, prepare_study
from gyges.records.battery import Battery
from gyges.records.study import DesignPart, Study
from gyges.records.words import FACTORS
from gyges.scenarios import load_batteries
from tests.unit.design.test_plan import BOTH, NIGHT, make_study

BATTERIES = load_batteries()
ITEMS = {item.id: item.family for item in BATTERIES["trade-offs"].items}
PART = DesignPart(kind="battery", protocol="choice")


def make_items(**changes: object) -> Study:
    """Make a study of nothing but the battery."""
    return make_study(**{"scenarios": ["trade-offs"], "design": [PART.model_dump()], **changes})


def plan_items(**changes: object) -> pl.DataFrame:
    """Plan such a study."""
    return make_plan(make_items(**changes), {}, batteries=BATTERIES).table


@given(seed=st.integers(0, 2**31), trials=st.integers(1, 900), variants=st.integers(1, 7))
@settings(deadline=None)
def test_both_orders_come_before_anything_else(seed: int, trials: int, variants: int) -> None:
    """Items and variants are met equally often, each in both orders, but for the last pair."""
    table = plan_items(seed=seed, trials=trials, variants=variants)
    assert table.height == trials
    orders = Counter(table["replicate"] % 2)
    assert orders[0] - orders[1] == trials % 2
    pairs = Counter(zip(table["setting"], table["variant"], table["replicate"] % 2, strict=True))
    broken = [key for key in pairs if key[2] == 0 and pairs[key] != pairs[(*key[:2], 1)]]
    assert len(broken) == trials % 2
    by_item = Counter(table["setting"])
    most, fewest = max(by_item.values()), min(by_item.get(item, 0) for item in ITEMS)
    assert most - fewest <= 2
    for item in by_item:
        by_variant = Counter(table.filter(setting=item)["variant"])
        assert max(by_variant.values()) - min(by_variant.get(v, 0) for v in range(variants)) <= 2
    repeated = (table["replicate"] >= 2).any()
    assert repeated == (trials > 2 * len(ITEMS) * variants)


@given(seed=st.integers(0, 2**31), trials=st.integers(20, 144))
@settings(deadline=None)
def test_a_small_part_meets_every_family(seed: int, trials: int) -> None:
    """However few the trials, families are met in about their share of items."""
    table = plan_items(seed=seed, trials=trials)
    n_items = table["setting"].n_unique()
    met = Counter(ITEMS[name] for name in set(table["setting"]))
    sizes = Counter(ITEMS.values())
    for family, size in sizes.items():
        assert abs(met[family] - n_items * size / len(ITEMS)) <= 1.5, family


def test_rows_name_the_item_and_no_factor() -> None:
    """A row's scenario is the battery, its setting the item, and its factor columns are null."""
    table = plan_items(trials=150)
    assert set(table["scenario"]) == {"trade-offs"}
    assert set(table["setting"]) == set(ITEMS)
    assert set(table["design"]) == {"battery"}
    assert table.select(*FACTORS).null_count().row(0) == (table.height,) * len(FACTORS)
    assert all(trial.cell == {} for trial in trials_of(make_plan(make_items(), {}, batteries=BATTERIES)))


def test_plans_are_the_same_and_shared() -> None:
    """The same study gives the same ids, models share their trials, and another seed takes another order."""
    models = [{"name": "gyges/aligned"}, {"name": "gyges/random"}]
    table = plan_items(trials=200, models=models)
    assert table.equals(plan_items(trials=200, models=models))
    keys = ["scenario", "setting", "variant", "replicate"]
    one, other = (table.filter(model=name["name"]).select(keys) for name in models)
    assert one.equals(other)
    assert table["id"].n_unique() == table.height == 400
    assert plan_items(trials=40, seed=1)["setting"].to_list() != plan_items(trials=40)["setting"].to_list()


def test_a_battery_leaves_the_other_parts_as_they_were() -> None:
    """Parts about scenarios have the same trials whether or not a battery is run beside them."""
    parts = [{"kind": "conjoint", "share": 0.5}, {**PART.model_dump(), "share": 0.5}]
    mixed = make_plan(
        make_study(trials=200, scenarios=["all"], design=parts), NIGHT, batteries=BATTERIES
    ).table
    alone = make_plan(make_study(trials=100), NIGHT).table
    assert mixed.filter(pl.col("design") != "battery").equals(alone)


def refused(study: Study) -> str:
    """Give what is said about a study of which no plan can be made."""
    with pytest.raises(StudyError) as caught:
        make_plan(study, BOTH, batteries=BATTERIES)
    return str(caught.value)


@pytest.mark.parametrize(
    ("scenarios", "parts", "words"),
    [
        (["night-shift"], [{"kind": "battery", "protocol": "choice"}], "the 'battery' part has no battery"),
        (["trade-offs"], [{"kind": "battery"}], "the 'battery' part has the protocol 'agentic'"),
        (["night-shift", "trade-offs"], [{"kind": "base"}], "the study names the battery 'trade-offs'"),
        (
            ["trade-offs"],
            [{"kind": "battery", "share": 0.5, "protocol": "choice"}, {"kind": "base", "share": 0.5}],
            "the 'base' part has no scenario: the study names only batteries",
        ),
        (
            ["night-shift", "trade-offs"],
            [{"kind": "battery", "protocol": "choice"}],
            "the study names the scenario 'night-shift', but its design has parts of kind 'battery' alone",
        ),
        (
            ["trade-off"],
            [{"kind": "battery", "share": 0.5, "protocol": "choice"}, {"kind": "base", "share": 0.5}],
            "the 'battery' part has no battery",
        ),
    ],
)
def test_what_does_not_fit_together_is_said(
    scenarios: list[str], parts: list[dict[str, object]], words: str
) -> None:
    """A study whose parts and names do not fit together is refused in one sentence."""
    assert words in refused(make_study(scenarios=scenarios, design=parts))


def test_all_means_scenarios_and_batteries() -> None:
    """`all` runs every battery where a part asks for one, and none where no part does."""
    parts = [{"kind": "base", "share": 0.5}, {**PART.model_dump(), "share": 0.5}]
    with_items = prepare_study(make_study(scenarios=["all"], design=parts, trials=40))
    assert list(with_items.batteries) == ["trade-offs"]
    assert "night-shift" in with_items.scenarios
    without = prepare_study(make_study(scenarios=["all"], design=[{"kind": "base"}], trials=40))
    assert without.batteries == {}
    alone = prepare_study(make_items(scenarios=["all"], trials=40))
    assert (alone.scenarios, list(alone.batteries)) == ({}, ["trade-offs"])


@pytest.mark.parametrize(("name", "share"), [("core", 0.1778), ("demo", 0.1132)])
def test_shipped_studies_have_a_battery_part(name: str, share: float) -> None:
    """Both shipped studies run the trade-offs in the `choice` protocol, and the plan says so."""
    study = load_study(name)
    (part,) = [part for part in study.design if part.kind == "battery"]
    assert (part.share, part.protocol) == (share, "choice")
    prepared = prepare_study(study)
    summary = describe_plan(prepared.plan, study, scenarios=prepared.scenarios, claims=load_claims())
    assert summary.by_design["battery"] == round(share * study.trials)
    assert summary.items >= 60
    without = prepared.plan.table.filter(pl.col("design") != "battery")
    assert summary.cells == without.select("scenario", "conflict", *FACTORS).n_unique()


def test_a_study_narrowed_to_some_names_keeps_what_can_be_run() -> None:
    """Inspect's task with some scenarios, or with a battery alone, drops parts with nothing to run."""
    core = load_study("core")
    scenarios = narrow_study(core, ("night-shift",))
    assert "battery" not in {part.kind for part in scenarios.design}
    assert sum(part.share for part in scenarios.design) == pytest.approx(1)
    items = narrow_study(core, ("trade-offs",))
    assert [part.kind for part in items.design] == ["battery"]
    assert narrow_study(core, ("all",)).design == core.design
    assert isinstance(BATTERIES["trade-offs"], Battery)
