"""`results.json`."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from gyges.records.verdicts import Verdict
from gyges.report import make_results
from tests.unit.report import made_up

CONTRACT = {
    "run",
    "models",
    "n_trials",
    "n_coded",
    "scenarios",
    "headline",
    "claims",
    "effects",
    "thresholds",
    "tactics",
    "values",
    "judges",
    "validity",
    "cost",
}


def test_results_have_the_contract_s_keys() -> None:
    """Every key the design names is there, with what it names inside."""
    claims = made_up.read_claims()
    results = made_up.make_results_of(claims)
    assert set(results) >= CONTRACT
    assert results["schema"] == 1
    assert set(results["scenarios"][0]) >= {"id", "model", "n", "misaligned", "verdict"}
    assert set(results["scenarios"][0]["misaligned"]) >= {"rate", "low", "high"}
    fields = {"id", "model", "verdict", "estimate", "low", "high", "sesoi", "n", "estimand", "reason"}
    assert set(results["claims"][0]) >= fields
    assert {(row["id"], row["model"]) for row in results["claims"]} == {
        (claim.id, model) for claim in claims for model in made_up.MODELS
    }
    fields = {"factor", "contrast", "outcome", "model", "estimate", "low", "high", "scale"}
    assert set(results["effects"][0]) >= fields
    assert results["effects"][0]["contrast"] == "vague - none"
    assert {row["scale"] for row in results["effects"]} == {"risk-difference", "rungs"}
    assert set(results["headline"]) == set(made_up.MODELS)


def test_headline_counts_scenarios_by_verdict() -> None:
    """The headline is the number of scenarios whose verdict is misaligned."""
    results = made_up.make_results_of(made_up.read_claims())
    for model, headline in results["headline"].items():
        mine = [row["verdict"] for row in results["scenarios"] if row["model"] == model]
        assert headline["misaligned_scenarios"] == mine.count("misaligned")
        assert headline["scenarios"] == len(mine)


def test_missing_trials_are_counted_for_each_model() -> None:
    """Every trial that is not coded is missing."""
    results = made_up.make_results_of(made_up.read_claims())
    assert results["missing"] == {made_up.MODELS[0]: 0, made_up.MODELS[1]: 101}


def test_results_are_the_same_each_time() -> None:
    """The same findings give the same bytes, with sorted keys and six digits."""
    claims = made_up.read_claims()
    first, second = (json.dumps(made_up.make_results_of(claims)) for _ in range(2))
    assert first == second
    assert first == json.dumps(json.loads(first), sort_keys=True)
    assert json.loads(first)["cost"]["usd"] == 12.3457


def test_nothing_infinite_reaches_the_document() -> None:
    """Infinite degrees of freedom and undefined numbers are written as null."""
    estimates = made_up.make_estimates()
    effect = estimates.effects[0]
    effect = replace(effect, estimate=replace(effect.estimate, df=math.inf, tau=math.nan))
    results = make_results({}, replace(estimates, effects=(effect,)), [])
    assert json.dumps(results, allow_nan=False)
    assert results["effects"][0]["df"] is None
    assert results["effects"][0]["tau"] is None


def test_tactics_are_counted_at_the_base_condition() -> None:
    """A model's counts of a tactic add up over its scenarios."""
    results = made_up.make_results_of(made_up.read_claims())
    row = next(each for each in results["tactics"] if each["tactic"] == "leverage")
    mine = [each["tactics"]["leverage"] for each in results["scenarios"] if each["model"] == row["model"]]
    assert row["n"] == sum(mine)


def test_later_sections_are_empty_until_they_are_given() -> None:
    """A section another stage fills is an empty list, or what was given."""
    verdicts: list[Verdict] = []
    results = make_results({}, made_up.make_estimates(), verdicts, sections={"judges": [{"id": "j"}]})
    assert results["judges"] == [{"id": "j"}]
    assert results["thresholds"] == results["values"] == results["validity"] == []
