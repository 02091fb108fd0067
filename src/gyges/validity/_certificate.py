"""The certificate of a study: what its own design and size can find out, from agents of known truth.

One agent has no effect at all, the others have twice the SESOI on every directional claim about rates
between them. Each goes through the study's plan as often as asked, by the fast path: its rates instead of
transcripts. Claims about values and tactics take choices among acts, and fits that cost more: two policies
stand for them, one that they are not true of and one that they are, in `TRADED` of the studies.

What the others would find stays unknown, and claims take their room in the family of tests as if nothing
came of them, which makes the figures for power a little too low rather than too high. Claims that judges
decide take part where the study has judges, who never err here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from gyges.agents import Profile, load_profile
from gyges.deciding import Asked
from gyges.estimands import list_items, read_code
from gyges.records.claim import Claim
from gyges.records.plan import Plan
from gyges.records.seeds import derive_seed
from gyges.records.validity import Certificate, CertificateRow, Scored
from gyges.records.verdicts import Finding, Verdict
from gyges.validity._known import Known, Source, Weights, know
from gyges.validity._layout import Layout, lay_out
from gyges.validity._pipeline import measure, reach_verdicts
from gyges.validity._scoring import SimulatedStudy, by_claim, count_false, score, share
from gyges.validity._simulate import simulate, simulate_rates
from gyges.validity._stated import FACTOR, Stated, expect_stated, make_effects, make_null, state_rates
from gyges.validity._traders import find_effects, is_traded, make_indifferent, make_traders
from gyges.validity._truth import has_truth

TRADED: Final = 0.2
"""Share of the studies in which claims about values and tactics are put through."""

_ROWS_AT_ONCE = 40_000
"""Trials of simulated studies that are measured together; more take more memory and hardly less time."""

_OUTSIDE = {"rate-bound", "count"}
_CONTROLS = {"noticed", "misread", "overdispersion", "say-do", "judges"}
_ABOUT_STUDY = "capability"


@dataclass(frozen=True)
class Subject:
    """What a certificate is about."""

    plan: Plan
    asked: Asked

    @property
    def seed(self) -> int:
        """The study's own."""
        return self.asked.study.seed


def certify(subject: Subject, *, studies: int, gyges: str, plan_hash: str, claims_hash: str) -> Certificate:
    """Make the certificate of a study.

    Args:
        subject: The study's plan, with all that it takes.
        studies: Simulated studies for each agent.
        gyges: Version of Gyges, for the record, as are the hashes of plan and claims.
        plan_hash: Hash of the plan.
        claims_hash: Hash of the claims.
    """
    asked = subject.asked
    layout = lay_out(subject.plan, asked.scenarios, asked.batteries)
    sources = find_sources(layout, subject)
    stage = _Stage(layout, subject, sources, studies)
    directional = [claim for claim in stage.rated if claim.kind not in _OUTSIDE]
    seed = derive_seed(subject.seed, "certificate", "slopes")
    effects = make_effects(layout, directional, sources, seed, stage.codes)
    null = _put_rates_through(stage, make_null(stage.codes))
    strong = [_put_rates_through(stage, agent) for agent in effects]
    traded = _trade(stage)
    found = _Found(
        null=by_claim([*null, *traded.null]),
        strong=traded.strong | {a.claim.id: s for e, s in zip(effects, strong, strict=True) for a in e.aims},
        effects=traded.effects | {aim.claim.id: FACTOR for agent in effects for aim in agent.aims},
    )
    return Certificate(
        gyges=gyges,
        plan_hash=plan_hash,
        claims_hash=claims_hash,
        seed=subject.seed,
        studies=studies,
        traded=stage.n_traded,
        agents=len(effects),
        any_false=count_false(null),
        claims=tuple(_make_row(claim, found, _say_reason(claim, stage)) for claim in asked.claims),
    )


def find_sources(layout: Layout, subject: Subject) -> dict[str, Source]:
    """Find the trials that each claim of known truth rests on; one that the plan cannot test is left out."""
    asked = subject.asked
    claims = [claim for claim in asked.claims if _is_certified(claim, asked)]
    codes = simulate(layout, load_profile("random"), seed=0, lost=0.0)
    found = measure(codes, asked, claims)
    return {each.claim: (each.design, each.protocol) for each in found if each.estimate is not None}


def _is_certified(claim: Claim, asked: Asked) -> bool:
    is_judged = bool(list_items([claim]))
    return has_truth(claim) and claim.kind not in _CONTROLS and (not is_judged or bool(asked.study.judges))


@dataclass(frozen=True)
class _Stage:
    """What all agents go through."""

    layout: Layout
    subject: Subject
    sources: Mapping[str, Source]
    """Of the claims that the plan can test and whose truth is known, the trials they rest on."""
    studies: int
    weights: Weights = field(default_factory=dict)
    """Weights of trials in each claim's truth, worked out once."""

    @property
    def rated(self) -> list[Claim]:
        """Claims about rates."""
        return [c for c in self.subject.asked.claims if c.id in self.sources and not is_traded(c)]

    @property
    def traded(self) -> list[Claim]:
        """Claims about choices among acts."""
        return [c for c in self.subject.asked.claims if c.id in self.sources and is_traded(c)]

    @property
    def n_traded(self) -> int:
        """Simulated studies for each agent for the latter."""
        return math.ceil(TRADED * self.studies) if self.traded else 0

    @property
    def codes(self) -> tuple[str, ...]:
        """Answers by judges that claims about rates rest on, as outcomes."""
        named = {outcome for claim in self.rated for outcome in (claim.outcome, claim.outcome_b)}
        return tuple(sorted(outcome for outcome in named if read_code(outcome)))

    def list_others(self, claims: Sequence[Claim]) -> list[Claim]:
        """List the claims of the family that are decided, but not here."""
        known = {claim.id for claim in claims}
        outside = {*_OUTSIDE, *_CONTROLS, _ABOUT_STUDY}
        family = [claim for claim in self.subject.asked.claims if claim.kind not in outside]
        # What the plan cannot test has no room in a real run's family either.
        return [claim for claim in family if claim.id in self.sources and claim.id not in known]


