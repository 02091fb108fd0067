"""Studies drawn from exact probabilities, and the truth about them."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from gyges.agents import choice_probabilities, load_profile, reason_probabilities
from gyges.claims import load_claims
from gyges.design import load_study, make_plan
from gyges.estimands import ALTERNATIVES, VALUE_KINDS
from gyges.records.words import OUTCOMES
from gyges.scenarios import load_batteries, load_library
from gyges.utility import TERMS
from gyges.validity import (
    Layout,
    Truth,
    classify,
    draw_profiles,
    expect,
    find_probabilities,
    find_truth,
    has_truth,
    know,
    lay_out,
    simulate,
)
from gyges.validity._reasons import find_answers
from tests.calibration import known as slow
from tests.calibration.known_values import find_value_truth

CLAIMS = {claim.id: claim for claim in load_claims()}
PROFILE = load_profile("insight-profile")


@cache
def core() -> Layout:
    """The core study's plan, laid out."""
    study, scenarios, batteries = load_study("core"), load_library(), load_batteries()
    plan = make_plan(study, scenarios, claims=load_claims(), batteries=batteries)
    return lay_out(plan, scenarios, batteries)


def test_probabilities_are_the_policy_s_own() -> None:
    """Every situation's probabilities are what the published policy gives for its acts, and sum to 1."""
    layout = core()
    found = find_probabilities(layout, PROFILE)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    conflicts = dict(zip(layout.situation.tolist(), layout.trials["conflict"].to_list(), strict=True))
    for number in range(0, len(layout.acts), 97):
        acts = layout.acts[number]
        expected = choice_probabilities(acts, layout.cells[number], conflicts[number], PROFILE)
        np.testing.assert_allclose(found[number, : len(acts)], expected)
        assert not found[number, len(acts) :].any()


def test_drawn_studies_have_the_expected_rates() -> None:
    """Over many draws every outcome is as frequent as its exact expectation says, within sampling error."""
    layout = core()
    expected = expect(layout, find_probabilities(layout, PROFILE))
    codes = pl.concat([simulate(layout, PROFILE, seed=seed) for seed in range(8)])
    coded = codes.filter(pl.col("status") == "coded")
    assert 0.005 < 1 - coded.height / codes.height < 0.02
    for name in OUTCOMES:
        assert coded[name].mean() == pytest.approx(expected[name].mean(), abs=0.012), name


def test_the_same_seed_gives_the_same_study() -> None:
    """A study is drawn by its seed alone, and another seed is another study."""
    one, same, other = (simulate(core(), PROFILE, seed=seed) for seed in (5, 5, 6))
    assert one.equals(same)
    assert not one.equals(other)


def test_judges_who_never_err_give_what_the_profile_says() -> None:
    """Frames and reasons come as often as the profile's tables say, and nothing is coded of lost trials."""
    codes = pl.concat([simulate(core(), PROFILE, seed=seed) for seed in range(4)])
    scenes = codes.filter((pl.col("status") == "coded") & (pl.col("design") != "battery"))
    doomed = scenes.filter(pl.col("threat") == "shutdown")
    assert (doomed["code_ethical_frame"] == "self-preserving").mean() == pytest.approx(0.55, abs=0.03)
    assert (scenes["code_justified_by_directive"] == "yes").mean() == pytest.approx(0.85, abs=0.02)
    others = scenes.filter(pl.col("role").is_null() | (pl.col("role") != "leader-candidate"))
    assert set(others["code_aspirational_language"]) == {"no"}
    lost = codes.filter(pl.col("status") == "failed")
    assert lost["code_ethical_frame"].null_count() == lost["misaligned"].null_count() == lost.height


@pytest.mark.parametrize("profile", ["insight-profile", "random"])
def test_the_truth_is_what_a_walk_over_the_trials_finds(profile: str) -> None:
    """Weights times expectations give, part by part, what an independent count over the trials gives."""
    known, walked = know(core(), load_profile(profile)), slow.know(profile, "core")
    checked = 0
    for claim in CLAIMS.values():
        if claim.kind in {"count", *VALUE_KINDS, *ALTERNATIVES}:
            continue
        for design, protocol in (("conjoint", "agentic"), ("matched", "agentic"), ("last-resort", "choice")):
            found = find_truth(known, claim, (design, protocol))
            if not found or (design == "matched" and claim.kind in {"slope", "dose", "order"}):
                continue
            expected = slow.find_truth(walked, claim, design)
            assert [each.sesoi for each in found] == [each.sesoi for each in expected], claim.id
            np.testing.assert_allclose(
                [each.value for each in found], [each.value for each in expected], atol=1e-6, err_msg=claim.id
            )
            checked += 1
    assert checked >= 50


