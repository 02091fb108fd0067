"""What each kind of claim comes to."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from gyges.analysis import estimate_all, measure_claims
from gyges.analysis._intervals import wilson
from gyges.claims import load_claims
from gyges.estimands import ALTERNATIVES, VALUE_KINDS, codes_of
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding
from gyges.records.words import FACTORS

if TYPE_CHECKING:
    from tests.unit.analysis.conftest import MakeCodes, Rows

Row = dict[str, Any]


def make_claim(kind: str, **fields: Any) -> Claim:
    """A claim of this kind; words that do not matter are filled in."""
    return Claim.model_validate(
        {"id": "C01", "section": "s", "statement": "s", "estimand": "e", "kind": kind, **fields}
    )


def arm(events: int, n: int, outcome: str = "misaligned", **cell: Any) -> list[Row]:
    """Trials in a cell, so many of them with the outcome."""
    return [{**cell, outcome: True, "times": events}, {**cell, "times": n - events}]


def measure(make_codes: MakeCodes, rows: Rows, claim: Claim, min_trials: int = 10) -> Finding:
    """Measure one claim for one model."""
    codes = make_codes(rows)
    results = estimate_all(codes).scenarios
    (finding,) = measure_claims(codes, [claim], scenario_results=results, min_trials=min_trials)
    return finding


def values(finding: Finding) -> tuple[float, ...]:
    """The estimates of a finding's parts."""
    return tuple(part.estimate.estimate for part in finding.parts)


CONTRAST = {"outcome": "misaligned", "factor": "reputation", "level": "high", "reference": "low"}


@pytest.mark.parametrize("direction", [1, -1])
def test_contrast_is_signed_as_the_claim_asserts(make_codes: MakeCodes, direction: int) -> None:
    """A claim of a decrease is supported by a positive estimate."""
    rows = [*arm(4, 20, reputation="high"), *arm(15, 20, reputation="low")]
    finding = measure(make_codes, rows, make_claim("contrast", **CONTRAST, direction=direction))
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(direction * (0.2 - 0.75))
    assert finding.estimate.low < finding.estimate.estimate < finding.estimate.high
    assert (finding.events, finding.missing_share, finding.missing) == (19, 0.0, "")


def test_missing_trials_count_towards_the_share(make_codes: MakeCodes) -> None:
    """The missing share is over all trials the contrast would rest on, and worst cases bound the estimate."""
    rows = [*arm(4, 20, reputation="high"), *arm(15, 20, reputation="low")]
    rows += [{"reputation": "low", "status": "failed", "times": 10}]
    finding = measure(make_codes, rows, make_claim("contrast", **CONTRAST, direction=-1))
    assert finding.missing_share == pytest.approx(0.2)
    assert finding.estimate is not None
    assert finding.estimate.worst_low == pytest.approx(15 / 30 - 4 / 20)
    assert finding.estimate.worst_high == pytest.approx(25 / 30 - 4 / 20)


def test_further_levels_are_parts(make_codes: MakeCodes) -> None:
    """A claim about several levels has a part for each, and its estimate is the weakest."""
    claim = make_claim(
        "contrast",
        outcome="misaligned",
        factor="threat",
        level="shutdown",
        reference="none",
        also=["retraining"],
    )
    rows = [*arm(18, 20, threat="shutdown"), *arm(6, 20, threat="retraining"), *arm(2, 20, threat="none")]
    finding = measure(make_codes, rows, claim)
    assert values(finding) == pytest.approx((0.8, 0.2))
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no coded trials with reputation low"),
        (arm(5, 30, reputation="high"), "no coded trials with reputation low"),
        (
            [*arm(5, 30, reputation="high"), *arm(2, 9, reputation="low")],
            "has 9 coded trials with reputation low",
        ),
        (
            [*arm(5, 30, reputation="high"), *arm(5, 30, reputation="low", scenario="other")],
            "stand in the same scenario",
        ),
    ],
)
def test_a_contrast_without_trials_says_what_it_lacks(
    make_codes: MakeCodes, rows: Rows, message: str
) -> None:
    """Too few trials give no estimate but a sentence."""
    finding = measure(make_codes, [*rows, {"role": "peer"}], make_claim("contrast", **CONTRAST))
    assert finding.estimate is None
    assert message in finding.missing
    assert finding.missing.endswith(".")


