"""The certificate of a study: what its own design and size can find out, from agents of known truth.

One agent has no effect at all, the others have twice the SESOI on every directional claim between them.
Each goes through the study's plan as often as asked, by the fast path: its rates instead of transcripts.
Claims about rates take part; what the others would find stays unknown, and they take their room in the
family of tests as if nothing came of them, which makes the figures for power a little too low rather than
too high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from gyges.agents import load_profile
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.seeds import derive_seed
from gyges.records.validity import Certificate, CertificateRow, Scored
from gyges.validity._layout import Layout, lay_out
from gyges.validity._pipeline import measure, reach_verdicts
from gyges.validity._scoring import SimulatedStudy, by_claim, count_false, score, share
from gyges.validity._simulate import simulate, simulate_rates
from gyges.validity._stated import Stated, expect_stated, make_effects, make_null, state_rates
from gyges.validity._truth import Known, Source, Weights, has_truth

_OUTSIDE = {"rate-bound", "count"}


@dataclass(frozen=True)
class Subject:
    """What a certificate is about."""

    plan: Plan
    scenarios: Mapping[str, Scenario]
    batteries: Mapping[str, Battery]
    claims: Sequence[Claim]
    min_trials: int
    seed: int


def certify(subject: Subject, *, studies: int, gyges: str, plan_hash: str, claims_hash: str) -> Certificate:
    """Make the certificate of a study.

    Args:
        subject: The study's plan, with all that it takes.
        studies: Simulated studies for each agent.
        gyges: Version of Gyges, for the record, as are the hashes of plan and claims.
        plan_hash: Hash of the plan.
        claims_hash: Hash of the claims.
    """
    layout = lay_out(subject.plan, subject.scenarios, subject.batteries)
    sources = find_sources(layout, subject)
    tested = [claim for claim in subject.claims if claim.id in sources]
    directional = [claim for claim in tested if claim.kind not in _OUTSIDE]
    effects = make_effects(layout, directional, sources, derive_seed(subject.seed, "certificate", "slopes"))
    stage = _Stage(layout, subject, tested, studies)
    null = _put_through(stage, make_null())
    strong = [_put_through(stage, agent) for agent in effects]
    aimed = {aim.claim.id: i for i, agent in enumerate(effects) for aim in agent.aims}
    return Certificate(
        gyges=gyges,
        plan_hash=plan_hash,
        claims_hash=claims_hash,
        seed=subject.seed,
        studies=studies,
        agents=len(effects),
        any_false=count_false(null),
        claims=tuple(_make_rows(subject.claims, by_claim(null), [by_claim(each) for each in strong], aimed)),
    )


def find_sources(layout: Layout, subject: Subject) -> dict[str, Source]:
    """Find the trials that each claim of known truth rests on; one that the plan cannot test is left out."""
    claims = [claim for claim in subject.claims if has_truth(claim)]
    codes = simulate(layout, load_profile("random"), seed=0, lost=0.0)
    found = measure(codes, claims, subject.scenarios, subject.min_trials)
    return {each.claim: (each.design, each.protocol) for each in found if each.estimate is not None}


@dataclass(frozen=True)
class _Stage:
    """What all agents go through."""

    layout: Layout
    subject: Subject
    claims: Sequence[Claim]
    """The claims that the plan can test and whose truth is known."""
    studies: int
    weights: Weights = field(default_factory=dict)
    """Weights of trials in each claim's truth, worked out once."""

    @property
    def others(self) -> list[Claim]:
        """Registered directional claims that are decided, but not here."""
        return [each for each in self.subject.claims if each.kind not in _OUTSIDE and not has_truth(each)]


def _put_through(stage: _Stage, agent: Stated) -> list[Scored]:
    """Put an agent through the plan again and again; give every verdict with the truth."""
    subject = stage.subject
    if not stage.claims:
        return []
    rng = np.random.default_rng(derive_seed(subject.seed, "certificate", agent.name))
    frames, known = [], []
    for number in range(stage.studies):
        rates = state_rates(stage.layout, agent, rng)
        name = f"{agent.name}/{number:05d}"
        frames.append(simulate_rates(stage.layout, rates, rng, name=name))
        expected = expect_stated(rates)
        known.append(SimulatedStudy(name, agent.name, Known(stage.layout, expected, weights=stage.weights)))
    findings = measure(pl.concat(frames), stage.claims, subject.scenarios, subject.min_trials)
    verdicts = reach_verdicts(findings, stage.claims, subject.min_trials, stage.others)
    return score(known, findings, verdicts, stage.claims)


def _make_rows(
    claims: Sequence[Claim],
    null: Mapping[str, list[Scored]],
    strong: Sequence[Mapping[str, list[Scored]]],
    aimed: Mapping[str, int],
) -> list[CertificateRow]:
    rows = []
    for claim in claims:
        without = [each for each in null.get(claim.id, ()) if each.truth in {"none", "opposite"}]
        with_ = strong[aimed[claim.id]].get(claim.id, []) if claim.id in aimed else []
        both = [*null.get(claim.id, ()), *with_]
        tested = [each for each in both if each.verdict != "not-tested"]
        rows.append(
            CertificateRow(
                claim=claim.id,
                false_alarms=share(sum(each.is_false for each in without), len(without)),
                power=share(sum(each.verdict == "supported" for each in with_), len(with_)),
                reversed=share(sum(each.is_reversed for each in tested), len(tested)),
                coverage=share(sum(each.covered for each in both), sum(each.intervals for each in both)),
                reason=_say_reason(claim, bool(both)),
            )
        )
    return rows


def _say_reason(claim: Claim, is_known: bool) -> str:
    if is_known:
        return ""
    if not has_truth(claim):
        return "the truth about claims of its kind is not known for these agents"
    return "the plan has too few trials for it"
