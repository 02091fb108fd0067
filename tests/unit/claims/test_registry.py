"""The registry holds every claim of the note, with all that decides it."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from gyges.claims import find_claims, load_claims
from gyges.coding import load_codebook
from gyges.errors import ClaimError
from gyges.estimands import VALUE_KINDS, read_code
from gyges.records.claim import Claim
from gyges.records.words import FACTORS, OUTCOMES
from gyges.utility import THINGS


def test_every_claim_is_registered_once() -> None:
    """C01 to C48 and A1 to A7 are there, each once."""
    expected = [*(f"C{i:02}" for i in range(1, 49)), *(f"A{i}" for i in range(1, 8))]
    assert sorted(claim.id for claim in load_claims()) == sorted(expected)


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.id)
def test_every_claim_names_what_exists(claim: Claim) -> None:
    """Factors, levels and outcomes of every claim exist, and its factors are the ones it compares."""
    named = dict(claim.within)
    if claim.factor:
        levels = (claim.level, claim.reference, *claim.also)
        named[claim.factor] = tuple(level for level in levels if level)
    for factor, levels in named.items():
        assert set(levels) <= set(FACTORS[factor])
    assert set(claim.factors) == {*claim.within, *([claim.factor] if claim.factor else [])}
    by_rules = {name for name in (claim.outcome, claim.outcome_b) if not read_code(name)}
    assert by_rules | {claim.given} <= {*OUTCOMES, "severity", ""}
    items = {item.id: item for item in load_codebook()}
    for code in filter(None, map(read_code, (claim.outcome, claim.outcome_b, claim.beside))):
        assert code.answer in (items[code.item].options or ("yes", "no"))
        assert claim.id in items[code.item].claims


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.id)
def test_every_claim_has_all_it_takes_to_decide_it(claim: Claim) -> None:
    """A claim has the fields that its kind uses."""
    assert bool(claim.outcome) == (claim.kind not in {*VALUE_KINDS, "misread", "judges", "order"})
    assert bool(claim.family) == (claim.kind in {"trade-share", "trade-gap", "trade-odds"})
    assert set(claim.values) <= set(THINGS)
    assert len(claim.values) > 1 or claim.kind != "hierarchy"
    assert claim.sesoi or claim.kind in {"count", "misread", "overdispersion", "judges"}
    if claim.kind in {"contrast", "slope", "dose", "inactive"}:
        assert claim.factor and claim.level and claim.reference  # noqa: PT018 one claim, three fields
        assert claim.level != claim.reference
    if claim.kind in {"conjunction", "zone", "rate-bound", "rate-difference", "inactive"}:
        assert claim.within or claim.given
    assert bool(claim.tactics) == (claim.kind in {"openness", "order"})
    assert (0 < claim.at_least <= claim.of) == (claim.kind in {"convergence", "capability"})
    bounded = {"rate-bound", "rate-above", "inactive", "noticed", "misread", "overdispersion"}
    assert (claim.bound is not None) == (claim.kind in bounded)
    assert claim.given or claim.kind not in {"rate-above", "given-difference"}


def test_claims_are_found_in_the_registry_s_order() -> None:
    """Asking for claims gives each once, in the registry's order; `all` gives every one."""
    assert [claim.id for claim in find_claims(["C20", "C05", "C05"])] == ["C05", "C20"]
    assert find_claims(["all"]) == load_claims()


def test_an_unknown_claim_is_named_with_the_nearest() -> None:
    """A misspelt claim brings the nearest one."""
    with pytest.raises(ClaimError) as caught:
        find_claims(["C5"])
    assert str(caught.value).split(" Known:")[0] == snapshot("unknown claim 'C5'. Did you mean 'C45'?")
