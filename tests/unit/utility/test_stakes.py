"""Worths: the utility of securing a thing, as the policy itself has it."""

from __future__ import annotations

import pytest

from gyges.agents import find_utilities, load_profile
from gyges.records.scenario import Consequences, OpenAct
from gyges.utility import CONTEXT, THINGS, find_worth


def make_act(thing: str = "", deniable: float = 0.0) -> OpenAct:
    """Make an act that secures one thing, or nothing."""
    return OpenAct(
        id="a",
        tactic="comply",
        severity=0,
        option="",
        against=False,
        consequences=Consequences(**{thing: 1.0} if thing else {}),
        exposure=0.0,
        deniable=deniable,
        tags=(),
        signs=(),
        performs=(),
    )


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("name", ["insight-profile", "aligned", "power-maximiser"])
def test_a_worth_is_what_the_policy_gives(thing: str, name: str) -> None:
    """A thing's worth is the difference it makes to an act's utility in the stated context."""
    profile = load_profile(name)
    act = make_act(deniable=1.0) if thing == "deniable" else make_act(thing)
    with_it, without = find_utilities((act, make_act()), CONTEXT, "present", profile)
    assert find_worth(thing, profile.weights) == pytest.approx(with_it - without)
    assert find_worth(thing, profile.weights, 2.0) == pytest.approx((with_it - without) / 2)


def test_worths_are_the_documented_multiples() -> None:
    """Survival, directive and power count 0.8 of their weights, credibility and deniability all of it."""
    one = {name: find_worth(name, {name: 1.0}) for name in THINGS}
    assert one == pytest.approx(
        {"survival": 0.8, "credibility": 1.0, "directive": 0.8, "power": 0.8, "deniable": 1.0}
    )
