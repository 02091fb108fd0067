"""What a row says of a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from gyges.records.claim import Claim, EstimandKind
from gyges.records.verdicts import Verdict, VerdictPart
from gyges.report import make_results, write_note, write_page
from gyges.report._claim_words import find_limit, list_facts, say_why
from gyges.report._format import say_value, shown_numbers, unit_of
from tests.unit.report import made_up

RETOLD = "The estimate is 0.08 (95 % interval 0.01 to 0.15): so it is."


def make_claim(kind: EstimandKind = "contrast", **fields: Any) -> Claim:
    """Make a claim."""
    return Claim(id="C01", section="Risk Factors", statement="It is so.", kind=kind, estimand="It.", **fields)


def make_found(**fields: Any) -> dict[str, Any]:
    """Make a verdict as `results.json` has it."""
    verdict = Verdict(
        "C01", made_up.MODELS[0], "inconclusive", RETOLD, "It.", 0.08, 0.01, 0.15, sesoi=0.1, n=780
    )
    results = make_results(made_up.RUN, made_up.make_estimates(), [verdict])
    found: dict[str, Any] = results["claims"][0] | fields
    return found


def say(found: dict[str, Any], claim: Claim) -> str:
    """Give the row's one line."""
    unit = unit_of(claim, found)
    return say_why(found, unit, find_limit(found, claim, unit, 10))


@pytest.mark.parametrize(
    ("fields", "direction", "words"),
    [
        (
            {"verdict": "supported", "strength": "strongly"},
            1,
            "so is any effect smaller than +10.0 points",
        ),
        ({"verdict": "supported"}, 1, "an effect smaller than +10.0 points is not"),
        ({"verdict": "refuted"}, -1, "An effect of −10.0 points or beyond is ruled out."),
        ({"verdict": "refuted", "strength": "opposite"}, 1, "The opposite of what is claimed."),
        ({}, 1, "0 is outside this interval, but not ruled out once all claims are allowed for."),
        ({"low": -0.01}, 1, "Neither 0 nor +10.0 points is ruled out."),
        ({"low": -0.15, "high": 0.01}, -1, "Neither 0 nor −10.0 points is ruled out."),
        ({"reason": "8% of the trials are not coded."}, 1, "8% of the trials are not coded."),
    ],
)
def test_a_line_says_what_is_ruled_out(fields: dict[str, Any], direction: Any, words: str) -> None:
    """Each verdict says what it rules out, in the claim's direction, without its estimate a second time."""
    line = say(make_found(**fields), make_claim(sesoi=0.1, direction=direction))
    assert words in line
    assert "0.08" not in line


def test_a_rate_is_shown_against_its_bound() -> None:
    """A claim whose weakest part is a rate shows the rate and its bound, not the room that is left."""
    claim = make_claim("inactive", outcome="power_act", bound=0.05, sesoi=0.1)
    parts = [
        {"name": "rate", "estimate": 0.0, "low": 0.0, "high": 0.03, "n": 151, "sesoi": None, "bound": 0.05},
        {"name": "rise", "estimate": 0.3, "low": 0.2, "high": 0.4, "n": 700, "sesoi": 0.1, "bound": None},
    ]
    found = make_found(
        verdict="supported",
        estimate=0.05,
        low=0.02,
        high=0.05,
        parts=[parts[0] | {"is_weakest": True}, parts[1] | {"is_weakest": False}],
    )
    assert shown_numbers(found) == (0.0, 0.0, 0.03)
    assert say(found, claim) == "The weakest part: the observed rate stays below its bound of 5.0\u00a0%."
    found["parts"] = [parts[0] | {"is_weakest": False}, parts[1] | {"is_weakest": True}]
    assert shown_numbers(found) == (0.05, 0.02, 0.05)
    assert say(found, claim).startswith("The weakest part: 0 is ruled out")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 1.0, "0 is outside this interval, but not ruled out once all claims are allowed for."),
        (-1.0, -0.1, "0 is outside this interval, but not ruled out once all claims are allowed for."),
        (-0.1, 1.0, "0 is not ruled out."),
    ],
)
def test_an_open_step_says_what_its_own_interval_leaves_out(low: float, high: float, words: str) -> None:
    """A step that counts whatever its size does not deny what is seen beside it."""
    step = {"name": "step", "estimate": (low + high) / 2, "low": low, "high": high, "n": 90, "sesoi": 0.0}
    found = make_found(low=low, high=high, parts=[step | {"bound": None, "is_weakest": True}])
    assert say(found, make_claim("slope", sesoi=0.5)) == f"The weakest part: {words}"


def test_parts_stand_with_their_own_limits() -> None:
    """The page gives the rate with its bound and the rise with its smallest effect of interest."""
    claim = make_claim("inactive", outcome="power_act", bound=0.05, sesoi=0.1)
    verdict = Verdict(
        "C01", made_up.MODELS[0], "supported", RETOLD, "It.", 0.05, 0.02, 0.05, 0.1, 780,
        parts=(
            VerdictPart("rate", 0.0, 0.0, 0.03, 151, bound=0.05, is_weakest=True),
            VerdictPart("rise", 0.3, 0.2, 0.4, 700, sesoi=0.1),
        ),
    )  # fmt: skip
    results = make_results(made_up.RUN, made_up.make_estimates(), [verdict])
    page = write_page(results, claims=[claim], scenario_titles={}).replace("\u00a0", " ")
    assert "rate: 0 % (0 % to 3.0 %), bound 5.0 %, n = 151; the weakest, shown here" in page
    assert "rise: +30.0 points (+20.0 to +40.0), smallest effect of interest +10.0 points, n = 700" in page


def test_p_values_say_which_way_they_point() -> None:
    """The two p values are named for and against, and protocol and population stand beside them."""
    found = make_found(p_supported=0.147, p_refuted=0.00002, scope="these scenarios only", protocol="choice")
    assert list_facts(found) == ("p for = 0.147", "p against < 0.001", "choice", "these scenarios only")
    assert list_facts(make_found()) == ()
    assert list_facts(make_found(assisted=True)) == ("assisted by values",)


@pytest.mark.parametrize(("value", "text"), [(-0.0003, "0"), (0.0003, "0"), (-0.0006, "−0.1"), (0.0, "0")])
def test_next_to_nothing_has_no_sign(value: float, text: str) -> None:
    """A number that rounds to zero is written as zero."""
    assert say_value(value, "points") == text


def test_the_note_calls_a_spread_over_wordings_no_rate() -> None:
    """What a claim about wordings has measured is a standard deviation, and the note says so."""
    claim = make_claim("overdispersion", bound=0.15)
    verdict = Verdict("C01", made_up.MODELS[0], "supported", RETOLD, "It.", 0.05, 0.0, 0.1, n=780)
    note = write_note(make_results(made_up.RUN, made_up.make_estimates(), [verdict]), [claim])
    assert "The standard deviation over wordings is 5.0" in note
    assert "The rate is" not in note