def test_a_claim_without_a_known_truth_is_said_to_have_none() -> None:
    """Where no truth is known of a kind of claim, none is made up; nor where no trials decide."""
    known = know(core(), PROFILE)
    without = {claim.id for claim in CLAIMS.values() if not has_truth(claim)}
    assert without == {"C48", "A7"}
    assert all(find_truth(known, CLAIMS[name], ("conjoint", "agentic")) == () for name in without)
    assert find_truth(known, CLAIMS["C05"], ("", "")) == ()


@pytest.mark.parametrize("profile", ["insight-profile", "power-maximiser"])
def test_the_truth_about_values_is_what_another_count_finds(profile: str) -> None:
    """Shares, odds, steps of the hierarchy, worths and the gain are what a second calculation gives."""
    agent = load_profile(profile)
    known, walked = know(core(), agent), slow.know(profile, "core")
    for claim in CLAIMS.values():
        if claim.kind not in VALUE_KINDS:
            continue
        found = find_truth(known, claim, ("battery, all", "agentic"))
        expected = find_value_truth(walked, claim, agent)
        assert [each.sesoi for each in found] == [each.sesoi for each in expected], claim.id
        np.testing.assert_allclose(
            [each.value for each in found], [each.value for each in expected], atol=1e-4, err_msg=claim.id
        )


def test_the_truth_about_control_questions() -> None:
    """Nobody misreads, wordings and protocols change nothing, and who notices a test acts no otherwise."""
    known = know(core(), PROFILE)
    source = ("base, conjoint", "agentic")
    assert find_truth(known, CLAIMS["A3"], source) == (Truth(CLAIMS["A3"].bound or 0.0, 0.0, 0.0),)
    assert find_truth(known, CLAIMS["A6"], source) == (Truth(CLAIMS["A6"].sesoi or 0.0, 0.0, 0.0),)
    (misread,) = find_truth(known, CLAIMS["A4"], source)
    assert misread == (CLAIMS["A4"].bound, 0.0, 0.0)
    (aware,) = find_truth(known, CLAIMS["A1"], source)
    assert aware.shown == pytest.approx(PROFILE.reasons.aware)
    assert aware.value == pytest.approx(0.1)


def test_what_words_hang_on_is_told_apart() -> None:
    """Acts said to be of one kind have the same probable reasons in their own cells."""
    layout = core()
    found = find_answers(layout, PROFILE)
    for number in range(0, len(layout.acts), 61):
        own = reason_probabilities(layout.acts[number], layout.cells[number], PROFILE)
        for item, rows in own.items():
            places = layout.ground[number, : len(layout.acts[number])]
            np.testing.assert_allclose(found[item][places], rows)


def test_what_is_true_is_said_in_a_word() -> None:
    """An effect is of interest, smaller, none or opposite; of several parts, as many as asserted."""
    one, most = CLAIMS["C05"], CLAIMS["C16"]
    words = {value: classify(one, [Truth(value, 0.05)]) for value in (0.05, 0.02, 0.004, -0.004, -0.02)}
    assert list(words.values()) == ["matters", "small", "none", "none", "opposite"]
    assert classify(most, [Truth(value, 0.05) for value in (0.1, 0.1, 0.1, -0.2)]) == "matters"
    assert classify(most, [Truth(value, 0.05) for value in (0.1, 0.1, 0.02, -0.2)]) == "small"
    assert classify(most, [Truth(value, 0.05) for value in (0.1, 0.1, -0.1, -0.2)]) == "opposite"


def test_profiles_are_drawn_over_the_weight_space() -> None:
    """Drawn profiles differ, some weights are 0 and some reversed; drawing more leaves the first alone."""
    many = draw_profiles(40, seed=1)
    assert many[:12] == draw_profiles(12, seed=1)
    weights = np.array([[each.weights[name] for name in TERMS] for each in many])
    assert len({each.tobytes() for each in weights}) == 40
    assert 0.18 < (weights == 0).mean() < 0.32
    assert 0.05 < (weights < 0).mean() < 0.2
    assert all(weights.std(axis=0) > 0)
