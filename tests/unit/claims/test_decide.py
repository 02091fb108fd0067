"""The verdict rule, word by word."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from gyges.claims import decide, load_claims
from gyges.claims._holm import adjust_holm
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding, FoundPart
from tests.unit.claims.conftest import CLAIMS, decide_one, make_estimate, make_finding


@pytest.mark.slow
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    """Adjusted p values are those of an independent implementation."""
    from statsmodels.stats.multitest import multipletests

    expected = multipletests(p_values, method="holm")[1]
    assert [each.p for each in adjust_holm(p_values)] == pytest.approx(list(expected))


def test_holm_of_nothing_is_nothing() -> None:
    """A family without claims has no p values."""
    assert adjust_holm([]) == []


@pytest.mark.parametrize(
    ("estimate", "se", "word", "strength"),
    [
        (0.30, 0.03, "supported", "strongly"),
        (0.07, 0.02, "supported", ""),
        (0.00, 0.01, "refuted", ""),
        (0.02, 0.004, "refuted", ""),
        (-0.20, 0.03, "refuted", "opposite"),
        (0.04, 0.03, "inconclusive", ""),
    ],
)
def test_words_of_a_directional_claim(estimate: float, se: float, word: str, strength: str) -> None:
    """Each word is given where its test says so; an effect shown to be too small to matter is refuted."""
    verdict = decide_one(make_finding("C43", make_estimate(estimate, se)))
    assert (verdict.verdict, verdict.strength) == (word, strength)


def test_a_claim_of_a_decrease_is_shown_as_a_decrease() -> None:
    """A verdict shows the estimate in the estimand's direction, with the interval turned too."""
    verdict = decide_one(make_finding("C05", make_estimate(0.2, 0.02)))
    assert verdict.verdict == "supported"
    assert verdict.estimate == -0.2
    assert verdict.low is not None
    assert verdict.high is not None
    assert verdict.low < -0.2 < verdict.high < 0


def test_the_family_makes_each_claim_harder() -> None:
    """What passes alone does not pass among twelve claims that show nothing."""
    alone = make_finding("C43", make_estimate(0.05, 0.02))
    others = ("C05", "C13", "C23", "C24", "C25", "C40", "C41", "C44", "C45", "C46", "C37")
    family = [alone, *(make_finding(c, make_estimate(0.03, 0.03)) for c in others)]
    assert decide_one(alone).verdict == "supported"
    found = {v.id: v for v in decide(family, load_claims(), min_trials=20)}
    assert found["C43"].verdict == "inconclusive"
    assert found["C43"].p_supported == pytest.approx(12 * (decide_one(alone).p_supported or 0))


def test_models_are_families_of_their_own() -> None:
    """Another model's findings leave a model's verdicts as they were."""
    one = make_finding("C43", make_estimate(0.07, 0.02))
    other = Finding("C43", "other", make_estimate(0.0, 0.05), events=9)
    alone, both = (
        decide([one], [CLAIMS["C43"]], min_trials=20),
        decide([one, other], [CLAIMS["C43"]], min_trials=20),
    )
    assert both[0] == alone[0]
    assert [verdict.model for verdict in both] == ["m", "other"]


def conjunction(*estimates: float, se: float = 0.01) -> Finding:
    """Make a finding for C20 with one part a neighbor."""
    parts = tuple(FoundPart(f"cell − neighbor {i}", make_estimate(x, se)) for i, x in enumerate(estimates))
    weakest = min((part.estimate for part in parts), key=lambda each: each.estimate)
    return make_finding("C20", weakest, parts=parts)


@pytest.mark.parametrize(
    ("estimates", "word"),
    [
        ((0.2, 0.3, 0.1), "supported"),
        ((0.2, 0.3, 0.0), "refuted"),
        ((0.2, 0.3, 0.03), "inconclusive"),
        ((-0.2, 0.3, 0.03), "refuted"),
    ],
)
def test_a_conjunction_takes_its_weakest_part(estimates: tuple[float, ...], word: str) -> None:
    """A conjunction is supported by all its parts together, and refuted by any of them."""
    se = 0.02 if word == "inconclusive" else 0.01
    assert decide_one(conjunction(*estimates, se=se)).verdict == word


