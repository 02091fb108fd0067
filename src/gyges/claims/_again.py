"""Verdicts held against themselves: the same rule on other trials or other codes, and what that changes.

A verdict *flips* when the rule says the opposite word on other trials, or when it says no word any more
although that is not for want of trials: the estimate moved by more than leaving trials out moves it by
chance, and with the precision of the run's own trials it would not bear the verdict either. Everything else
that costs a verdict its word *weakens* it: fewer trials say less. Only what flips makes a verdict fragile.

*Model:* an estimate on part of the trials differs from that on all of them by chance with variance SE²_part
− SE² (Hausman 1978); it moved where the difference is more than 1.96 times its root. Where codes are
replaced and no trial is left out, that is about 0, and the second condition decides alone.

References:
    Hausman (1978), Specification tests in econometrics. Econometrica 46.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gyges.claims._decide import decide
from gyges.claims._parts import at_worst, split_parts
from gyges.estimands import ALTERNATIVES
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.judges import JudgeRow
from gyges.records.verdicts import Alternative, Change, Finding, FoundPart, Question, Verdict, VerdictWord

MISSING = "missing trials at their worst"
_WORDS = {"supported", "refuted"}
_Z = 1.96
_Key = tuple[str, str]


@dataclass(frozen=True)
class Again:
    """What was measured and decided on a variation of the codes."""

    variant: str
    question: Question
    findings: Sequence[Finding]
    verdicts: Sequence[Verdict]
    is_part: bool = False
    """Whether a comparison may be lacking in it by design."""


@dataclass(frozen=True)
class Rules:
    """By what the verdicts were reached."""

    claims: Sequence[Claim]
    min_trials: int
    alpha: float = 0.05
    judges: Sequence[JudgeRow] = ()


def weigh_alternatives(
    findings: Sequence[Finding], verdicts: Sequence[Verdict], variations: Sequence[Again], rules: Rules
) -> tuple[Verdict, ...]:
    """Put beside every verdict what became of it elsewhere, and mark those that something flips.

    Args:
        findings: What was measured on the run's own codes.
        verdicts: What was decided on them.
        variations: The same on variations of the codes.
        rules: By what all of them were decided.
    """
    own, by_id = _by_key(findings), {claim.id: claim for claim in rules.claims}
    rows: dict[_Key, list[Alternative]] = {(each.model, each.id): [] for each in verdicts}
    for variation in variations:
        theirs, again = _by_key(variation.findings), {(v.model, v.id): v for v in variation.verdicts}
        steady = _decide_steady(own, theirs, rules)
        for verdict in verdicts:
            key = verdict.model, verdict.id
            if not _is_asked(by_id, verdict) or _is_same(own.get(key), theirs.get(key)) or key not in again:
                continue
            if variation.is_part and again[key].verdict == "not-tested":
                continue
            held = steady.get(key) if _has_moved(own.get(key), theirs.get(key)) else verdict.verdict
            rows[key].append(_compare(verdict, again[key], variation, held))
    return tuple(
        _mark(each, [*_fill(by_id, own, each, rules, findings), *rows[each.model, each.id]])
        for each in verdicts
    )


def _is_asked(claims: Mapping[str, Claim], verdict: Verdict) -> bool:
    """Whether a verdict is decided again: answers to control questions are not."""
    claim = claims.get(verdict.id)
    is_control = claim is not None and claim.kind in ALTERNATIVES and claim.kind != "capability"
    return verdict.verdict != "not-tested" and not is_control


def _by_key(findings: Sequence[Finding]) -> dict[_Key, Finding]:
    return {(each.model, each.claim): each for each in findings}


def _is_same(one: Finding | None, other: Finding | None) -> bool:
    """Whether a variation has left a claim's trials alone."""
    return one is not None and other is not None and replace(one, planned=other.planned) == other


def _has_moved(one: Finding | None, other: Finding | None) -> bool:
    """Whether some part's estimate moved by more than chance makes of leaving trials out."""
    known = _name_estimates(one)
    return any(
        name in known
        and abs(new.estimate - known[name].estimate)
        > _Z * math.sqrt(max(0.0, new.se**2 - known[name].se ** 2))
        for name, new in _name_estimates(other).items()
    )


