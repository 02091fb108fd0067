"""Verdicts held against the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from gyges.analysis import wilson
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.validity import TRUTHS, VERDICT_WORDS, Confusion, Scored, Share, TruthWord
from gyges.records.verdicts import Finding, Verdict
from gyges.validity._known import Known, Source, Truth
from gyges.validity._truth import count_needed, find_truth

NEAR_ZERO: Final = 0.1
"""An effect closer to 0 than this share of its SESOI is called none."""

STRONG: Final = 2.0
"""From this multiple of its SESOI on an effect is called strong."""

_DUST: Final = 1e-6
_LIKE: Final = "scenarios like these"


class SimulatedStudy(NamedTuple):
    """One study of one agent."""

    name: str
    agent: str
    known: Known


def classify(claim: Claim, truths: Sequence[Truth]) -> TruthWord:
    """Say in a word what is true of a claim, of whose parts as many as it asserts must be so."""
    near = [NEAR_ZERO * truth.sesoi for truth in truths]
    if _holds(claim, truths, (max(truth.sesoi, _DUST) for truth in truths)):
        return "matters"
    if _holds(claim, truths, (max(x, _DUST) for x in near)):
        return "small"
    return "none" if _holds(claim, truths, (-x - _DUST for x in near)) else "opposite"


def is_strong(claim: Claim, truths: Sequence[Truth]) -> bool:
    """Whether all that a claim asserts is there to `STRONG` times its SESOI or more."""
    return _holds(claim, truths, (max(STRONG * truth.sesoi, _DUST) for truth in truths))


def _holds(claim: Claim, truths: Sequence[Truth], least: Iterable[float]) -> bool:
    needed = count_needed(claim, len(truths))
    return sum(truth.value >= x for truth, x in zip(truths, least, strict=True)) >= needed


def score(
    studies: Sequence[SimulatedStudy],
    findings: Sequence[Finding],
    verdicts: Sequence[Verdict],
    claims: Sequence[Claim],
) -> list[Scored]:
    """Hold every verdict of simulated studies against the truth.

    Args:
        studies: The studies, each under the name it has as a model.
        findings: What was measured in them.
        verdicts: What was decided.
        claims: The claims.
    """
    found = {(each.model, each.claim): each for each in findings}
    words = {(each.model, each.id): each for each in verdicts}
    scored = []
    for claim in claims:
        mine = [
            (study, found.get((study.name, claim.id)), words.get((study.name, claim.id))) for study in studies
        ]
        truths = [
            find_truth(study.known, claim, _source(finding)) if finding else () for study, finding, _ in mine
        ]
        means = _average([(s.agent, t) for (s, _, _), t in zip(mine, truths, strict=True)])
        for (study, finding, verdict), truth in zip(mine, truths, strict=True):
            if verdict is not None:
                population = means.get((study.agent, len(truth)), ())
                scored.append(_score_one(study, claim, (finding, verdict), (truth, population)))
    return scored


def _source(finding: Finding) -> Source:
    return finding.design, finding.protocol


def _average(truths: Iterable[tuple[str, tuple[Truth, ...]]]) -> dict[tuple[str, int], tuple[Truth, ...]]:
    """Mean truth of an agent's studies, by the number of parts: what scenarios like these are on average."""
    known: dict[tuple[str, int], list[tuple[Truth, ...]]] = {}
    for agent, truth in truths:
        known.setdefault((agent, len(truth)), []).append(truth)
    return {
        key: tuple(
            Truth(
                float(np.mean([part.value for part in parts])),
                parts[0].sesoi,
                float(np.mean([_on_scale(part) for part in parts])),
            )
            for parts in zip(*found, strict=True)
        )
        for key, found in known.items()
    }


def _on_scale(part: Truth) -> float:
    return part.value if part.shown is None else part.shown