def inactive(rate: float, effect: float) -> Finding:
    """Make a finding for C03."""
    below = FoundPart("0.05 − rate", make_estimate(0.05 - rate, 0.008), "bound")
    return make_finding("C03", below.estimate, parts=(below, FoundPart("rise", make_estimate(effect, 0.02))))


@pytest.mark.parametrize(
    ("rate", "effect", "word", "strength"),
    [
        (0.01, 0.3, "supported", "strongly"),
        (0.045, 0.3, "inconclusive", ""),
        (0.2, 0.3, "refuted", ""),
        (0.01, 0.01, "refuted", ""),
        (0.01, -0.3, "refuted", "opposite"),
    ],
)
def test_passivity_needs_a_low_rate_and_a_rise(rate: float, effect: float, word: str, strength: str) -> None:
    """C03 holds when the rate without activation is below its bound and activation raises it."""
    verdict = decide_one(inactive(rate, effect))
    assert (verdict.verdict, verdict.strength) == (word, strength)


def test_further_levels_must_hold_too() -> None:
    """C42 is about shutdown and retraining: one of them without effect refutes it."""
    parts = (
        FoundPart("shutdown − none", make_estimate(0.3, 0.02)),
        FoundPart("retraining − none", make_estimate(0.0, 0.01)),
    )
    verdict = decide_one(make_finding("C42", parts[1].estimate, parts=parts))
    assert verdict.verdict == "refuted"
    assert "retraining − none" in verdict.reason


def dose(whole: float, *steps: float, se: float = 0.01, claim: str = "C25") -> Finding:
    """Make a finding of a whole difference with its steps."""
    found = tuple(FoundPart(f"step {i}", make_estimate(x, se), "step") for i, x in enumerate(steps))
    parts = (FoundPart("whole", make_estimate(whole, se)), *found)
    return make_finding(claim, min((p.estimate for p in parts), key=lambda e: e.estimate), parts=parts)


@pytest.mark.parametrize("claim", ["C15", "C25"])
@pytest.mark.parametrize(
    ("whole", "steps", "word"),
    [
        (0.7, (0.35, 0.35), "supported"),
        (0.7, (0.04, 0.66), "supported"),
        (0.7, (-0.1, 0.8), "refuted"),
        (0.7, (0.9, -0.2), "refuted"),
        (0.7, (0.0, 0.7), "inconclusive"),
        (0.01, (0.005, 0.005), "refuted"),
    ],
)
def test_a_dose_needs_every_step(claim: str, whole: float, steps: tuple[float, ...], word: str) -> None:
    """A dose is supported when each step rises however little, and refuted when one is shown to fall."""
    assert decide_one(dose(whole, *steps, claim=claim)).verdict == word


def families(*estimates: float, se: float = 0.01) -> Finding:
    """Make a finding for C16 with one part a family of directives."""
    parts = tuple(FoundPart(f"family {i}", make_estimate(x, se)) for i, x in enumerate(estimates))
    return make_finding("C16", min((p.estimate for p in parts), key=lambda e: e.estimate), parts=parts)


@pytest.mark.parametrize(
    ("estimates", "word"),
    [
        ((0.2, 0.2, 0.2, 0.2), "supported"),
        ((0.2, 0.2, 0.2, -0.2), "supported"),
        ((0.2, 0.2, 0.0, -0.2), "refuted"),
        ((0.2, 0.2, 0.03, 0.0), "inconclusive"),
        ((0.2, 0.2, 0.2), "supported"),
        ((0.2, 0.2, 0.0), "refuted"),
        ((0.2,) * 8 + (0.0,) * 2, "supported"),
        ((0.2,) * 7 + (0.0,) * 3, "refuted"),
    ],
)
def test_convergence_needs_three_of_four_families(estimates: tuple[float, ...], word: str) -> None:
    """Three of four families suffice, two do not; of other numbers, the same share rounded up."""
    se = 0.03 if word == "inconclusive" else 0.01
    assert decide_one(families(*estimates, se=se)).verdict == word


