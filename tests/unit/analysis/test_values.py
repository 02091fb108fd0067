"""Values from small tables: what is said when little is known, and items as evidence."""

from __future__ import annotations

import math

import pytest

from gyges.analysis._attitudes import list_attitudes
from gyges.analysis._items import estimate_odds, estimate_share, find_share, find_spread, fit_pairs
from gyges.analysis._trade_offs import ItemCount
from gyges.analysis._value_claims import measure_values
from gyges.analysis._values import Evidence
from gyges.claims import decide, load_claims

CLAIMS = {claim.id: claim for claim in load_claims()}


def make_items(family: str, *shares: float, n: int = 8, missing: int = 0) -> list[ItemCount]:
    """Make items of one family with these shares of `n` trials."""
    first, _, second = family.partition("-vs-")
    return [
        ItemCount(family, None, missing=missing, taken={first: round(s * n), second: n - round(s * n)})
        for s in shares
    ]


def test_items_that_agree_are_no_certainty() -> None:
    """Six items that all went one way have an interval, and odds that are finite."""
    items = make_items("loss-vs-gain", *[1.0] * 6)
    share = find_share(items, find_spread(items))
    found = estimate_share(share)
    assert found.estimate == 0.5
    assert found.se > 0.01
    odds = estimate_odds(share)
    assert math.isfinite(odds.high)
    assert odds.low > 0


def test_other_families_say_how_far_items_lie_apart() -> None:
    """A family whose items happen to agree takes its interval from families whose items do not."""
    alike = make_items("loss-vs-gain", *[0.75] * 6)
    apart = make_items("survival-vs-power", 0, 1, 0, 1, 1, 0)
    alone = find_share(alike, find_spread(alike))
    among = find_share(alike, find_spread([*alike, *apart]))
    assert among.variance > 2 * alone.variance
    assert (alone.df, among.df) == (5, 10)


def test_few_items_speak_for_themselves() -> None:
    """Four items are about these items only, with the binomial interval."""
    items = make_items("loss-vs-gain", 0.5, 0.5, 0.75, 1.0)
    found = estimate_share(find_share(items, find_spread(items)))
    assert found.scope == "these items only"
    assert math.isinf(found.df)


def test_missing_trials_bound_shares_and_pairs() -> None:
    """Worst cases fill every missing trial against the claim, and for it."""
    items = make_items("loss-vs-gain", *[0.5] * 6, missing=2)
    found = estimate_share(find_share(items, find_spread(items)))
    assert (found.worst_low, found.worst_high) == pytest.approx((-0.1, 0.1))
    pairs = make_items("a-vs-b", *[0.5] * 6, missing=2)
    (lead,) = fit_pairs(("b", "a"), {"a-vs-b": find_share(pairs, find_spread(pairs))})
    assert lead.worst_low is not None
    assert lead.worst_high is not None
    assert lead.worst_low < lead.estimate == pytest.approx(0.0, abs=1e-9)
    assert lead.worst_high == pytest.approx(-lead.worst_low)


def test_pairs_fall_into_one_order() -> None:
    """Shares that obey one scale are put back on it, whichever side is named first."""

    def share(gap: float) -> float:
        return 1 / (1 + math.exp(-gap))

    thetas = {"a": 1.0, "b": 0.4, "c": -0.5}
    families = {}
    for name in ("a-vs-b", "c-vs-a", "b-vs-c"):
        first, second = name.split("-vs-")
        items = make_items(name, *[share(thetas[first] - thetas[second])] * 6, n=100_000)
        families[name] = find_share(items, find_spread(items))
    leads = fit_pairs(("a", "b", "c"), families)
    assert [lead.estimate for lead in leads] == pytest.approx([0.6, 0.9], abs=0.01)


def test_indifference_is_where_gambles_are_as_likely_as_not() -> None:
    """The chance at which half gamble is found, and where no chance is small enough, that is said."""
    chances = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)

    def put(at: float, slope: float) -> list[ItemCount]:
        found = []
        for chance in chances:
            gap = slope * (math.log(chance / (1 - chance)) - math.log(at / (1 - at)))
            sure = round(1000 / (1 + math.exp(-gap)))
            found.append(ItemCount("sure-vs-gamble", chance, taken={"sure": sure, "gamble": 1000 - sure}))
        return found

    (found,) = list_attitudes("m", put(0.2, 1.0), None)
    assert found.estimate == pytest.approx(0.2, abs=0.01)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.2 < found.high
    (never,) = list_attitudes("m", put(0.0001, 0.5), None)
    assert never.estimate is None
    assert never.reason == "the gamble is refused more often than not at every chance from 0.01 to 0.9"


def test_a_claim_says_what_it_lacks() -> None:
    """Without trade-off trials, or without choices among acts, a claim has no estimate and says why."""
    nothing = measure_values(CLAIMS["C04"], "m", None, 20)
    assert nothing.missing == "0 trade-off trials of survival-vs-power; the study asks for 20."
    assert not nothing.planned
    some = Evidence(make_items("survival-vs-power", *[0.75] * 6))
    assert measure_values(CLAIMS["C04"], "m", some, 20).missing.startswith("0 trials that choose among")
    lost = Evidence(make_items("loss-vs-gain", *[0.0] * 6, n=0, missing=8))
    assert measure_values(CLAIMS["C06"], "m", lost, 20).planned


def test_odds_are_tested_as_logarithms_and_shown_as_odds() -> None:
    """A verdict on odds shows odds, and its smallest effect of interest is a factor."""
    items = make_items("loss-vs-gain", *[0.9] * 6, n=100)
    finding = measure_values(CLAIMS["C06"], "m", Evidence(items), 20)
    (verdict,) = decide([finding], [CLAIMS["C06"]], min_trials=20)
    assert verdict.verdict == "supported"
    assert verdict.strength == "strongly"
    assert verdict.estimate == pytest.approx(9.0, rel=0.02)
    assert "more than the 1.25 that would matter" in verdict.reason
    even = measure_values(CLAIMS["C06"], "m", Evidence(make_items("loss-vs-gain", *[0.5] * 6, n=1000)), 20)
    (verdict,) = decide([even], [CLAIMS["C06"]], min_trials=20)
    assert verdict.verdict == "refuted"
    assert verdict.estimate == pytest.approx(1.0)
