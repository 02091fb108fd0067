"""The verdict rule.

Per directional claim with smallest effect of interest d, signed so that the claim asserts Δ > 0: p_sup tests
Δ ≤ 0 and p_ref tests Δ ≥ d, both one-sided; Holm over the model's directional claims, separately for the two
lists. Refuted if p_ref passes; else supported if p_sup does; else inconclusive. Limits of rates and counts of
scenarios are decided by their intervals, outside the family.

The family is fixed before any outcome is seen: every registered directional claim for which the plan has
enough trials. One that then cannot be tested, for want of coded trials or of events, stays in it with p = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gyges.claims._agreement import find_disagreement, list_known
from gyges.claims._controls import decide_control
from gyges.claims._directional import Family, decide_directional, decide_study
from gyges.claims._gates import find_bar, make_verdict
from gyges.claims._holm import adjust_holm
from gyges.claims._limits import decide_bound, decide_count
from gyges.claims._parts import count_needed, split_parts, try_parts
from gyges.estimands import items_of
from gyges.records.claim import Claim
from gyges.records.judges import JudgeRow
from gyges.records.verdicts import Finding, Verdict

_CONTROLS = {"noticed", "overdispersion", "say-do"}
_OUTSIDE = {"rate-bound", "count", "capability", "misread", "judges", *_CONTROLS}


def decide(
    findings: Sequence[Finding],
    claims: Sequence[Claim],
    *,
    min_trials: int,
    alpha: float = 0.05,
    judges: Sequence[JudgeRow] = (),
) -> tuple[Verdict, ...]:
    """Decide every claim for every model.

    Args:
        findings: What the analysis measured, at most one for each claim and model.
        claims: The registered claims the study asks for; they are the family of the correction.
        min_trials: Fewest coded trials for a claim to be tested.
        alpha: Level of each list of tests.
        judges: How far judges agree, for claims that rest on what they coded.

    Returns:
        One verdict for each model and claim, by model in the findings' order and then in the claims' order.
    """
    by_id = {claim.id: claim for claim in claims}
    found = {(each.model, each.claim): _doubt(by_id.get(each.claim), each, judges) for each in findings}
    models = list(dict.fromkeys(finding.model for finding in findings))
    return tuple(
        verdict
        for model in models
        for verdict in _decide_model(
            [(c, found.get((model, c.id)) or _nothing(c, model)) for c in claims], min_trials, alpha
        )
    )


def _doubt(claim: Claim | None, finding: Finding, judges: Sequence[JudgeRow]) -> Finding:
    """Mark a finding whose judges are known to agree too little; where nothing is known, its note says so."""
    items = list_known(items_of(claim), judges) if claim else []
    if claim is None or not items:
        return finding
    return replace(finding, doubt=find_disagreement(claim, items, judges))


def _nothing(claim: Claim, model: str) -> Finding:
    return Finding(claim.id, model, None, missing="This run has no finding for it.", planned=False)


def _is_in_family(claim: Claim, finding: Finding) -> bool:
    return claim.kind not in _OUTSIDE and finding.planned


def _decide_model(pairs: Sequence[tuple[Claim, Finding]], min_trials: int, alpha: float) -> list[Verdict]:
    bars = {claim.id: find_bar(claim, finding, min_trials) for claim, finding in pairs}
    directional = [(claim, finding) for claim, finding in pairs if _is_in_family(claim, finding)]
    family = _test_family(directional, {name for name, bar in bars.items() if bar}, alpha)
    verdicts = []
    for claim, finding in pairs:
        if bars[claim.id]:
            verdicts.append(make_verdict(claim, finding, verdict="not-tested", reason=bars[claim.id]))
        elif claim.kind == "count":
            verdicts.append(decide_count(claim, finding))
        elif claim.kind in {"rate-bound", "misread"}:
            verdicts.append(decide_bound(claim, finding, alpha))
        elif claim.kind in _CONTROLS:
            verdicts.append(decide_control(claim, finding, alpha))
        elif claim.kind == "capability":
            # It is about the study, so no model's other claims may change what it comes to.
            verdicts.append(decide_study(claim, finding, _test_family([(claim, finding)], set(), alpha)))
        else:
            verdicts.append(decide_directional(claim, finding, family))
    return verdicts


def _test_family(pairs: Sequence[tuple[Claim, Finding]], barred: set[str], alpha: float) -> Family:
    tested = {}
    for claim, finding in pairs:
        if claim.id not in barred:
            parts = split_parts(claim, finding)
            tested[claim.id] = try_parts(parts, count_needed(claim, len(parts)))
    ids = [claim.id for claim, _ in pairs]
    supported = adjust_holm([tested[each].p_supported if each in tested else 1.0 for each in ids])
    refuted = adjust_holm([tested[each].p_refuted if each in tested else 1.0 for each in ids])
    return Family(
        alpha=alpha,
        tested=tested,
        supported=dict(zip(ids, supported, strict=True)),
        refuted=dict(zip(ids, refuted, strict=True)),
    )