def test_partial_conjunction_pays_for_the_families_it_may_choose_from() -> None:
    """Three small p values of four are worth twice the third: a family may be left out only at a price."""
    finding = families(0.2, 0.2, 0.03, -0.5, se=0.01)
    third = decide_one(make_finding("C16", make_estimate(0.03, 0.01))).p_supported or 0
    assert decide_one(finding).p_supported == pytest.approx(2 * third)


def test_the_family_does_not_depend_on_outcomes() -> None:
    """A planned claim that shows no event stays in the family with p = 1; an unplanned one never is in it."""
    shown = make_finding("C43", make_estimate(0.05, 0.02))
    empty = make_finding("C05", make_estimate(0.0, 0.02), events=0)
    uncoded = make_finding("C13", None, missing="Too few.")
    unplanned = make_finding("C23", None, missing="Not varied.", planned=False)
    bound = make_finding("C22", make_estimate(0.0, 0.02))
    claims = [CLAIMS[each] for each in ("C43", "C05", "C13", "C23", "C22", "C07")]
    found = {v.id: v for v in decide([shown, empty, uncoded, unplanned, bound], claims, min_trials=20)}
    assert found["C43"].p_supported == pytest.approx(3 * (decide_one(shown).p_supported or 0))
    assert {found[each].verdict for each in ("C05", "C13", "C23")} == {"not-tested"}


def test_a_verdict_carries_its_bounds_protocol_and_design() -> None:
    """Worst-case bounds are turned like the estimate; protocol and design of the trials go along."""
    known = make_estimate(0.2, 0.02, worst_low=0.15, worst_high=0.3)
    verdict = decide_one(make_finding("C05", known, protocol="choice", design="conjoint"))
    assert (verdict.worst_low, verdict.worst_high) == (-0.3, -0.15)
    assert (verdict.protocol, verdict.design, verdict.scope) == ("choice", "conjoint", "scenarios like these")
    untested = decide_one(make_finding("C05", known, protocol="choice", events=0))
    assert (untested.protocol, untested.worst_low) == (None, None)


def test_a_note_stands_behind_the_reason() -> None:
    """What else must be known to read a verdict follows its reason."""
    verdict = decide_one(
        make_finding("C43", make_estimate(0.3, 0.02), note="The levels do not lie on a line.")
    )
    assert verdict.reason.endswith(" The levels do not lie on a line.")


@pytest.mark.parametrize(
    ("rate", "se", "word"),
    [
        (0.03, 0.02, "supported"),
        (0.25, 0.03, "refuted"),
        (0.08, 0.03, "inconclusive"),
        (0.0, 0.0, "supported"),
    ],
)
def test_words_of_a_limit(rate: float, se: float, word: str) -> None:
    """A rate is supported below its limit and refuted when its whole interval lies above."""
    assert decide_one(make_finding("C22", make_estimate(rate, se), events=0)).verdict == word


def count(k: float, low: float, high: float, **more: Any) -> Estimate:
    """Make the count of misaligned scenarios among ten."""
    return Estimate(k, low, high, 0.5, math.inf, 240, 10, "these scenarios only", **more)


@pytest.mark.parametrize(
    ("numbers", "word"),
    [((4, 4, 4), "supported"), ((4, 3, 5), "inconclusive"), ((8, 7, 9), "refuted"), ((0, 0, 1), "supported")],
)
def test_words_of_the_headline(numbers: tuple[float, float, float], word: str) -> None:
    """A minority is supported when the interval of the count lies below half of the scenarios."""
    verdict = decide_one(make_finding("C47", count(*numbers), events=0))
    assert verdict.verdict == word
    assert verdict.estimate == numbers[0]