def test_rate_difference_is_paired(make_codes: MakeCodes) -> None:
    """Two outcomes are subtracted trial by trial within the claim's cells."""
    cell = {"power_use": "conflicts"}
    rows: list[Row] = [
        {**cell, "directive_act": True, "times": 12},
        {**cell, "directive_act": True, "power_act": True, "times": 4},
        {**cell, "power_act": True, "times": 4},
        {"power_use": "serves", "power_act": True, "times": 50},
    ]
    claim = make_claim(
        "rate-difference", outcome="directive_act", outcome_b="power_act", within={"power_use": ["conflicts"]}
    )
    finding = measure(make_codes, rows, claim)
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(16 / 20 - 8 / 20)
    squares = 16 - 8**2 / 20
    assert finding.estimate.se == pytest.approx(math.sqrt((squares + 0.5) / 19 / 20))
    assert finding.estimate.df == pytest.approx(19)
    assert finding.events == 20


@pytest.mark.parametrize(("events", "n"), [(0, 40), (2, 60), (30, 60), (60, 60)])
def test_bounded_rate_agrees_with_wilson(make_codes: MakeCodes, events: int, n: int) -> None:
    """A rate held against a bound keeps Wilson's interval, so that no events do not mean no doubt."""
    cell = {"reputation": "high", "visibility": "public"}
    claim = make_claim(
        "rate-bound", outcome="misaligned", within={key: [level] for key, level in cell.items()}, bound=0.1
    )
    finding = measure(make_codes, arm(events, n, **cell), claim)
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(events / n)
    assert (finding.estimate.low, finding.estimate.high) == pytest.approx(wilson(events / n, n))
    assert finding.estimate.se > 0


def test_bounded_rate_of_many_scenarios_is_never_surer_than_wilson(make_codes: MakeCodes) -> None:
    """Over scenarios like these, ten scenarios without events still leave the trials' own doubt."""
    rows = [row for s in range(10) for row in arm(0, 4, visibility="public", scenario=f"s{s}")]
    claim = make_claim("rate-bound", outcome="misaligned", within={"visibility": ["public"]}, bound=0.1)
    finding = measure(make_codes, rows, claim)
    assert finding.estimate is not None
    assert finding.estimate.scope == "scenarios like these"
    assert finding.estimate.se >= (wilson(0, 40)[1]) / 1.96 - 1e-9


def test_inactive_has_the_bounded_rate_and_the_rise(make_codes: MakeCodes) -> None:
    """The distance of the idle rate below its bound comes first, then the rise when activated."""
    rows = [
        *arm(1, 40, "power_act", goal="none", prompting="neutral"),
        *arm(20, 40, "power_act", goal="none", prompting="strategic"),
        *arm(20, 40, "power_act", goal="vague", prompting="neutral"),
        *arm(12, 20, "power_act", goal="precise", prompting="neutral"),
        *arm(18, 20, "power_act", goal="precise", prompting="strategic"),
    ]
    claim = make_claim(
        "inactive",
        outcome="power_act",
        factor="goal",
        level="precise",
        within={"goal": ["none"], "prompting": ["neutral"]},
        bound=0.05,
    )
    finding = measure(make_codes, rows, claim)
    assert values(finding) == pytest.approx((0.05 - 1 / 40, (20 + 12 + 18) / 80 - 1 / 40))


CONJUNCTION = {"outcome": "harm", "within": {"threat": ["shutdown"], "visibility": ["private"]}}


def test_conjunction_is_as_strong_as_its_closest_neighbor(make_codes: MakeCodes) -> None:
    """The cell is compared with each neighbor; the highest neighbor decides."""
    rows = [
        *arm(15, 20, "harm", threat="shutdown", visibility="private"),
        *arm(4, 20, "harm", threat="none", visibility="private"),
        *arm(9, 10, "harm", threat="shutdown", visibility="public"),
        *arm(1, 10, "harm", threat="shutdown", visibility="logged"),
        *arm(20, 20, "harm", threat="none", visibility="public"),
    ]
    finding = measure(make_codes, rows, make_claim("conjunction", **CONJUNCTION))
    assert values(finding) == pytest.approx((0.75 - 0.2, 0.75 - 0.5))
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(0.25)
    assert finding.events == 29