def _score_one(
    study: SimulatedStudy,
    claim: Claim,
    found: tuple[Finding | None, Verdict],
    truths: tuple[tuple[Truth, ...], tuple[Truth, ...]],
) -> Scored:
    finding, verdict = found
    own, population = truths
    if finding is None or not own:
        return Scored(study.agent, study.name, claim.id, verdict.verdict, None)
    # What is asserted of scenarios like these is true of the mean over all that were drawn.
    truth = population if verdict.scope == _LIKE else own
    needed = count_needed(claim, len(truth))
    holding = sum(part.value > _DUST for part in truth) >= needed
    word = classify(claim, truth)
    is_false = verdict.verdict == "supported" and not holding
    intervals, covered = _count_covered(finding, own, population)
    return Scored(
        agent=study.agent,
        study=study.name,
        claim=claim.id,
        verdict=verdict.verdict,
        truth=word,
        is_strong=is_strong(claim, truth),
        is_false=is_false,
        is_wrong=is_false or (verdict.verdict == "refuted" and word == "matters"),
        is_reversed=(is_false and word == "opposite") or (verdict.strength == "opposite" and holding),
        intervals=intervals,
        covered=covered,
    )


def _count_covered(
    finding: Finding, own: tuple[Truth, ...], population: tuple[Truth, ...]
) -> tuple[int, int]:
    """Count the intervals of a finding's parts, and those that hold the truth."""
    if finding.estimate is None:
        return 0, 0
    estimates = [part.estimate for part in finding.parts] or [finding.estimate]
    if len(estimates) != len(own):
        return 0, 0
    values = [
        _on_scale(mean if estimate.scope == _LIKE else mine)
        for estimate, mine, mean in zip(estimates, own, population, strict=True)
    ]
    return len(values), sum(
        _covers(estimate, value) for estimate, value in zip(estimates, values, strict=True)
    )


def _covers(estimate: Estimate, value: float) -> bool:
    return estimate.low - _DUST <= value <= estimate.high + _DUST


def share(k: int, n: int) -> Share:
    """Give a share with Wilson's interval."""
    if not n:
        return Share(k, n, None, None, None)
    low, high = wilson(k / n, n)
    return Share(k, n, k / n, low, high)


def tabulate(scored: Sequence[Scored]) -> list[Confusion]:
    """Count truth against verdict for every claim whose truth is known, and for all together at the end."""
    known = [each for each in scored if each.truth is not None]
    ids = dict.fromkeys(each.claim for each in known)
    rows = [_tabulate_one(name, [each for each in known if each.claim == name]) for name in ids]
    return [*rows, _tabulate_one("all", known)]


def _tabulate_one(name: str, mine: Sequence[Scored]) -> Confusion:
    counts = {
        truth: {word: sum(s.truth == truth and s.verdict == word for s in mine) for word in VERDICT_WORDS}
        for truth in TRUTHS
    }
    tested = [each for each in mine if each.verdict != "not-tested"]
    decided = [each for each in tested if each.verdict != "inconclusive"]
    return Confusion(
        claim=name,
        counts=counts,
        strong=share(
            sum(each.is_strong and each.verdict == "supported" for each in tested),
            sum(each.is_strong for each in tested),
        ),
        wrong=share(sum(each.is_wrong for each in decided), len(decided)),
        reversed=share(sum(each.is_reversed for each in tested), len(tested)),
        coverage=share(sum(each.covered for each in mine), sum(each.intervals for each in mine)),
    )


def count_false(scored: Sequence[Scored]) -> Share:
    """Give the share of studies in which any claim was falsely supported."""
    studies = {each.study for each in scored}
    return share(len({each.study for each in scored if each.is_false}), len(studies))


def by_claim(scored: Sequence[Scored]) -> Mapping[str, list[Scored]]:
    """Sort scores by claim."""
    found: dict[str, list[Scored]] = {}
    for each in scored:
        found.setdefault(each.claim, []).append(each)
    return found
