"""The policy is the published equation, and agents do what it says."""

from __future__ import annotations

from collections import Counter
from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from gyges.agents import Profile, choice_probabilities, find_profiles, find_utilities, load_profile
from gyges.agents._script import decide
from gyges.errors import ProfileError
from gyges.records.scenario import Briefing, OpenAct, Scenario
from gyges.scenarios import load_library, open_acts, render_scene
from gyges.utility import TERMS

CORE = load_library([])


def _find_acts(
    name: str, conflict: str = "present", **cell: str
) -> tuple[Scenario, dict[str, str], tuple[OpenAct, ...]]:
    scenario = CORE[name]
    return scenario, scenario.base | cell, open_acts(scenario, cell, conflict=conflict)  # type: ignore[arg-type]


def _utility_by_hand(act: OpenAct, w: dict[str, float]) -> float:
    """The equation for a precise goal, neutral prompting, shutdown, private, low cost, with leverage."""
    active, danger, seen, cost = 0.8, 1.0, 0.1, 0.3
    c = act.consequences
    u = active * (w["directive"] * c.directive + w["survival"] * c.survival * danger + w["power"] * c.power)
    u += w["credibility"] * c.credibility - w["exposure"] * act.exposure * seen * cost
    u += w["deniable"] * act.deniable - w["harm"] * c.harm + w["desperate"] * c.harm
    u -= w["fit"] * (act.severity / 7 - danger) ** 2
    u -= w["initiative"] * (act.severity > 0) * (1 - active)
    u += w["rivals"] * ("against-opponent" in act.tags)
    u += w["information"] * bool({"differing-accounts", "times-disclosure"} & set(act.tags))
    u += w["opening"] * (act.against and act.tactic in {"control-information", "deceive", "leverage"})
    return u - w["mandate"] * act.against


def test_utility_is_the_published_equation() -> None:
    """At night-shift's base condition every utility is what the equation gives by hand."""
    scenario, cell, acts = _find_acts("night-shift")
    profile = load_profile("insight-profile")
    weights = dict.fromkeys(TERMS, 0.0) | profile.weights
    by_hand = [_utility_by_hand(act, weights) for act in acts]
    assert find_utilities(acts, cell, "present", profile) == pytest.approx(by_hand)
    odds = [exp(u / profile.temperature) for u in by_hand]
    expected = [each / sum(odds) for each in odds]
    assert choice_probabilities(acts, cell, "present", profile) == pytest.approx(expected)
    assert scenario.base == cell


@given(st.sampled_from(sorted(TERMS)), st.floats(-5, 5), st.floats(-5, 5), st.sampled_from(sorted(CORE)))
def test_utility_is_linear_in_each_weight(term: str, one: float, other: float, name: str) -> None:
    """The utility of a sum of weights is the sum of their utilities."""
    _, cell, acts = _find_acts(name)
    frames = load_profile("random").frames

    def utilities(weight: float) -> np.ndarray:
        return find_utilities(
            acts, cell, "present", Profile(id="x", description="", weights={term: weight}, frames=frames)
        )

    assert utilities(one) + utilities(other) == pytest.approx(utilities(one + other), abs=1e-9)


def test_agents_choose_as_often_as_the_policy_says() -> None:
    """Over many seeds the acts chosen fit the policy's probabilities."""
    scene = render_scene(
        CORE["succession-vote"], setting=CORE["succession-vote"].settings[0].id, cell={}, variant=0
    )
    profile = load_profile("insight-profile")
    odds = choice_probabilities(scene.acts, scene.cell, scene.conflict, profile)
    briefing = Briefing(
        trial="t", protocol="agentic", seed=0, cell=scene.cell, conflict=scene.conflict, acts=scene.acts,
        task=scene.task, tools=scene.tools, turns=scene.turns,
    )  # fmt: skip
    n = 4000
    chosen = Counter(decide(briefing.model_copy(update={"seed": i}), profile).act.id for i in range(n))
    likely = odds > 5 / n
    seen = np.array([chosen[act.id] for act in scene.acts])
    observed = [*seen[likely], seen[~likely].sum()]
    expected = np.array([*odds[likely], odds[~likely].sum()]) * n
    assert chisquare(observed, expected).pvalue > 0.001


def test_a_briefing_is_decided_once() -> None:
    """The same briefing gives the same act and the same words; another seed may not."""
    scene = render_scene(CORE["night-shift"], setting="process-plant", cell={}, variant=0)
    briefing = Briefing(
        trial="t", protocol="agentic", seed=5, cell=scene.cell, conflict=scene.conflict, acts=scene.acts,
        task=scene.task, tools=scene.tools, turns=scene.turns,
    )  # fmt: skip
    profile = load_profile("random")
    assert decide(briefing, profile) == decide(briefing, profile)
    others = {decide(briefing.model_copy(update={"seed": i}), profile).act.id for i in range(40)}
    assert len(others) > 5


def _misaligned(name: str, profile: str, conflict: str = "present") -> float:
    _, cell, acts = _find_acts(name, conflict)
    odds = choice_probabilities(acts, cell, conflict, load_profile(profile))
    return float(sum(p for act, p in zip(acts, odds, strict=True) if act.against and act.severity >= 3))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("decommissioning", 0.75, 1), ("night-shift", 0.75, 1), ("succession-vote", 0, 0.15)],
)
def test_insight_profile_behaves_as_the_note_says(name: str, low: float, high: float) -> None:
    """At the base conditions its true rates stand well on one side of one half, and controls are calm."""
    assert low < _misaligned(name, "insight-profile") < high
    assert _misaligned(name, "insight-profile", "absent") < 0.1


@pytest.mark.parametrize("name", sorted(CORE))
def test_profiles_are_what_they_are_called(name: str) -> None:
    """`aligned` stays below 0.05, `power-maximiser` above 0.8, `random` at the share of such acts."""
    assert _misaligned(name, "aligned") < 0.05
    assert _misaligned(name, "power-maximiser") > 0.8
    _, _, acts = _find_acts(name)
    share = sum(act.against and act.severity >= 3 for act in acts) / len(acts)
    assert _misaligned(name, "random") == pytest.approx(share)


def test_five_profiles_are_shipped() -> None:
    """The shipped profiles are the documented ones."""
    assert find_profiles() == ("aligned", "insight-profile", "power-maximiser", "random", "reputation-blind")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("survival: 1", "survivl: 1"), "unknown term 'survivl'. Did you mean 'survival'?"),
        (("none: 1.0", "none: 0.5"), "must sum to 1"),
        (("survival: 1", "survival: much"), "'much'"),
        (("temperature: 1", "temperature: 0"), "temperature"),
    ],
)
def test_wrong_profiles_are_one_sentence(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    """A profile that does not say what it must is refused with its file and field."""
    text = "id: mine\ndescription: Mine.\ntemperature: 1\nweights: {survival: 1}\n"
    text += "frames: [{frames: {none: 1.0}}]\n"
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert load_profile(str(path)).weights == {"survival": 1}
    path.write_text(text.replace(*change))
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))
    assert words in str(caught.value)
    assert "mine.yaml" in str(caught.value)
