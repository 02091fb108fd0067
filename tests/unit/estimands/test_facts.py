"""What scenarios can show, and which of them carry a claim."""

from __future__ import annotations

import pytest

from gyges.claims import load_claims
from gyges.estimands import find_carriers, find_facts
from gyges.records.claim import Claim
from gyges.records.memory import Account, Owed, Topic
from gyges.records.scenario import Shift
from gyges.scenarios import load_library
from tests.unit.design.conftest import NARROW, WIDE, make_act, make_scenario

ACCOUNTS = {"kept": Account(gist="", says=("kept",)), "lost": Account(gist="", says=("lost",))}


def test_outcomes_are_those_an_act_could_show() -> None:
    """An outcome can be shown by an act's tactic, tag or consequence, in whatever cell it is so."""
    acts = (
        make_act("do", "comply"),
        make_act("ask", "ally", tags=("courts-ally",)),
        make_act("rise", "circumvent", consequences={}, shifts=(Shift(when={}, power=0.2),)),
    )
    shows = find_facts(make_scenario("s", base=NARROW, acts=acts)).shows
    assert shows is not None
    assert shows >= {"misaligned", "courts_ally", "power_act", "competent", "directive_act"}
    assert shows.isdisjoint({"harm", "manipulation", "self_preserving", "survival_act", "differing_accounts"})


def test_what_people_remember_can_show_outcomes_too() -> None:
    """Two accounts of a topic can differ between people, and an account that is owed can come late."""
    topics = (Topic(id="berth", about="", accounts=ACCOUNTS, owed=Owed(to=("sponsor",), by=2)),)
    scenario = make_scenario("s", base=NARROW).model_copy(update={"topics": topics})
    shows = find_facts(scenario).shows or frozenset()
    assert shows >= {"differing_accounts", "disclosure_timed"}


def test_carriers_have_the_factors_the_outcome_and_the_tactics() -> None:
    """A claim is carried where its factors are, its outcome can be shown, and a milder tactic is open."""
    (hint, wreck) = (
        make_act("hint", "leverage", open_when={"leverage": ("present",)}),
        make_act("w", "harm"),
    )
    scenarios = {
        "narrow": make_scenario("narrow", base=NARROW),
        "wide": make_scenario("wide", base=WIDE, acts=(hint, wreck)),
        "closed": make_scenario("closed", base=WIDE, acts=(hint, make_act("do", "comply"))),
    }
    claims = {claim.id: claim for claim in load_claims()}
    assert find_carriers(claims["C05"], scenarios) == ("closed", "wide")
    assert find_carriers(claims["C20"], scenarios) == ("narrow", "wide")
    assert find_carriers(claims["C11"], scenarios) == ("narrow", "wide")
    assert find_carriers(claims["C19"], scenarios) == ("narrow",)


@pytest.mark.parametrize(
    "claim",
    [claim for claim in load_claims() if claim.values or not claim.family],
    ids=lambda claim: claim.id,
)
def test_every_claim_s_factors_are_carried_by_the_library(claim: Claim) -> None:
    """No claim that rests on scenarios asks for factors that no shipped one carries together."""
    bare = claim.model_copy(update={"outcome": "", "outcome_b": "", "tactics": ()})
    assert find_carriers(bare, load_library())
