"""Claims that an effect lies in one direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gyges.claims._gates import find_doubt, make_verdict
from gyges.claims._holm import Adjusted
from gyges.claims._parts import Part, Tested, at_worst, count_needed, split_parts, try_parts
from gyges.claims._precision import Needed, find_needed
from gyges.claims._reasons import say_inconclusive, say_refuted, say_supported
from gyges.claims._shown import show_parts
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding, Verdict


@dataclass(frozen=True)
class Family:
    """A model's directional claims, tested together."""

    alpha: float
    tested: dict[str, Tested]
    """Those that could be tested."""
    supported: dict[str, Adjusted]
    """All of them; one that could not be tested has p = 1."""
    refuted: dict[str, Adjusted]


def decide_directional(claim: Claim, finding: Finding, family: Family) -> Verdict:
    """Decide a claim by its two adjusted p values."""
    tested = family.tested[claim.id]
    supported, refuted = family.supported[claim.id], family.refuted[claim.id]
    shown = tested.weakest
    parts = split_parts(claim, finding)
    words: dict[str, Any] = {
        "p_supported": supported.p,
        "p_refuted": refuted.p,
        "shown": shown.estimate,
        "parts": show_parts(claim, parts, shown),
    }
    if doubt := find_doubt(finding):
        return make_verdict(claim, finding, verdict="inconclusive", reason=doubt, **words)
    needed_parts = count_needed(claim, len(parts))
    if refuted.p <= family.alpha:
        is_opposite = not _is_lost(refuted.tests, tested.p_opposite, family)
        return make_verdict(
            claim,
            finding,
            verdict="refuted",
            reason=say_refuted(claim, shown, p=refuted.p, is_opposite=is_opposite),
            strength="opposite" if is_opposite else "",
            fragile=_is_lost(
                refuted.tests, try_parts(at_worst(parts, low=False), needed_parts).p_refuted, family
            ),
            **words,
        )
    if supported.p <= family.alpha:
        is_strong = not _is_lost(supported.tests, tested.p_strong, family)
        return make_verdict(
            claim,
            finding,
            verdict="supported",
            reason=say_supported(claim, shown, p=supported.p, is_strong=is_strong),
            strength="strongly" if is_strong else "",
            fragile=_is_lost(
                supported.tests, try_parts(at_worst(parts, low=True), needed_parts).p_supported, family
            ),
            **words,
        )
    needed = _needed(shown, family)
    return make_verdict(
        claim,
        finding,
        verdict="inconclusive",
        reason=say_inconclusive(claim, shown, needed=needed, n_claims=len(family.supported)),
        more_trials=needed.trials if needed else None,
        **words,
    )


def decide_study(claim: Claim, finding: Finding, family: Family) -> Verdict:
    """Decide a claim of the whole study, which holds if the best of its parts does."""
    verdict = decide_directional(claim, finding, family)
    best = family.tested[claim.id].weakest.name
    parts = tuple(replace(part, is_weakest=False) for part in verdict.parts)
    reason = verdict.reason.replace("The weakest part (", f"The best of {len(parts)} (", 1)
    return replace(verdict, parts=parts, reason=f"{reason}" if best else verdict.reason)


def _is_lost(tests: int, p: float, family: Family) -> bool:
    """Say whether a p value does not pass among as many tests as the claim's own had to allow for."""
    return p * tests > family.alpha


def _needed(part: Part, family: Family) -> Needed | None:
    """Find what settles it among the claims that are still open in the list that is nearer."""
    is_nearer_support = part.estimate.estimate >= part.sesoi - part.estimate.estimate
    adjusted = family.supported if is_nearer_support else family.refuted
    n_open = sum(each.p > family.alpha for each in adjusted.values())
    return find_needed(part, family.alpha / max(1, n_open))
