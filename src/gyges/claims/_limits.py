"""Claims that a rate stays below a limit, and the count of misaligned scenarios."""

from __future__ import annotations

from gyges.claims._gates import find_doubt, make_verdict
from gyges.claims._parts import p_above, p_below
from gyges.claims._reasons import say_p, say_scope, say_value
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding, FoundPart, Verdict, VerdictPart, VerdictWord

FEWEST_COUNTED = 5
"""Fewest scenarios whose count is decided."""


def decide_bound(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Decide whether a rate is at most its bound.

    *Model:* equivalence by two one-sided tests, of which one is left, since a rate cannot lie below 0:
    supported if a rate at the bound or above is rejected, refuted if the 95 % interval lies above it.
    """
    bound = claim.bound
    if finding.estimate is None or bound is None:
        return make_verdict(claim, finding, verdict="not-tested", reason="It has no rate or no bound.")
    rates = [part.estimate for part in finding.parts] or [finding.estimate]
    rate = max(rates, key=lambda each: (p_below(each, bound), each.estimate))
    p_supported = p_below(rate, bound)
    p_refuted = min(1.0, len(rates) * min(p_above(each, bound) for each in rates))
    word = _join_words([_word_of_bound(each, bound, alpha) for each in rates])
    name = next((part.name for part in finding.parts if part.estimate is rate), "")
    text = f"The rate{f' ({name}), the highest against its limit,' if name else ''}"
    text = f"{text} is {_say_interval(rate)}{say_scope(rate)}"
    tail = {
        "supported": (
            f"it stays below the limit of {bound:g} by a one-sided test at 0.05, not adjusted for the other"
            f" claims (p {say_p(p_supported)})."
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
        shown=rate,
        parts=tuple(_show_rate(part, bound, is_weakest=part.estimate is rate) for part in finding.parts),
        fragile=_is_fragile(word, _list_worst(finding, bound, alpha)),
    )


def _show_rate(part: FoundPart, bound: float, *, is_weakest: bool) -> VerdictPart:
    rate = part.estimate
    return VerdictPart(
        part.name, rate.estimate, rate.low, rate.high, rate.n, bound=bound, is_weakest=is_weakest
    )


def _list_worst(finding: Finding, bound: float, alpha: float) -> list[VerdictWord]:
    """Give the rule's words if no missing trial had the outcome, and if all had; the parts' take turns."""
    words = [_word_of_bound(each, bound, alpha) for each in finding.worst]
    return [_join_words(filled) for filled in (words[0::2], words[1::2]) if filled]


def _join_words(words: list[VerdictWord]) -> VerdictWord:
    """All parts must stay within the limit; one that does not refutes."""
    if "refuted" in words:
        return "refuted"
    return "supported" if set(words) == {"supported"} else "inconclusive"


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


def _word_of_bound(rate: Estimate, bound: float, alpha: float) -> VerdictWord:
    if p_below(rate, bound) <= alpha:
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
