"""How far conditions do more together than each by itself (exploratory).

*Model:* within unit u, the difference of differences of mean outcomes over drawn cells,
Δ_u = Σ_k (−1)^(K − |k|) ȳ_u(k), where k says which of the K conditions hold: for two,
(ȳ₁₁ − ȳ₀₁) − (ȳ₁₀ − ȳ₀₀). A condition that does not hold has any other level of its factor, as the study
draws them. Pooled as effects are.

References:
    Egami & Imai (2019), Causal interaction in factorial experiments. JASA 114.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gyges.analysis._intervals import adjust_benjamini_hochberg, two_sided_p
from gyges.analysis._pooling import pool_units
from gyges.analysis._units import fit_sums
from gyges.estimands import Joint, Tally, pick_joint
from gyges.records.estimates import Interaction


def estimate_interactions(counted: Iterable[tuple[Joint, Tally]], model: str) -> tuple[Interaction, ...]:
    """Estimate one model's interactions and adjust their p values together."""
    found = [each for joint, by_model in counted for each in _estimate(joint, by_model, model)]
    adjusted = adjust_benjamini_hochberg([each.p for each in found])
    return tuple(replace(each, q=q) for each, q in zip(found, adjusted, strict=True))


def _estimate(joint: Joint, by_model: Tally, model: str) -> list[Interaction]:
    by_source = by_model.get(model, {})
    source = pick_joint(by_source, joint)
    if source is None:
        return []
    estimate = pool_units(fit_sums(by_source[source][joint.value.name], joint.weights, joint.value))
    return [
        Interaction(
            model=model,
            outcome=joint.outcome,
            factors=tuple(joint.condition),
            levels=tuple(" or ".join(levels) for levels in joint.condition.values()),
            claims=joint.claims,
            protocol=source.protocol,
            design=source.design,
            estimate=estimate,
            p=two_sided_p(estimate.estimate, estimate.se, estimate.df),
        )
    ]
