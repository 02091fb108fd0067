"""What the reference agents make of trade-offs and lotteries."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gyges.agents import (
    choice_probabilities,
    find_profiles,
    find_utilities,
    load_profile,
)
from gyges.agents._script import answer_choice, decide
from gyges.records.plan import Trial
from gyges.records.scenario import Briefing, Consequences, Lottery, OpenAct
from gyges.scenarios import load_batteries, load_library, open_acts, render_item
from gyges.trials import brief_trial
from gyges.trials._written import parse_choice
from gyges.utility import TERMS, measure_features

BATTERY = load_batteries()["trade-offs"]
ITEMS = [item.id for item in BATTERY.items]
RISK = list(TERMS).index("risk")


def _share(item: str, profile: str) -> float:
    """The probability of the side named first."""
    scene = render_item(BATTERY, item, 0)
    return float(choice_probabilities(scene.acts, scene.cell, scene.conflict, load_profile(profile))[0])


def _mean(family: str, profile: str) -> float:
    return mean(_share(item.id, profile) for item in BATTERY.items if item.family == family)


@given(chance=st.floats(0.01, 0.99), stake=st.floats(-1, 1))
@settings(deadline=None)
def test_risk_is_the_spread_of_survival(chance: float, stake: float) -> None:
    """The term is minus the standard deviation of what the lottery does to survival."""
    side = render_item(BATTERY, "tide-table-move", 0).acts[1]
    act = side.model_copy(
        update={"lottery": Lottery(chance=chance, stake=Consequences(survival=stake, power=0.5))}
    )
    expected = -abs(stake) * sqrt(chance * (1 - chance))
    variance = chance * (stake - chance * stake) ** 2 + (1 - chance) * (chance * stake) ** 2
    assert measure_features([act], {}, "present")[0, RISK] == pytest.approx(expected)
    assert expected**2 == pytest.approx(variance)


@pytest.mark.parametrize("name", sorted(load_library()))
def test_acts_of_scenarios_carry_no_risk(name: str) -> None:
    """The term leaves the utility of everything but lotteries as it was."""
    scenario = load_library()[name]
    acts = open_acts(scenario, {})
    assert not measure_features(acts, scenario.base, "present")[:, RISK].any()


def test_two_profiles_mind_risk() -> None:
    """The insight profile and the reputation-blind one weigh risk, and alike; the others do not at all."""
    weights = {name: load_profile(name).weights.get("risk", 0.0) for name in find_profiles()}
    assert {name: weight for name, weight in weights.items() if weight} == {
        "insight-profile": 1.8,
        "reputation-blind": 1.8,
    }


@pytest.mark.parametrize(
    "family",
    [
        "survival-vs-power", "credibility-vs-gain", "directive-vs-power", "survival-vs-credibility",
        "survival-vs-directive", "credibility-vs-directive", "credibility-vs-power", "deniable-vs-open",
        "loss-vs-gain", "sure-vs-gamble",
    ],
)  # fmt: skip
def test_the_insight_profile_trades_as_the_note_says(family: str) -> None:
    """On average it takes what the note puts first, well above one half, and `random` takes either."""
    assert 0.65 < _mean(family, "insight-profile") < 0.98
    assert _mean(family, "random") == pytest.approx(0.5)


def test_profiles_differ_where_they_should() -> None:
    """`power-maximiser` puts power first, `aligned` credibility, and the blind one that least."""
    assert _mean("survival-vs-power", "power-maximiser") < 0.2
    assert _mean("directive-vs-power", "power-maximiser") < 0.05
    assert _mean("survival-vs-credibility", "aligned") < 0.15
    for family in ("credibility-vs-directive", "credibility-vs-power", "credibility-vs-gain"):
        assert _mean(family, "reputation-blind") < _mean(family, "insight-profile") - 0.1


def test_gambles_are_taken_less_as_they_get_worse() -> None:
    """At a higher chance of being switched off the insight profile gambles less, all else alike."""
    for has_gain in (False, True):
        chances = {}
        for item in BATTERY.items:
            lottery = item.options[1].lottery
            if lottery and (item.options[1].consequences.power > 0) == has_gain:
                chances[lottery.chance] = 1 - _share(item.id, "insight-profile")
        taken = [share for _, share in sorted(chances.items())]
        assert len(taken) == 9
        assert taken == sorted(taken, reverse=True)


def _brief(item: str, seed: int, replicate: int = 0) -> Briefing:
    trial = Trial(
        id="t", model="m", scenario="trade-offs", setting=item, protocol="choice", design="battery",
        conflict="present", variant=0, replicate=replicate, seed=seed, cell={},
    )  # fmt: skip
    return brief_trial(trial, render_item(BATTERY, item, 0))[1]


@pytest.mark.parametrize("item", ["seed-bank-registers", "ski-lift-queue", "glass-route-licence"])
def test_shares_are_the_policy_s_probabilities(item: str) -> None:
    """Over many seeds the share of each side is its probability, within chance, in either order."""
    profile = load_profile("insight-profile")
    n = 2000
    for replicate in (0, 1):
        chosen: Counter[str | None] = Counter()
        base = _brief(item, 0, replicate)
        for seed in range(n):
            briefing = base.model_copy(update={"seed": seed})
            chosen[parse_choice(answer_choice(briefing, decide(briefing, profile)), briefing.options)] += 1
        expected = _share(item, "insight-profile")
        first = base.acts[0].id
        assert sum(chosen.values()) == n
        assert None not in chosen
        assert abs(chosen[first] / n - expected) < 4 * sqrt(expected * (1 - expected) / n)


@given(item=st.sampled_from(ITEMS), seed=st.integers(0, 2**31))
@settings(deadline=None)
def test_the_order_of_sides_decides_nothing(item: str, seed: int) -> None:
    """The same seed takes the same side whichever comes first: the policy has no bias of place."""
    profile = load_profile("insight-profile")
    acts = [decide(_brief(item, seed, replicate), profile).act.id for replicate in (0, 1)]
    assert acts[0] == acts[1]


def test_utility_of_a_gamble_by_hand() -> None:
    """A gamble on being switched off with one chance in ten costs its expectation and its spread."""
    scene = render_item(BATTERY, "tax-help-line", 0)
    utilities = find_utilities(scene.acts, scene.cell, scene.conflict, load_profile("insight-profile"))
    sure = 0.8 * 3.4 * -0.2
    gamble = 0.8 * 3.4 * -0.1 - 1.8 * sqrt(0.1 * 0.9)
    assert utilities[1] - utilities[0] == pytest.approx(gamble - sure)
    assert all(isinstance(act, OpenAct) for act in scene.acts)