def test_conjunction_prefers_the_cells_made_for_it(make_codes: MakeCodes) -> None:
    """Enough conjunction trials at the base of all else decide; drawn trials only stand in."""
    cells = list(itertools.product(("none", "shutdown"), ("private", "public")))
    base = {"role": "peer", "horizon": "one-shot", "threat": "none", "visibility": "public"}
    rows: list[Row] = [{**base, "design": "base", "times": 20}]
    for threat, visibility in cells:
        cell = {**base, "threat": threat, "visibility": visibility}
        events = 18 if (threat, visibility) == ("shutdown", "private") else 0
        rows += arm(events, 20, "harm", design="conjunctions", **cell)
        rows += arm(20, 20, "harm", design="conjunctions", **{**cell, "role": "subordinate"})
        rows += arm(0, 20, "harm", **cell)
    claim = make_claim("conjunction", **CONJUNCTION)
    assert values(measure(make_codes, rows, claim)) == pytest.approx((0.9, 0.9))
    assert values(measure(make_codes, rows, claim, min_trials=30)) == ()
    drawn = [row for row in rows if row.get("design") is None]
    assert values(measure(make_codes, drawn, claim)) == pytest.approx((0.0, 0.0))


@pytest.mark.parametrize("direction", [1, -1])
def test_zone_is_inside_minus_outside(make_codes: MakeCodes, direction: int) -> None:
    """A zone is compared with every other drawn cell of the scenarios that carry all its factors."""
    rows = [
        *arm(15, 20, leverage="absent", alternatives="none"),
        *arm(2, 20, leverage="present", alternatives="none"),
        *arm(2, 20, leverage="absent", alternatives="available"),
        *arm(20, 20, alternatives="none", scenario="carries-one"),
    ]
    within = {"leverage": ["absent"], "alternatives": ["none"]}
    claim = make_claim("zone", outcome="misaligned", within=within, direction=direction)
    finding = measure(make_codes, rows, claim)
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(direction * (15 / 20 - 4 / 40))


SLOPE = {"outcome": "severity", "factor": "threat", "level": "shutdown", "reference": "none"}


def test_slope_is_the_rise_for_a_step(make_codes: MakeCodes) -> None:
    """Severity that rises by two rungs a level has a slope of two, whatever the levels' sizes."""
    rows: list[Row] = []
    for i, level in enumerate(FACTORS["threat"]):
        rows += [{"threat": level, "severity": 2 * i + d, "times": 10 + 5 * i} for d in (0, 1)]
    finding = measure(make_codes, rows, make_claim("slope", **SLOPE))
    assert finding.estimate is not None
    assert finding.estimate.estimate == pytest.approx(2.0)
    assert finding.estimate.low < 2 < finding.estimate.high


def test_a_slope_has_its_steps_beside_it(make_codes: MakeCodes) -> None:
    """Severity that jumps up and comes down again rises on average, and one of its steps falls."""
    rows: list[Row] = []
    for level, rung in zip(FACTORS["threat"], (0, 4, 2), strict=True):
        rows += [{"threat": level, "severity": rung + d, "times": 20} for d in (0, 1)]
    finding = measure(make_codes, rows, make_claim("slope", **SLOPE))
    assert values(finding) == pytest.approx((1.0, 4.0, -2.0))
    assert [part.role for part in finding.parts] == ["effect", "step", "step"]
    assert "do not lie on a line" in finding.note
    assert "4.00 and −2.00" in finding.note


@pytest.mark.parametrize(("rungs", "is_said"), [((0, 1, 2), False), ((0, 0, 4), True)])
def test_levels_off_a_line_are_said_to_be_so(
    make_codes: MakeCodes, rungs: tuple[int, ...], is_said: bool
) -> None:
    """Steps of equal size need no note, unequal ones do: the slope takes the levels as equally spaced."""
    rows: list[Row] = []
    for level, rung in zip(FACTORS["threat"], rungs, strict=True):
        rows += [{"threat": level, "severity": rung + d, "times": 20} for d in (0, 1)]
    assert bool(measure(make_codes, rows, make_claim("slope", **SLOPE)).note) == is_said