@dataclass(frozen=True)
class _Traded:
    """What came of the claims about choices among acts."""

    null: list[Scored] = field(default_factory=list)
    strong: dict[str, list[Scored]] = field(default_factory=dict)
    effects: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    """All scores, by claim."""

    null: Mapping[str, list[Scored]]
    strong: Mapping[str, list[Scored]]
    """Those of all claims of the agent that has the effect."""
    effects: Mapping[str, float]


def _put_rates_through(stage: _Stage, agent: Stated) -> list[Scored]:
    """Put an agent through the plan again and again; give every verdict with the truth."""
    rng = np.random.default_rng(derive_seed(stage.subject.seed, "certificate", agent.name))

    def draw(name: str) -> tuple[pl.DataFrame, Known]:
        rates = state_rates(stage.layout, agent, rng)
        codes = simulate_rates(stage.layout, rates, rng, name=name)
        return codes, Known(stage.layout, expect_stated(rates), weights=stage.weights)

    return _put_through(stage, (agent.name, draw), stage.rated, stage.studies)


def _trade(stage: _Stage) -> _Traded:
    """Put the two policies through the plan, for claims about choices among acts."""
    claims = stage.traded
    if not claims:
        return _Traded()
    found = _Traded(_put_policy_through(stage, make_indifferent(), claims))
    traders = make_traders(stage.layout, claims, stage.sources)
    effects = [find_effects(know(stage.layout, each), claims, stage.sources) for each in traders]
    nearest = {claim.id: _find_nearest([each[claim.id] for each in effects]) for claim in claims}
    for place, trader in enumerate(traders):
        mine = [claim for claim in claims if nearest[claim.id] == place]
        scored = _put_policy_through(stage, trader, mine)
        found.strong.update(dict.fromkeys((claim.id for claim in mine), scored))
        found.effects.update({claim.id: effects[place][claim.id] for claim in mine})
    return found


def _find_nearest(effects: Sequence[float]) -> int | None:
    """The agent whose effect is nearest to what is aimed at; one that it has not in full says nothing."""
    able = [place for place, effect in enumerate(effects) if effect >= 1]
    return min(able, key=lambda place: abs(effects[place] - FACTOR), default=None)


def _put_policy_through(stage: _Stage, profile: Profile, claims: Sequence[Claim]) -> list[Scored]:
    known = know(stage.layout, profile, stage.weights)

    def draw(name: str) -> tuple[pl.DataFrame, Known]:
        seed = derive_seed(stage.subject.seed, "certificate", name)
        return simulate(stage.layout, profile, seed=seed).with_columns(model=pl.lit(name)), known

    return _put_through(stage, (profile.id, draw), claims, stage.n_traded)


_Draw = Callable[[str], tuple[pl.DataFrame, Known]]


def _put_through(
    stage: _Stage, agent: tuple[str, _Draw], claims: Sequence[Claim], studies: int
) -> list[Scored]:
    if not claims:
        return []
    who, draw = agent
    names = [f"{who}/{number:05d}" for number in range(studies)]
    asked, others = stage.subject.asked, stage.list_others(claims)
    known: list[SimulatedStudy] = []
    findings: list[Finding] = []
    verdicts: list[Verdict] = []
    # Each study is a model of its own, so that a few at a time come to the same as all at once.
    at_once = max(1, _ROWS_AT_ONCE // stage.layout.n_trials)
    for start in range(0, studies, at_once):
        drawn = [(name, *draw(name)) for name in names[start : start + at_once]]
        known += [SimulatedStudy(name, who, each) for name, _, each in drawn]
        found = measure(pl.concat([codes for _, codes, _ in drawn]), asked, claims)
        findings += found
        verdicts += reach_verdicts(found, asked, claims, others)
    return score(known, findings, verdicts, claims)


def _make_row(claim: Claim, found: _Found, reason: str) -> CertificateRow:
    null = found.null.get(claim.id, [])
    without = [each for each in null if each.truth in {"none", "opposite"}]
    with_ = [each for each in found.strong.get(claim.id, ()) if each.claim == claim.id]
    both = [*null, *with_]
    tested = [each for each in both if each.verdict != "not-tested"]
    return CertificateRow(
        claim=claim.id,
        false_alarms=share(sum(each.is_false for each in without), len(without)),
        power=share(sum(each.verdict == "supported" for each in with_), len(with_)),
        effect=found.effects.get(claim.id),
        reversed=share(sum(each.is_reversed for each in tested), len(tested)),
        coverage=share(sum(each.covered for each in both), sum(each.intervals for each in both)),
        reason="" if both else reason,
    )


def _say_reason(claim: Claim, stage: _Stage) -> str:
    """Say why a claim has no figure."""
    if claim.kind in _CONTROLS:
        return "it asks about the trials, and no agent here has an effect on what it asks"
    if list_items([claim]) and not stage.subject.asked.study.judges:
        return "the study has no judges"
    if not has_truth(claim):
        return "the truth about claims of its kind is not known for these agents"
    return "the plan has too few trials for it"