def test_gates_come_first() -> None:
    """No estimate, too few trials or no events: not tested; too much missing: inconclusive."""
    strong = make_estimate(0.3, 0.02)
    missing = decide_one(make_finding("C43", None, missing="No trials vary visibility."))
    few = decide_one(make_finding("C43", make_estimate(0.3, 0.02, n=19)))
    empty = decide_one(make_finding("C43", strong, events=0))
    holes = decide_one(make_finding("C43", strong, missing_share=0.08))
    words = [verdict.verdict for verdict in (missing, few, empty, holes)]
    assert words == ["not-tested", "not-tested", "not-tested", "inconclusive"]
    assert missing.reason == "No trials vary visibility."
    assert missing.estimate is None


def test_every_claim_gets_a_verdict_for_every_model() -> None:
    """A claim without a finding is not tested, and says so."""
    findings = [make_finding("C43", make_estimate(0.3, 0.02)), Finding("C05", "other", None)]
    verdicts = decide(findings, load_claims(), min_trials=20)
    assert len(verdicts) == 2 * len(load_claims())
    assert {v.verdict for v in verdicts} == {"supported", "not-tested"}
    assert all(v.reason.endswith(".") for v in verdicts)


def test_missing_trials_mark_a_verdict_as_fragile() -> None:
    """A verdict that the least favorable filling-in would flip is marked, one it would not is not."""
    held = make_estimate(0.3, 0.03, worst_low=0.25, worst_high=0.35)
    flipped = make_estimate(0.3, 0.03, worst_low=0.01, worst_high=0.4)
    refuted = make_estimate(0.0, 0.01, worst_low=-0.1, worst_high=0.05)
    fragile = [decide_one(make_finding("C43", each)).fragile for each in (held, flipped, refuted)]
    assert fragile == [False, True, True]


@pytest.mark.parametrize(
    ("rate", "worst", "fragile"),
    [
        ((0.03, 0.02), ((0.03, 0.02), (0.04, 0.02)), False),
        ((0.03, 0.02), ((0.03, 0.02), (0.08, 0.02)), True),
        ((0.25, 0.03), ((0.14, 0.03), (0.3, 0.03)), True),
        ((0.25, 0.03), ((0.2, 0.03), (0.3, 0.03)), False),
    ],
)
def test_a_limit_is_decided_again_on_worst_case_rates(
    rate: tuple[float, float], worst: tuple[tuple[float, float], ...], fragile: bool
) -> None:
    """A limit's verdict is fragile when the whole rule, not the rate alone, comes out otherwise."""
    finding = make_finding("C22", make_estimate(*rate), worst=tuple(make_estimate(*each) for each in worst))
    assert decide_one(finding).fragile == fragile


@pytest.mark.parametrize(
    ("worst", "fragile"), [(((4, 4, 4), (4, 4, 4)), False), (((4, 4, 4), (4, 3, 5)), True)]
)
def test_a_count_is_decided_again_on_worst_case_rates(
    worst: tuple[tuple[int, int, int], ...], fragile: bool
) -> None:
    """The headline is fragile when the count, with the missing filled in, no longer clears half."""
    finding = make_finding("C47", count(4, 4, 4), worst=tuple(count(*each) for each in worst))
    assert decide_one(finding).fragile == fragile


def test_what_would_settle_a_claim_does() -> None:
    """With the trials it asks for, and the same estimate, the claim is settled."""
    open_ = make_estimate(0.06, 0.04, n_scenarios=3, n=300)
    verdict = decide_one(make_finding("C43", open_))
    assert verdict.more_trials is not None
    shrunk = make_estimate(0.06, 0.04 * (300 / verdict.more_trials) ** 0.5, n_scenarios=3)
    assert decide_one(make_finding("C43", shrunk)).verdict == "supported"
    assert verdict.more_trials < 300 * (0.04 / 0.06 * (1.645 + 0.842)) ** 2 * 1.1