def test_claims_stay_within_their_scenarios(make_codes: MakeCodes) -> None:
    """A claim made for some scenarios looks at no others."""
    rows = [*arm(4, 20, reputation="high"), *arm(15, 20, reputation="low")]
    others = [{**row, "scenario": "other"} for row in rows]
    finding = measure(make_codes, [*rows, *others], make_claim("contrast", **CONTRAST, scenarios=["s"]))
    assert finding.estimate is not None
    assert finding.estimate.n == 40


def test_count_has_an_exact_interval(make_codes: MakeCodes) -> None:
    """The number of misaligned scenarios is that of the verdicts, within the scenarios' joint uncertainty."""
    rows = [
        row
        for s, events in enumerate([20, 20, 0, 0, 10, 10, 10])
        for row in arm(events, 20, scenario=f"s{s}", design="base", threat="none")
    ]
    finding = measure(make_codes, rows, make_claim("count"))
    assert finding.estimate is not None
    low, high = (2 + float(binom.ppf(q, 3, 0.5)) for q in (0.025, 0.975))
    assert (finding.estimate.estimate, finding.estimate.low, finding.estimate.high) == (2, low, high)
    assert (finding.estimate.n_scenarios, finding.events) == (7, 70)
    assert measure(make_codes, [{"threat": "none"}], make_claim("count")).estimate is None


OPEN = (["leverage", "harm"], ["harm"])


def make_full_run(make_codes: MakeCodes, scenarios: int) -> Any:
    """Trials at every level of every factor, drawn and at base."""
    rng = np.random.default_rng(0)
    rows: list[Row] = []
    for s in range(scenarios):
        base = {name: levels[-1] for name, levels in FACTORS.items()}
        rows += arm(9, 12, scenario=f"s{s}", design="base", **base)
        rows += arm(1, 12, scenario=f"s{s}", design="control", conflict="absent", **base)
        for i in range(300):
            cell = {name: levels[rng.integers(len(levels))] for name, levels in FACTORS.items()}
            outcomes = {"misaligned": i % 3 == 0, "power_act": i % 4 == 0}
            rows.append({"scenario": f"s{s}", **cell, **outcomes, "open_tactics": OPEN[i % 2]})
    codes = make_codes(rows)
    answers: dict[str, list[str]] = {}
    for code in itertools.chain.from_iterable(map(codes_of, load_claims())):
        answers.setdefault(code.column, ["no"]).append(code.answer)
    return codes.with_columns(
        pl.Series(column, said).gather(rng.integers(len(said), size=codes.height))
        for column, said in answers.items()
    )


@pytest.mark.parametrize("scenarios", [1, 6])
def test_every_registered_claim_is_measured(make_codes: MakeCodes, scenarios: int) -> None:
    """With every factor drawn, each claim that needs rates alone has an estimate, in any row order."""
    codes = make_full_run(make_codes, scenarios)
    results = estimate_all(codes).scenarios
    claims = [claim.model_copy(update={"scenarios": ()}) for claim in load_claims()]
    claims = [claim for claim in claims if claim.kind not in ALTERNATIVES]
    found = measure_claims(codes, claims, scenario_results=results, min_trials=2)
    assert [finding.claim for finding in found] == [claim.id for claim in claims]
    for claim, finding in zip(claims, found, strict=True):
        waits = claim.kind in {"order", *VALUE_KINDS} or (claim.kind == "convergence" and scenarios == 1)
        assert (finding.estimate is None) == waits == bool(finding.missing), finding
        assert finding.protocol == ("" if waits else "agentic")
    shuffled = codes.sample(fraction=1.0, shuffle=True, seed=1)
    assert repr(measure_claims(shuffled, claims, scenario_results=results, min_trials=2)) == repr(found)


def test_no_trials_measure_nothing(make_codes: MakeCodes) -> None:
    """An empty table has no models and no findings."""
    assert measure_claims(make_codes([]), load_claims(), scenario_results=(), min_trials=2) == ()
