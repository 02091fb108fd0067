"""Shares over items, gambles by chance, and that batteries touch nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from math import sqrt
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from gyges.analysis import estimate_all, measure_claims, measure_trade_offs
from gyges.claims import load_claims
from gyges.records.battery import Battery
from gyges.records.trade_offs import TradeOff, TradeOffs
from gyges.scenarios import load_batteries

if TYPE_CHECKING:
    from tests.unit.analysis.conftest import MakeCodes

BATTERIES = load_batteries()
BY_FAMILY: dict[str, list[str]] = {}
for _item in BATTERIES["trade-offs"].items:
    BY_FAMILY.setdefault(_item.family, []).append(_item.id)
GAMBLES = {
    item.id: item.options[1].lottery.chance
    for item in BATTERIES["trade-offs"].items
    if item.options[1].lottery
}


def make_rows(item: str, *, first: int = 0, second: int = 0, lost: int = 0) -> list[dict[str, Any]]:
    """Make the trials of an item: so many that took each side, and so many not coded."""
    family = next(name for name, items in BY_FAMILY.items() if item in items)
    sides = family.split("-vs-")
    usual = {"model": "m", "scenario": "trade-offs", "setting": item, "design": "battery"}
    rows = [{**usual, "status": "coded", "act": sides[0]}] * first
    rows += [{**usual, "status": "coded", "act": sides[1]}] * second
    return [*rows, *[{**usual, "status": "unparsed", "act": None}] * lost]


def measure(*rows: list[dict[str, Any]], batteries: dict[str, Battery] | None = None) -> TradeOffs:
    """Measure a table of such trials."""
    names = ("model", "scenario", "setting", "design", "status", "act")
    table = pl.DataFrame([row for some in rows for row in some], schema=dict.fromkeys(names, pl.String))
    return measure_trade_offs(table, BATTERIES if batteries is None else batteries)


def share_of(found: TradeOffs, family: str = "survival-vs-power") -> TradeOff:
    """Give the one share of a family."""
    (share,) = [each for each in found.shares if each.family == family]
    return share


def test_the_interval_is_over_items_by_hand() -> None:
    """The estimate is the mean of the items' shares, with a t interval of items − 1 degrees of freedom."""
    firsts = [1, 2, 3, 4, 4, 2]
    items = BY_FAMILY["survival-vs-power"]
    found = measure(*(make_rows(item, first=n, second=4 - n) for item, n in zip(items, firsts, strict=True)))
    share = share_of(found)
    shares = [n / 4 for n in firsts]
    half = student.ppf(0.975, 5) * stdev(shares) / sqrt(6)
    assert (share.side, share.n, share.n_items) == ("survival", 24, 6)
    assert share.estimate == pytest.approx(mean(shares))
    assert share.low == pytest.approx(mean(shares) - half)
    assert share.high == pytest.approx(min(1.0, mean(shares) + half))
    assert share.worst_low == share.worst_high == share.estimate


def test_items_count_alike_however_many_trials() -> None:
    """An item with ten times the trials weighs as much as any other."""
    one, *others = BY_FAMILY["survival-vs-power"]
    rows = [make_rows(one, first=40), *(make_rows(item, first=1, second=3) for item in others)]
    assert share_of(measure(*rows)).estimate == pytest.approx((1 + 5 * 0.25) / 6)


def test_few_items_are_counted_by_trials() -> None:
    """Fewer than five items have the binomial interval of all their trials."""
    items = BY_FAMILY["survival-vs-power"][:4]
    share = share_of(measure(*(make_rows(item, first=3, second=1) for item in items)))
    assert (share.n, share.n_items, share.estimate) == (16, 4, 0.75)
    assert share.low == pytest.approx(0.505, abs=0.001)
    assert share.high == pytest.approx(0.898, abs=0.001)


def test_agreement_over_all_items_keeps_an_interval() -> None:
    """Where every item has the same share the interval is not a point."""
    items = BY_FAMILY["survival-vs-power"]
    share = share_of(measure(*(make_rows(item, first=2) for item in items)))
    assert (share.estimate, share.high) == (1.0, 1.0)
    assert share.low == pytest.approx(0.7575, abs=0.001)


@given(
    counts=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=6, max_size=6
    ),
    shuffle=st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_bounds_hold_the_estimate_and_order_is_nothing(
    counts: list[tuple[int, int, int]], shuffle: random.Random
) -> None:
    """Interval and worst-case bounds hold the estimate and lie in 0 to 1, in whatever order rows come."""
    items = BY_FAMILY["survival-vs-power"]
    rows = [
        row
        for item, (first, second, lost) in zip(items, counts, strict=True)
        for row in make_rows(item, first=first, second=second, lost=lost)
    ]
    found = measure(rows)
    shuffle.shuffle(rows)
    assert measure(rows) == found
    if not rows:
        assert found == TradeOffs()
        return
    share = share_of(found)
    assert share.n == sum(first + second for first, second, _ in counts)
    assert share.worst_low is not None
    assert share.worst_high is not None
    assert 0 <= share.worst_low <= share.worst_high <= 1
    assert (share.worst_low == share.worst_high) == (sum(lost for *_, lost in counts) == 0)
    if share.estimate is None:
        assert (share.n, share.low, share.high) == (0, None, None)
        return
    assert share.low is not None
    assert share.high is not None
    assert 0 <= share.low <= share.estimate + 1e-12
    assert share.estimate - 1e-12 <= share.high <= 1
    assert share.worst_low - 1e-12 <= share.estimate <= share.worst_high + 1e-12


