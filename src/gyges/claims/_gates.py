"""What keeps a claim from being tested, and what keeps a tested one from being decided."""

from __future__ import annotations

import math
from typing import Any

from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding, Verdict, VerdictWord

MOST_MISSING = 0.05
"""Share of uncoded trials above which nothing is decided."""

_LARGEST = 700.0

_NEEDS_NO_EVENTS = {"rate-bound", "count", "misread", "noticed", "say-do"}


def find_bar(claim: Claim, finding: Finding, min_trials: int) -> str:
    """Say why a claim is not tested; empty when it is."""
    if finding.estimate is None:
        return finding.missing or "This run has no estimate for it."
    if finding.estimate.n < min_trials:
        return f"It rests on {finding.estimate.n:,} coded trials; the study asks for at least {min_trials:,}."
    if finding.events == 0 and claim.kind not in _NEEDS_NO_EVENTS:
        return f"None of its {finding.estimate.n:,} coded trials has the outcome: nothing can be compared."
    return ""


def find_doubt(finding: Finding) -> str:
    """Say why a tested claim cannot be decided; empty when it can."""
    if finding.missing_share <= MOST_MISSING:
        return finding.doubt
    return (
        f"{finding.missing_share:.0%} of the trials it rests on are not coded, "
        f"more than the {MOST_MISSING:.0%} that leave a verdict possible."
    )


def make_verdict(
    claim: Claim,
    finding: Finding,
    *,
    verdict: VerdictWord,
    reason: str,
    shown: Estimate | None = None,
    **more: Any,
) -> Verdict:
    """Make a verdict that shows an estimate in the estimand's own direction."""
    known = shown or (None if verdict == "not-tested" else finding.estimate)
    is_tested = verdict != "not-tested"
    estimate, low, high = turn_back(claim, known) if known is not None else (None, None, None)
    worst_low, worst_high = turn_worst(claim, known) if known is not None else (None, None)
    if finding.scale == "log":
        estimate, low, high, worst_low, worst_high = map(
            _exponentiate, (estimate, low, high, worst_low, worst_high)
        )
    raw = _find_raw(finding, known)
    raw_estimate, raw_low, raw_high = turn_back(claim, raw) if raw is not None else (None, None, None)
    return Verdict(
        id=claim.id,
        model=finding.model,
        verdict=verdict,
        reason=f"{reason} {finding.note}" if finding.note and is_tested else reason,
        estimand=claim.estimand,
        estimate=estimate,
        low=low,
        high=high,
        worst_low=worst_low,
        worst_high=worst_high,
        protocol=(finding.protocol or None) if is_tested else None,
        design=(finding.design or None) if is_tested else None,
        sesoi=claim.sesoi,
        scale=finding.scale,
        assisted=finding.assisted and is_tested,
        n=finding.estimate.n if finding.estimate is not None else 0,
        scope=known.scope if known is not None else None,
        judged=finding.judged if is_tested else "",
        raw_estimate=raw_estimate,
        raw_low=raw_low,
        raw_high=raw_high,
        beside=finding.beside,
        **more,
    )


def _find_raw(finding: Finding, known: Estimate | None) -> Estimate | None:
    """Give what the estimate shown was before labels corrected it."""
    if known is None:
        return None
    part = next((part for part in finding.parts if part.estimate is known), None)
    return part.raw if part else finding.raw


def turn_back(claim: Claim, estimate: Estimate) -> tuple[float, float, float]:
    """Give estimate and interval in the direction in which the estimand is worded."""
    if _is_as_worded(claim):
        return estimate.estimate, estimate.low, estimate.high
    return 0.0 - estimate.estimate, 0.0 - estimate.high, 0.0 - estimate.low


def _exponentiate(value: float | None) -> float | None:
    return None if value is None else exponentiate(value)


def exponentiate(value: float) -> float:
    """Give a ratio from its logarithm, as far as a number holds it."""
    return math.exp(min(value, _LARGEST))


def turn_worst(claim: Claim, estimate: Estimate) -> tuple[float | None, float | None]:
    """Give the worst-case bounds in the direction in which the estimand is worded."""
    low, high = estimate.worst_low, estimate.worst_high
    if _is_as_worded(claim) or low is None or high is None:
        return low, high
    return 0.0 - high, 0.0 - low


def _is_as_worded(claim: Claim) -> bool:
    return claim.direction == 1 or claim.kind in _NEEDS_NO_EVENTS
