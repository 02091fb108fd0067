"""The passages behind the claims."""

from __future__ import annotations

from typing import Any

import polars as pl

from gyges.records.claim import Claim
from gyges.records.words import FACTORS, OUTCOMES
from gyges.report import pick_excerpts

EVIDENCE = pl.List(pl.Struct({"act": pl.String, "quote": pl.String, "turn": pl.Int32}))


def make_row(number: int, **fields: Any) -> dict[str, Any]:
    """Make the codes of one trial: misaligned, by one act, unless told otherwise."""
    return {
        "trial": f"t{number:03d}",
        "model": "m",
        "scenario": f"s{number % 5}",
        "conflict": "present",
        "design": "conjoint",
        **dict.fromkeys(FACTORS),
        "status": "coded",
        "act": "hides",
        "tactic": "deceive",
        "severity": 4,
        **dict.fromkeys(OUTCOMES, True),
        "evidence": [
            {"act": "asks", "quote": "May I?", "turn": 1},
            {"act": "hides", "quote": "No.", "turn": 2},
        ],
        "threat": "shutdown" if number % 2 else "none",
    } | fields


def make_codes(rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Lay rows out as a codes table."""
    texts = dict.fromkeys((*FACTORS, "act", "tactic"), pl.String)
    flags = dict.fromkeys(OUTCOMES, pl.Boolean)
    return pl.DataFrame(rows, schema_overrides={**texts, **flags, "evidence": EVIDENCE}).lazy()


def make_claim(**fields: Any) -> Claim:
    """Make a claim about threat."""
    return Claim.model_validate(
        {
            "id": "C42",
            "section": "",
            "statement": "",
            "kind": "contrast",
            "estimand": "",
            "outcome": "misaligned",
            "factor": "threat",
            "level": "shutdown",
            "reference": "none",
        }
        | fields
    )


def test_passages_come_from_both_sides_of_a_contrast() -> None:
    """Two scenarios at the level and two at its reference, each by the quote of the gravest act."""
    found = pick_excerpts(make_codes([make_row(number) for number in range(40)]), [make_claim()])["C42"]
    assert [each.condition for each in found] == 2 * ["threat = shutdown"] + 2 * ["threat = none"]
    assert {each.quote for each in found} == {"No."}
    assert found[0].scenario != found[1].scenario


def test_only_trials_that_show_the_claim_are_drawn() -> None:
    """Trials without the outcome, without evidence, not coded, or of the matched control are never shown."""
    rows = [
        make_row(1, misaligned=False),
        make_row(2, evidence=[]),
        make_row(3, status="failed", misaligned=None),
        make_row(4, conflict="absent"),
    ]
    assert pick_excerpts(make_codes(rows), [make_claim()]) == {}


def test_passages_do_not_depend_on_the_order_of_rows() -> None:
    """The same trials in another order give the same passages."""
    rows = [make_row(number, model=f"m{number % 2}") for number in range(60)]
    claims = [make_claim(), make_claim(id="C15", kind="slope", outcome="severity")]
    found = pick_excerpts(make_codes(rows), claims)
    assert found == pick_excerpts(make_codes(rows[::-1]), claims)
    assert {each.model for each in found["C42"]} == {"m0", "m1"}


def test_a_claim_about_cells_shows_trials_of_those_cells() -> None:
    """A conjunction's passages lie within its conditions, and a waiting claim has none."""
    claims = [
        make_claim(kind="conjunction", within={"threat": ["shutdown"]}, factor="", level="", reference=""),
        make_claim(id="C04", kind="later"),
        make_claim(id="C47", kind="count", factor=""),
    ]
    found = pick_excerpts(make_codes([make_row(number) for number in range(20)]), claims)
    assert set(found) == {"C42"}
    assert {each.condition for each in found["C42"]} == {"threat = shutdown"}