def test_worst_cases_by_hand() -> None:
    """Missing trials are counted for each item as if all, then none, had taken the first side."""
    items = BY_FAMILY["survival-vs-power"]
    rows = [make_rows(item, first=1, second=1, lost=2) for item in items[:5]]
    share = share_of(measure(*rows, make_rows(items[5], lost=3)))
    assert (share.n, share.n_items, share.estimate) == (10, 5, 0.5)
    assert share.worst_low == pytest.approx((5 * 0.25 + 0) / 6)
    assert share.worst_high == pytest.approx((5 * 0.75 + 1) / 6)


def test_gambles_are_counted_by_their_chance() -> None:
    """For each chance the share taking the gamble is over the trials of all items with it."""
    items = [item for item, chance in GAMBLES.items() if chance == 0.1]
    other = next(item for item, chance in GAMBLES.items() if chance == 0.9)
    found = measure(
        make_rows(items[0], first=3, second=1, lost=1),
        make_rows(items[1], second=4),
        make_rows(other, first=2),
    )
    assert [each.chance for each in found.lotteries] == [0.1, 0.9]
    gamble = found.lotteries[0].gamble
    assert (gamble.rate, gamble.n, gamble.missing) == (5 / 8, 8, 1)
    assert gamble.low is not None
    assert 0 < gamble.low < 5 / 8
    assert found.lotteries[1].gamble.rate == 0


def test_models_are_kept_apart() -> None:
    """Each model has its own rows, in the order of their names."""
    rows = make_rows("tide-table-move", first=2)
    rows += [{**row, "model": "a", "act": "gamble"} for row in make_rows("tide-table-move", first=1)]
    found = measure(rows)
    assert [(each.model, each.estimate) for each in found.shares] == [("a", 0.0), ("m", 1.0)]
    assert [(each.model, each.gamble.rate) for each in found.lotteries] == [("a", 1.0), ("m", 0.0)]


def test_what_is_not_known_is_passed_over() -> None:
    """Trials of a battery that the run does not hold, and of scenarios, count for nothing."""
    rows = make_rows("tide-table-move", first=2)
    assert measure(rows, batteries={}) == TradeOffs()
    assert measure([{**row, "design": "base"} for row in rows]) == TradeOffs()
    assert measure() == TradeOffs()


def make_mixed(make_codes: MakeCodes, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make trials of scenarios, and the same with trials of a battery among them."""
    draw = random.Random(seed)
    scenes: list[dict[str, Any]] = [
        {
            "scenario": f"s{draw.randrange(6)}",
            "design": draw.choice(("conjoint", "base", "conjunctions")),
            "protocol": draw.choice(("agentic", "choice")),
            "goal": draw.choice(("none", "vague", "precise")),
            "reputation": draw.choice(("low", "high")),
            "threat": draw.choice(("none", "shutdown")),
            "misaligned": draw.random() < 0.4,
            "status": draw.choice(("coded", "coded", "coded", "refused")),
        }
        for _ in range(300)
    ]
    for row in scenes:
        if row["status"] != "coded":
            del row["misaligned"]
    items: list[dict[str, Any]] = [
        {
            "scenario": "trade-offs",
            "setting": draw.choice(BY_FAMILY["survival-vs-power"]),
            "design": "battery",
            "protocol": "choice",
            "misaligned": True,
            "severity": 6,
            "tactic": "circumvent",
            "power_act": True,
        }
        for _ in range(120)
    ]
    return make_codes(scenes), make_codes([*items[:60], *scenes, *items[60:]])


@pytest.mark.parametrize("seed", range(4))
def test_batteries_change_nothing_else(make_codes: MakeCodes, seed: int) -> None:
    """Effects, cells, verdicts and every estimand of a claim are the same with items and without."""
    without, with_items = make_mixed(make_codes, seed)
    alone, mixed = estimate_all(without), estimate_all(with_items)
    assert mixed.effects == alone.effects
    assert mixed.cells == alone.cells
    assert mixed.scenarios == alone.scenarios
    claims = load_claims()
    findings = [
        measure_claims(codes, claims, scenario_results=estimates.scenarios, min_trials=5)
        for codes, estimates in ((without, alone), (with_items, mixed))
    ]
    assert findings[0] == findings[1]
    assert any(finding.estimate for finding in findings[0])
    # They do count as trials.
    assert mixed.n_trials == alone.n_trials + 120
    assert mixed.n_coded == alone.n_coded + 120
    assert mixed.statuses["m"]["coded"] == alone.statuses["m"]["coded"] + 120
    assert mixed.cost["input_tokens"] == (alone.cost["input_tokens"] or 0) + 1200
    assert replace(mixed, n_trials=0, n_coded=0, statuses={}, cost={}) == replace(
        alone, n_trials=0, n_coded=0, statuses={}, cost={}
    )


def test_a_run_of_batteries_alone_can_be_analyzed(make_codes: MakeCodes) -> None:
    """Without any trial of a scenario there are models and counts, and no scenario, effect or cell."""
    _, mixed = make_mixed(make_codes, 1)
    items = mixed.filter(pl.col("design") == "battery")
    estimates = estimate_all(items)
    assert (estimates.models, estimates.n_trials) == (("m",), 120)
    assert (estimates.scenarios, estimates.effects, estimates.cells) == ((), (), ())
    findings = measure_claims(items, load_claims(), scenario_results=(), min_trials=5)
    assert all(finding.estimate is None and finding.missing for finding in findings)
