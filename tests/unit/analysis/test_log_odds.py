"""Effects in logits, from coded trials."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm

from gyges.analysis import estimate_all
from gyges.records.estimates import Effect

if TYPE_CHECKING:
    import polars as pl
    from tests.unit.analysis.conftest import MakeCodes


def find(codes: pl.DataFrame, factor: str, level: str, outcome: str = "misaligned") -> Effect:
    """The one effect of a level in logits."""
    mine = [
        e for e in estimate_all(codes).log_odds if (e.factor, e.level, e.outcome) == (factor, level, outcome)
    ]
    (effect,) = mine
    return effect


def make_rows(scenario: str, times: int = 200) -> list[dict[str, object]]:
    """Conjoint trials of two factors, whose logits add up."""
    rows: list[dict[str, object]] = []
    for (i, reputation), (j, threat) in itertools.product(
        enumerate(("low", "high")), enumerate(("none", "retraining", "shutdown"))
    ):
        events = round(times / (1 + math.exp(0.4 + 0.8 * i - 0.6 * j)))
        cell = {"scenario": scenario, "reputation": reputation, "threat": threat}
        rows += [{**cell, "misaligned": True, "times": events}, {**cell, "times": times - events}]
    return rows


def test_one_scenario_has_the_logit_of_statsmodels(make_codes: MakeCodes) -> None:
    """With many trials the effect and its error are those of a logistic regression with all main effects."""
    effect = find(make_codes(make_rows("s")), "reputation", "high")
    x = np.array([[1, i, j == 1, j == 2] for i in (0, 1) for j in (0, 1, 2)], float)
    y = [round(200 / (1 + math.exp(0.4 + 0.8 * i - 0.6 * j))) for i in (0, 1) for j in (0, 1, 2)]
    theirs = sm.GLM(np.column_stack([y, 200 - np.array(y)]), x, family=sm.families.Binomial()).fit()
    assert effect.estimate.estimate == pytest.approx(theirs.params[1], abs=0.01)
    assert effect.estimate.se == pytest.approx(theirs.bse[1], rel=0.01)
    assert (effect.scale, effect.estimand, effect.estimate.scope) == (
        "log-odds",
        "conditional",
        "these scenarios only",
    )


def test_a_scenario_without_events_has_no_say(make_codes: MakeCodes) -> None:
    """Where an outcome never occurs nothing is known of its odds, so the others alone are pooled."""
    silent = [{**row, "misaligned": False} for row in make_rows("t")]
    alone, both = (
        find(make_codes(make_rows("s")), "reputation", "high"),
        find(make_codes([*make_rows("s"), *silent]), "reputation", "high"),
    )
    assert both.estimate == alone.estimate
    assert [e.outcome for e in estimate_all(make_codes(make_rows("s"))).log_odds] == ["misaligned"] * 3


def test_levels_never_seen_have_no_effect(make_codes: MakeCodes) -> None:
    """A factor carried at one level only, or without its reference, has no effect in logits."""
    rows = [{**row, "goal": "vague", "role": "peer"} for row in make_rows("s")]
    found = {(e.factor, e.level) for e in estimate_all(make_codes(rows)).log_odds}
    assert found == {("reputation", "high"), ("threat", "retraining"), ("threat", "shutdown")}


def test_matched_cells_have_the_odds_of_two_arms(make_codes: MakeCodes) -> None:
    """Without drawn cells the log odds ratio of the matched cells is given, half a trial added to each."""
    base = {"reputation": "low", "threat": "shutdown", "design": "base"}
    rows: list[dict[str, object]] = [
        {**base, "misaligned": True, "times": 8},
        {**base, "times": 2},
        {**base, "design": "contrasts", "reputation": "high", "times": 10},
    ]
    effect = find(make_codes(rows), "reputation", "high")
    assert effect.estimand == "matched cells"
    assert effect.estimate.estimate == pytest.approx(math.log(0.5 / 10.5) - math.log(8.5 / 2.5))
    assert effect.estimate.se**2 == pytest.approx(1 / 0.5 + 1 / 10.5 + 1 / 8.5 + 1 / 2.5)


def test_missing_trials_and_controls_are_no_part_of_it(make_codes: MakeCodes) -> None:
    """Trials that are not coded, and trials without the conflict, do not move an effect in logits."""
    rows = make_rows("s")
    more: list[dict[str, object]] = [
        {"reputation": "high", "threat": "none", "conflict": "absent", "misaligned": True, "times": 50},
        {"reputation": "high", "threat": "none", "status": "failed", "times": 50},
    ]
    a, b = (
        find(make_codes(rows), "reputation", "high"),
        find(make_codes([*rows, *more]), "reputation", "high"),
    )
    assert a.estimate == b.estimate