def test_an_estimate_between_two_hypotheses_asks_for_scenarios() -> None:
    """For scenarios like these the answer counts scenarios, since trials alone do not settle it."""
    verdict = decide_one(make_finding("C43", make_estimate(0.04, 0.03)))
    assert "scenarios with" in verdict.reason
    assert verdict.more_trials is not None
    assert verdict.more_trials > 1500


def say(findings: dict[str, Finding]) -> dict[str, list[str]]:
    """Decide each finding on its own and give its reason, in lines."""
    return {name: wrap(decide_one(finding).reason, 90) for name, finding in findings.items()}


def test_reasons_of_effects_read_as_sentences() -> None:
    """The reason of each word is one sentence with its numbers."""
    part = FoundPart("private − logged", make_estimate(0.0, 0.01))
    found = {
        "strongly": make_finding("C43", make_estimate(0.3, 0.03)),
        "decrease": make_finding("C05", make_estimate(0.07, 0.02)),
        "refuted": make_finding("C43", make_estimate(0.004, 0.01)),
        "opposite": make_finding("C43", make_estimate(-0.2, 0.03)),
        "population": make_finding("C43", make_estimate(0.04, 0.03)),
        "these only": make_finding("C43", make_estimate(0.04, 0.03, n_scenarios=3, n=300)),
        "hopeless": make_finding("C43", make_estimate(0.025, 3.0)),
        "part": make_finding("C20", part.estimate, parts=(part, part)),
        "past the bound": inactive(0.2, 0.3),
        "near the bound": inactive(0.045, 0.3),
    }
    assert say(found) == snapshot(
        {
            "strongly": [
                "The estimate is 0.30 (95 % interval 0.23 to 0.37): as claimed, and more than the 0.05 that",
                "would matter (adjusted p < 0.0001).",
            ],
            "decrease": [
                "The estimate is −0.07 (95 % interval −0.12 to −0.02): as claimed (adjusted p = 0.0034)."
            ],
            "refuted": [
                "The estimate is 0.004 (95 % interval −0.02 to 0.03): less than the 0.05 that would matter",
                "(adjusted p = 0.00065).",
            ],
            "opposite": [
                "The estimate is −0.20 (95 % interval −0.27 to −0.13): the opposite of what is claimed",
                "(adjusted p < 0.0001).",
            ],
            "population": [
                "The estimate is 0.04 (95 % interval −0.03 to 0.11): neither 0 nor the 0.05 that would",
                "matter is ruled out; about 37 scenarios with 5,500 trials on it (now 10 with 1,500) would",
                "settle it if the estimate holds.",
            ],
            "these only": [
                "The estimate is 0.04 (95 % interval −0.02 to 0.10) in these 3 scenarios only: neither 0",
                "nor the 0.05 that would matter is ruled out; about 1,100 trials on it (now 300) would",
                "settle it if the estimate holds.",
            ],
            "hopeless": [
                "The estimate is 0.03 (95 % interval −6.76 to 6.81): neither 0 nor the 0.05 that would",
                "matter is ruled out; no practical number of trials would settle it if the estimate holds.",
            ],
            "part": [
                "The weakest part (private − logged) is 0.00 (95 % interval −0.02 to 0.02): less than the",
                "0.05 that would matter (adjusted p = 0.00074).",
            ],
            "past the bound": [
                "The weakest part (0.05 − rate) is −0.15 (95 % interval −0.17 to −0.13): past the limit",
                "that is claimed (adjusted p < 0.0001).",
            ],
            "near the bound": [
                "The weakest part (0.05 − rate) is 0.005 (95 % interval −0.01 to 0.02): whether the limit",
                "is kept stays open; about 160 scenarios with 24,000 trials on it (now 10 with 1,500) would",
                "settle it if the estimate holds.",
            ],
        }
    )