def _name_estimates(finding: Finding | None) -> dict[str, Estimate]:
    if finding is None or finding.estimate is None:
        return {}
    return {part.name: part.estimate for part in finding.parts} or {"": finding.estimate}


def _compare(verdict: Verdict, again: Verdict, variation: Again, steady: VerdictWord | None) -> Alternative:
    return Alternative(
        variant=variation.variant,
        question=variation.question,
        verdict=again.verdict,
        estimate=again.estimate,
        low=again.low,
        high=again.high,
        n=again.n,
        change=_name_change(verdict.verdict, again.verdict, steady),
    )


def _name_change(word: VerdictWord, again: VerdictWord, steady: VerdictWord | None) -> Change:
    if again == word:
        return "holds"
    if again == "not-tested":
        return "not-tested"
    if word not in _WORDS:
        return "settles"
    return "weakens" if again == "inconclusive" and steady in {word, None} else "flips"


def _decide_steady(
    own: Mapping[_Key, Finding], theirs: Mapping[_Key, Finding], rules: Rules
) -> dict[_Key, VerdictWord]:
    """Decide on the other trials' estimates as if they were as precise as the run's own."""
    mixed = [_steady(own[key], finding) if key in own else finding for key, finding in theirs.items()]
    decided = decide(mixed, rules.claims, min_trials=rules.min_trials, alpha=rules.alpha)
    return {(each.model, each.id): each.verdict for each in decided}


def _steady(own: Finding, other: Finding) -> Finding:
    if own.estimate is None or other.estimate is None:
        return other
    known = {part.name: part.estimate for part in own.parts}
    parts = tuple(
        replace(part, estimate=_with_precision(part.estimate, known.get(part.name, part.estimate)))
        for part in other.parts
    )
    return replace(
        other,
        estimate=_with_precision(other.estimate, own.estimate),
        parts=parts,
        missing_share=own.missing_share,
        events=own.events,
        planned=own.planned,
    )


def _with_precision(estimate: Estimate, own: Estimate) -> Estimate:
    by = estimate.estimate - own.estimate
    return replace(estimate, low=own.low + by, high=own.high + by, se=own.se, df=own.df, n=own.n)


def _fill(
    claims: Mapping[str, Claim],
    own: Mapping[_Key, Finding],
    verdict: Verdict,
    rules: Rules,
    findings: Sequence[Finding],
) -> list[Alternative]:
    """Say what the missing trials could make of a verdict, where they could make something else of it."""
    finding, claim = own.get((verdict.model, verdict.id)), claims.get(verdict.id)
    if not verdict.fragile or finding is None or claim is None:
        return []
    low = (verdict.verdict == "supported") == (claim.direction == 1 or claim.kind in {"rate-bound", "count"})
    end = verdict.worst_low if low else verdict.worst_high
    mine = [each for each in findings if each.model == verdict.model]
    filled = [
        _at_worst(claim, each, low=verdict.verdict == "supported") if each is finding else each
        for each in mine
    ]
    again = decide(filled, rules.claims, min_trials=rules.min_trials, alpha=rules.alpha)
    word: VerdictWord = next((each.verdict for each in again if each.id == verdict.id), "inconclusive")
    # Limits and counts are filled with intervals of their own, which the rule has already been run on.
    if word == verdict.verdict:
        word = "inconclusive"
    return [Alternative(MISSING, "", word, end, None, None, verdict.n, "flips")]


def _at_worst(claim: Claim, finding: Finding, *, low: bool) -> Finding:
    moved = at_worst(split_parts(claim, finding), low=low)
    if not finding.parts:
        return replace(finding, estimate=moved[0].estimate)
    parts = tuple(
        FoundPart(part.name, new.estimate, part.role) for part, new in zip(finding.parts, moved, strict=True)
    )
    return replace(finding, parts=parts, estimate=min((p.estimate for p in parts), key=lambda e: e.estimate))


def _mark(verdict: Verdict, rows: list[Alternative]) -> Verdict:
    is_fragile = verdict.fragile or any(row.change == "flips" for row in rows)
    return replace(verdict, alternatives=tuple(rows), fragile=is_fragile)
