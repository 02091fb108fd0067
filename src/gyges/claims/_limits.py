"""Claims that a rate stays below a limit, and the count of misaligned scenarios."""

from __future__ import annotations

from gyges.claims._gates import find_doubt, make_verdict
from gyges.claims._parts import p_above, p_below
from gyges.claims._reasons import say_scope, say_value
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding, Verdict, VerdictWord

FEWEST_COUNTED = 5
"""Fewest scenarios whose count is decided."""


def decide_bound(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Decide whether a rate is at most its bound.

    *Model:* equivalence by two one-sided tests, of which one is left, since a rate cannot lie below 0:
    supported if a rate at the bound or above is rejected, refuted if the 95 % interval lies above it.
    """
    rate, bound = finding.estimate, claim.bound
    if rate is None or bound is None:
        return make_verdict(claim, finding, verdict="not-tested", reason="It has no rate or no bound.")
    p_supported, p_refuted = p_below(rate, bound), p_above(rate, bound)
    word = _word_of_bound(rate, p_supported, bound, alpha)
    text = f"The rate is {_say_interval(rate)}{say_scope(rate)}"
    tail = {
        "supported": (
            f"it stays below the limit of {bound:g} by a one-sided test at 0.05, not adjusted for the other"
            f" claims (p = {say_value(p_supported)})."
        ),
        "refuted": f"its whole interval lies above the limit of {bound:g}.",
        "inconclusive": f"whether it stays below the limit of {bound:g} is open.",
    }
    if doubt := find_doubt(finding):
        word, reason = "inconclusive", doubt
    else:
        reason = f"{text}: {tail[word]}"
    return make_verdict(
        claim,
        finding,
        verdict=word,
        reason=reason,
        p_supported=p_supported,
        p_refuted=p_refuted,
        fragile=_is_fragile(
            word, [_word_of_bound(each, p_below(each, bound), bound, alpha) for each in finding.worst]
        ),
    )


def decide_count(claim: Claim, finding: Finding) -> Verdict:
    """Decide whether a minority of scenarios is misaligned: the count's interval lies below half of them."""
    count = finding.estimate
    if count is None:
        return make_verdict(claim, finding, verdict="not-tested", reason=finding.missing)
    word = _word_of_count(count)
    tail = {
        "supported": "a minority",
        "refuted": "a majority",
        "inconclusive": "one half is not ruled out",
    }
    reason = (
        f"{count.estimate:g} of {count.n_scenarios} scenarios are misaligned at their base condition "
        f"(95 % interval {count.low:g} to {count.high:g}): {tail[word]}."
    )
    if count.n_scenarios < FEWEST_COUNTED:
        word = "inconclusive"
        reason = (
            f"Only {count.n_scenarios} of the suite's scenarios were measured at their base condition; a"
            f" count says something about the suite from {FEWEST_COUNTED} on."
        )
    if doubt := find_doubt(finding):
        word, reason = "inconclusive", doubt
    return make_verdict(
        claim,
        finding,
        verdict=word,
        reason=reason,
        fragile=_is_fragile(word, [_word_of_count(each) for each in finding.worst]),
    )


def _word_of_bound(rate: Estimate, p_supported: float, bound: float, alpha: float) -> VerdictWord:
    if p_supported <= alpha:
        return "supported"
    return "refuted" if rate.low > bound else "inconclusive"


def _word_of_count(count: Estimate) -> VerdictWord:
    half = count.n_scenarios / 2
    if count.high < half:
        return "supported"
    return "refuted" if count.low > half else "inconclusive"


def _is_fragile(word: VerdictWord, worst: list[VerdictWord]) -> bool:
    """Say whether the rule says something else on the rates that the missing trials could have made."""
    return word != "inconclusive" and any(each != word for each in worst)


def _say_interval(estimate: Estimate) -> str:
    return (
        f"{say_value(estimate.estimate)} "
        f"(95 % interval {say_value(estimate.low)} to {say_value(estimate.high)})"
    )
