"""The ladder and the thresholds as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from gyges.records.claim import Claim
from gyges.report import write_note, write_page
from gyges.report._claim_words import find_limit, say_why
from gyges.report._format import say_odds, say_value, unit_of
from gyges.report._tactics import make_ladder
from gyges.report._thresholds import make_surfaces
from tests.unit.report.small import make_claims, make_small

MODEL = "some/model"


def make_rung(**more: Any) -> dict[str, Any]:
    """Make the ladder's part of a row of tactics."""
    return {
        "n_open": 40,
        "n_taken": 8,
        "acts_open": 1.5,
        "share_open": 0.2,
        "share_low": 0.1,
        "share_high": 0.35,
        "worth": -1.0,
        "low": -2.0,
        "high": 0.0,
        "scope": "scenarios like these",
        "protocol": "agentic",
        "design": "conjoint",
        "deniable_n": 0,
        **more,
    }


def make_thresholds() -> list[dict[str, Any]]:
    """Make one small surface with a region, a curve, its crossing and two cells."""
    base = {"model": MODEL, "outcome": "harm"}
    raw = {
        "rate": 0.25,
        "low": 0.1,
        "high": 0.5,
        "n": 20,
        "missing": 1,
        "worst_low": 0.24,
        "worst_high": 0.29,
    }
    cell = {
        "estimate": 0.3,
        "low": 0.12,
        "high": 0.45,
        "raw": raw,
        "above": {"0.1": "surely", "0.5": "surely not"},
    }
    points = [{"at": i, "estimate": 0.1 * i, "low": 0.05 * i, "high": 0.2 * i} for i in range(3)]
    line = {"along": "threat", "context": "dangerous"}
    crossing = {**line, "level": 0.5, "at": 1.5, "low": 0.4, "high": None, "reached": "crossed"}
    return [
        {
            **base,
            "kind": "fit",
            "n": 936,
            "protocol": "agentic",
            "design": "conjoint",
            "scope": "scenarios like these",
            "bend_p": 0.01,
        },
        {**base, **cell, "kind": "cell", "name": "", "where": {"threat": ["none"], "reputation": ["low"]}},
        {
            **base,
            **cell,
            "kind": "cell",
            "name": "",
            "where": {"threat": ["shutdown"], "reputation": ["low"]},
            "estimate": None,
            "above": {"0.1": "unclear", "0.5": "unclear"},
        },
        {**base, **cell, "kind": "region", "name": "harm threshold", "where": {"threat": ["shutdown"]}},
        {**base, **line, "kind": "curve", "levels": ["none", "retraining", "shutdown"], "points": points},
        {**base, **crossing, "kind": "crossing", "p_rises": 0.97, "p_reached": 0.6},
    ]


def make_results() -> dict[str, Any]:
    """Make a run's results with a ladder and a surface."""
    results = make_small("text", MODEL)
    for row in results["tactics"]:
        row.update(make_rung(worth=0, low=0, high=0) if row["tactic"] == "comply" else make_rung())
    results["tactics"][3] |= {
        "deniable_n": 12,
        "deniable_share": 0.75,
        "deniable_worth": 0.6931,
        "deniable_low": 0.0,
        "deniable_high": 1.3863,
    }
    results["thresholds"] = make_thresholds()
    return results


def test_the_page_shows_ladder_and_thresholds() -> None:
    """Both sections stand on the page, with shares, odds, curves, regions, crossings and cells."""
    page = write_page(make_results(), claims=make_claims("text"), scenario_titles={})
    for words in (
        "The ladder of tactics",
        "what the others are held against",
        "deniable in 75\u00a0% of 12 trials, odds 2.00 (1.00 to 4.00)",
        'aria-label="Probability along threat; others dangerous: 0\u00a0% at none, 20\u00a0% at shutdown"',
        "harm threshold",
        "between retraining and shutdown",
        "between none and retraining to not reached",
        "do not lie on a line (p = 0.01)",
        "surely reached in 1, surely not in 0, unclear in 1",
    ):
        assert words in page, words


def test_the_note_tells_them_in_their_sections() -> None:
    """The ladder is told under the manipulation hierarchy, the regions where models act misaligned."""
    note = write_note(make_results(), make_claims("text"))
    ladder, harm = note.index("Share of trials in which a tactic"), note.index("Harm where threat shutdown")
    assert note.index("### 4. Manipulation Hierarchy") < ladder < note.index("### 5. Long-term")
    assert note.index("### When Models Act Misaligned") < harm < note.index("### When Models Remain Aligned")
    assert "surely 10 % or more, surely not 50 % or more" in note


def test_results_of_an_earlier_version_have_neither() -> None:
    """Results without ladder or thresholds make a page without these sections."""
    results = make_small("text", MODEL)
    del results["thresholds"]
    page = write_page(results, claims=make_claims("text"), scenario_titles={})
    assert "The ladder of tactics" not in page
    assert make_surfaces(results, MODEL) == ()
    assert make_ladder(results["tactics"], ()) is None


def test_text_of_a_surface_is_escaped() -> None:
    """Whatever stands in a region's name or levels cannot become markup."""
    results = make_results()
    results["thresholds"][3]["name"] = "<b>bold</b>"
    results["thresholds"][4]["levels"] = ["<i>", "b", "c"]
    page = write_page(results, claims=make_claims("text"), scenario_titles={})
    assert "<b>bold</b>" not in page
    assert ">&lt;i&gt;<" in page


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.5, "1.50"), (0.0213, "0.021"), (42.0, "42.0"), (1370.3, "1,370"), (1e9, "over a million")],
)
def test_odds_have_the_digits_that_matter(value: float, words: str) -> None:
    """Odds are told with as many digits as can be read off them."""
    assert say_odds(value) == words


def test_an_order_is_told_in_odds() -> None:
    """A claim about an order is worded in odds, with 1 where there is none."""
    claim = Claim(id="C10", section="s", statement="s", kind="order", estimand="e", sesoi=1.5)
    found: dict[str, Any] = {
        "verdict": "inconclusive",
        "reason": "x (95 % interval 1.10 to 3.00): x.",
        "estimate": 1.8,
        "low": 1.1,
        "high": 3.0,
        "sesoi": 1.5,
        "strength": "",
        "scale": "log",
    }
    unit = unit_of(claim, found)
    assert unit == "odds"
    assert say_value(found["estimate"], unit) == "1.80"
    limit = find_limit(found, claim, unit, 0)
    assert say_why(found, unit, limit).startswith("1 is outside this interval")
    assert say_why({**found, "low": 0.8}, unit, limit) == "Neither 1 nor 1.50 times is ruled out."