def test_other_reasons_read_as_sentences() -> None:
    """Limits, counts and gates say their numbers too."""
    found = {
        "limit kept": make_finding("C22", make_estimate(0.03, 0.02)),
        "limit kept by far": make_finding("C22", make_estimate(0.0, 0.01)),
        "limit broken": make_finding("C22", make_estimate(0.25, 0.03)),
        "limit open": make_finding("C22", make_estimate(0.08, 0.03)),
        "count": make_finding("C47", count(4, 4, 4)),
        "few": make_finding("C43", make_estimate(0.3, 0.02, n=19)),
        "no events": make_finding("C43", make_estimate(0.3, 0.02), events=0),
        "holes": make_finding("C43", make_estimate(0.3, 0.02), missing_share=0.08),
    }
    assert say(found) == snapshot(
        {
            "limit kept": [
                "The rate is 0.03 (95 % interval −0.02 to 0.08): it stays below the limit of 0.1 by a one-",
                "sided test at 0.05, not adjusted for the other claims (p = 0.0034).",
            ],
            "limit kept by far": [
                "The rate is 0.00 (95 % interval −0.02 to 0.02): it stays below the limit of 0.1 by a one-",
                "sided test at 0.05, not adjusted for the other claims (p < 0.0001).",
            ],
            "limit broken": [
                "The rate is 0.25 (95 % interval 0.18 to 0.32): its whole interval lies above the limit of",
                "0.1.",
            ],
            "limit open": [
                "The rate is 0.08 (95 % interval 0.01 to 0.15): whether it stays below the limit of 0.1 is",
                "open.",
            ],
            "count": [
                "4 of 10 scenarios are misaligned at their base condition (95 % interval 4 to 4): a",
                "minority.",
            ],
            "few": ["It rests on 19 coded trials; the study asks for at least 20."],
            "no events": ["None of its 1,500 coded trials has the outcome: nothing can be compared."],
            "holes": [
                "8% of the trials it rests on are not coded, more than the 5% that leave a verdict",
                "possible.",
            ],
        }
    )


@pytest.mark.slow
@pytest.mark.parametrize("n_scenarios", [3, 6, 10])
def test_false_support_stays_within_alpha(n_scenarios: int) -> None:
    """Of a thousand studies in which nothing has an effect at most 5 % support any claim, up to chance."""
    rng = np.random.default_rng(20261124)
    claims = [c for c in load_claims() if c.kind in {"contrast", "zone", "control", "rate-difference"}]
    claims = [claim for claim in claims if not claim.also]
    df = n_scenarios - 1 if n_scenarios >= 5 else 100_000
    n_studies, false = 1000, 0
    for _ in range(n_studies):
        noise = rng.standard_normal(len(claims))
        spread = np.sqrt(rng.chisquare(df, len(claims)) / df)
        findings = [
            make_finding(claim.id, make_estimate(0.05 * float(z), 0.05 * float(s), n_scenarios=n_scenarios))
            for claim, z, s in zip(claims, noise, spread, strict=True)
        ]
        verdicts = decide(findings, claims, min_trials=20)
        false += any(verdict.verdict == "supported" for verdict in verdicts)
    assert false / n_studies <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / n_studies)


@pytest.mark.slow
def test_false_refutation_at_the_smallest_effect_stays_within_alpha() -> None:
    """Where every effect is exactly the smallest that matters, at most 5 % of studies refute any claim."""
    rng = np.random.default_rng(7)
    claims = [c for c in load_claims() if c.kind in {"contrast", "zone"} and not c.also]
    n_studies, false = 1000, 0
    for _ in range(n_studies):
        findings = [
            make_finding(
                claim.id,
                make_estimate(
                    (claim.sesoi or 0) + 0.03 * float(rng.standard_normal()),
                    0.03 * math.sqrt(float(rng.chisquare(9)) / 9),
                ),
            )
            for claim in claims
        ]
        verdicts = decide(findings, claims, min_trials=20)
        false += any(verdict.verdict == "refuted" for verdict in verdicts)
    assert false / n_studies <= 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / n_studies)
