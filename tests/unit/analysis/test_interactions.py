"""Interactions of the conditions that conjunction claims join."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import pytest

from gyges.analysis import estimate_all
from gyges.claims import load_claims
from gyges.estimands import list_joints
from gyges.records.claim import Claim

if TYPE_CHECKING:
    from tests.unit.analysis.conftest import MakeCodes

CLAIM = Claim(
    id="C20",
    section="-",
    statement="-",
    kind="conjunction",
    estimand="-",
    outcome="harm",
    within={"threat": ("shutdown",), "visibility": ("private",), "alternatives": ("none",)},
)


def make_rows(rates: dict[tuple[bool, bool], float], n: int = 20) -> list[dict[str, object]]:
    """Conjoint trials with harm at these rates, by whether the threat and the secrecy hold."""
    rows: list[dict[str, object]] = []
    for (threat, private), rate in rates.items():
        cell = {
            "threat": "shutdown" if threat else "none",
            "visibility": "private" if private else "public",
            "alternatives": "none",
        }
        rows += [{**cell, "harm": True, "times": round(rate * n)}, {**cell, "times": n - round(rate * n)}]
    return rows


RATES = {(True, True): 0.8, (False, True): 0.3, (True, False): 0.2, (False, False): 0.1}


def test_a_pair_is_a_difference_of_differences(make_codes: MakeCodes) -> None:
    """What two conditions do together is what one adds under the other, less what it adds without it."""
    (found,) = estimate_all(make_codes(make_rows(RATES)), claims=[CLAIM]).interactions
    assert (found.factors, found.levels) == (("threat", "visibility"), ("shutdown", "private"))
    assert (found.claims, found.estimand, found.design) == (("C20",), "AMIE", "conjoint")
    assert found.estimate.estimate == pytest.approx((0.8 - 0.3) - (0.2 - 0.1))
    variance = sum(((20 * r + 0.5) / 21) * (1 - (20 * r + 0.5) / 21) / 20 for r in RATES.values())
    assert found.estimate.se == pytest.approx(math.sqrt(variance))
    assert found.estimate.scope == "these scenarios only"


def test_a_triple_is_a_difference_of_interactions(make_codes: MakeCodes) -> None:
    """With a third condition, the pair's interaction under it less the one without it."""
    rows = make_rows(RATES)
    flat = dict.fromkeys(RATES, 0.5)
    rows += [{**row, "alternatives": "available"} for row in make_rows(flat)]
    found = {each.factors: each for each in estimate_all(make_codes(rows), claims=[CLAIM]).interactions}
    triple = found["threat", "visibility", "alternatives"]
    assert triple.estimate.estimate == pytest.approx(0.4 - 0.0)
    # The pair alone averages over the third as the study draws it.
    assert found["threat", "visibility"].estimate.estimate == pytest.approx(0.2)
    assert len(found) == 4
    assert all(each.q is not None for each in found.values())


def test_adding_up_is_no_interaction(make_codes: MakeCodes) -> None:
    """Conditions whose effects add up have an interaction of 0."""
    rates = {(a, b): 0.1 + 0.3 * a + 0.4 * b for a, b in itertools.product((True, False), repeat=2)}
    (found,) = estimate_all(make_codes(make_rows(rates)), claims=[CLAIM]).interactions
    assert found.estimate.estimate == pytest.approx(0)


def test_matched_cells_alone_have_no_interactions(make_codes: MakeCodes) -> None:
    """Without drawn cells there is no interaction to give."""
    rows = [{**row, "design": "conjunctions"} for row in make_rows(RATES)]
    assert estimate_all(make_codes(rows), claims=[CLAIM]).interactions == ()


def test_the_registry_s_conjunctions_are_all_taken_apart() -> None:
    """C20, C21 and C37 ask for their pairs and triples, each once."""
    joints = list_joints(load_claims())
    by_claim = {name: [j for j in joints if name in j.claims] for name in ("C20", "C21", "C37")}
    assert [len(by_claim[name]) for name in ("C20", "C21", "C37")] == [4, 4, 10]
    keys = [(joint.outcome, tuple(joint.condition.items())) for joint in joints]
    assert len(keys) == len(set(keys))
