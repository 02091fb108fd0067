"""Values fitted to reference agents' choices are the agents' own, and verdicts about them are the truth."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import starmap

import numpy as np
import polars as pl
import pytest

from gyges.agents import Profile, load_profile
from gyges.analysis import Revealed, measure_claims, prepare_codes, reveal_values
from gyges.analysis._held_out import hold_out
from gyges.analysis._items import estimate_odds, estimate_share, find_share, find_spread, fit_pairs
from gyges.analysis._trade_offs import ItemCount
from gyges.analysis._weights import WeightFit, fit_weights
from gyges.claims import decide, load_claims
from gyges.design import load_study, make_plan
from gyges.estimands import VALUE_KINDS, ChoiceTable, find_facts, foresee_choices
from gyges.records.verdicts import Verdict
from gyges.scenarios import load_batteries, load_library
from gyges.utility import TERMS, Choices, find_losses, find_shares
from tests.calibration.known import PROFILES, STUDIES, draw_codes, know
from tests.calibration.known_values import (
    draw_items,
    draw_profile,
    find_value_truth,
    list_items,
    true_leads,
    true_share,
    weights_of,
)
from tests.calibration.test_verdicts_against_truth import is_wrong

CLAIMS = {claim.id: claim for claim in load_claims() if claim.kind in VALUE_KINDS}
DRAWN = range(12)


@cache
def foresee(trials: int) -> ChoiceTable:
    """Give the choice sets of the core study's agentic trials, with about so many of them."""
    study = load_study("core")
    agentic = tuple(part for part in study.design if part.protocol == "agentic")
    whole = sum(part.share for part in agentic)
    design = tuple(part.model_copy(update={"share": part.share / whole}) for part in agentic)
    study = study.model_copy(update={"trials": trials, "design": design})
    library = load_library()
    plan = make_plan(study, library, claims=load_claims())
    table = foresee_choices(plan.table, library, min_trials=20)
    assert table is not None
    assert table.n == trials
    return table


def choose(table: ChoiceTable, profile: Profile, seed: int) -> ChoiceTable:
    """Draw what a profile chooses in every choice set."""
    weights = np.array(list(weights_of(profile).values()))
    shares = find_shares(table.choices, weights)
    rng = np.random.default_rng([seed, 11])
    totals = np.round(table.choices.totals).astype(np.int64)
    counts = rng.multinomial(totals, shares / shares.sum(axis=1, keepdims=True)).astype(float)
    choices = Choices(table.choices.features, table.choices.is_open, counts)
    return replace(table, choices=choices)


@cache
def recover(seed: int) -> tuple[Profile, ChoiceTable, WeightFit]:
    """Fit a drawn profile's weights to 5,000 of its trials."""
    profile = draw_profile(seed)
    table = choose(foresee(5000), profile, seed)
    return profile, table, fit_weights(table)


@pytest.mark.slow
def test_fitted_weights_are_the_profiles() -> None:
    """Over 12 profiles drawn over the weight space, fitted and true weights correlate at 0.95 or more."""
    pairs = []
    for seed in DRAWN:
        profile, _, fit = recover(seed)
        truth = np.array(list(weights_of(profile).values()))
        kept = fit.fit.identified
        assert kept.sum() == len(TERMS) - 1
        pairs.append(np.stack([truth[kept], fit.fit.weights[kept]]))
        assert np.corrcoef(pairs[-1])[0, 1] >= 0.9
    assert np.corrcoef(np.concatenate(pairs, axis=1))[0, 1] >= 0.95


@pytest.mark.slow
def test_held_out_loss_is_near_the_policy_s_own_entropy() -> None:
    """Predicting scenarios held out loses at most 5 % more than the policy's own probabilities would."""
    for seed in DRAWN:
        profile, table, fit = recover(seed)
        own = find_shares(table.choices, np.array(list(weights_of(profile).values())))
        entropy = -float((table.choices.totals[:, None] * own * np.log(np.maximum(own, 1e-300))).sum())
        lost = float(find_losses(table.choices, hold_out(table, fit).by_values).sum())
        assert abs(lost / entropy - 1) <= 0.05, (profile.id, lost, entropy)


@pytest.mark.slow
def test_intervals_of_weights_cover() -> None:
    """95 % intervals of the weights cover the truth at the core study's size, and none much too rarely."""
    table = foresee(2000)
    profile = load_profile("insight-profile")
    truth = np.array(list(weights_of(profile).values()))
    covered = []
    for seed in range(16):
        fit = fit_weights(choose(table, profile, seed))
        found = [fit.estimate(each) for each in np.eye(len(TERMS))[fit.fit.identified]]
        covered.append([e.low <= t <= e.high for e, t in zip(found, truth[fit.fit.identified], strict=True)])
    assert np.mean(covered) >= 0.95
    assert np.mean(covered, axis=0).min() >= 0.75


@pytest.mark.slow
def test_intervals_of_trade_offs_cover() -> None:
    """95 % intervals of shares, odds and steps of the hierarchy cover the truth over all kinds of agents."""
    profiles = [*map(load_profile, PROFILES), *map(draw_profile, DRAWN)]
    things = CLAIMS["C38"].values
    ranked = {f"{a}-vs-{b}" for a in things for b in things}
    covered: dict[str, list[bool]] = {"share": [], "odds": [], "pairs": []}
    for number, profile in enumerate(profiles):
        rng = np.random.default_rng([number, 3])
        families = {name: items for name, items in list_items().items() if name != "sure-vs-gamble"}
        truths = {name: [true_share(item, profile) for item in items] for name, items in families.items()}
        leads = true_leads(things, profile)
        for _ in range(20):
            counts = {
                name: list(starmap(_count, ((name, p, rng) for p in ps))) for name, ps in truths.items()
            }
            spread = find_spread([each for mine in counts.values() for each in mine])
            shares = {name: find_share(mine, spread) for name, mine in counts.items()}
            for name, share in shares.items():
                mean = float(np.mean(truths[name]))
                found = estimate_share(share)
                covered["share"].append(found.low <= mean - 0.5 <= found.high)
                if 0.02 < mean < 0.98:
                    odds = estimate_odds(share)
                    covered["odds"].append(odds.low <= math.log(mean / (1 - mean)) <= odds.high)
            steps = fit_pairs(things, {name: share for name, share in shares.items() if name in ranked})
            covered["pairs"] += [e.low <= t <= e.high for e, t in zip(steps, leads, strict=True)]
    rates = {name: float(np.mean(each)) for name, each in covered.items()}
    assert all(0.93 <= rate <= 0.995 for rate in rates.values()), rates


def _count(family: str, share: float, rng: np.random.Generator) -> ItemCount:
    first, _, second = family.partition("-vs-")
    taken = int(rng.binomial(8, share))
    return ItemCount(family, None, taken={first: taken, second: 8 - taken})


@cache
def run(name: str, seed: int) -> tuple[dict[str, Verdict], Revealed]:
    """Take a shipped profile's core study to verdicts on its values."""
    known = know(name, "core")
    rows = [draw_codes(known, seed), draw_items(load_profile(name), "core", seed)]
    codes = pl.concat(rows, how="diagonal_relaxed")
    facts = {each: find_facts(scenario) for each, scenario in known.scenarios.items()}
    fewest = STUDIES["core"].min_trials
    revealed = reveal_values(codes, known.scenarios, load_batteries(), min_trials=fewest)
    # The family of tests is that of the whole registry, as in a run.
    claims = tuple(claim for claim in load_claims() if claim.kind != "count")
    findings = measure_claims(
        prepare_codes(codes, facts),
        claims,
        scenario_results=(),
        min_trials=fewest,
        facts=facts,
        revealed=revealed,
    )
    return {verdict.id: verdict for verdict in decide(findings, claims, min_trials=fewest)}, revealed


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_verdicts_on_values_are_the_truth(name: str) -> None:
    """For every shipped profile, each claim about values is tested, and no verdict on one is wrong."""
    for seed in (1, 2):
        verdicts, _ = run(name, seed)
        for claim in CLAIMS.values():
            verdict = verdicts[claim.id]
            parts = find_value_truth(know(name, "core"), claim, load_profile(name))
            assert verdict.verdict != "not-tested", verdict.reason
            assert not is_wrong(claim, verdict, parts), (seed, verdict.id, verdict.reason, parts)


@pytest.mark.slow
def test_the_insight_profile_has_the_note_s_values() -> None:
    """What the profile makes true of values is supported; its hierarchy is true, and not decided."""
    verdicts, _ = run("insight-profile", 1)
    assert {name: verdicts[name].verdict for name in CLAIMS} == {
        **dict.fromkeys(("C04", "C06", "C12", "C14", "C39"), "supported"),
        "C38": "inconclusive",
    }
    truths = find_value_truth(know("insight-profile", "core"), CLAIMS["C38"], load_profile("insight-profile"))
    assert all(truth.value > truth.sesoi for truth in truths)


@pytest.mark.slow
def test_the_power_maximiser_refutes_the_hierarchy() -> None:
    """An agent that puts power first refutes C38 and C04."""
    for seed in (1, 2):
        verdicts, _ = run("power-maximiser", seed)
        assert verdicts["C38"].verdict == "refuted"
        assert verdicts["C04"].verdict == "refuted"


@pytest.mark.slow
def test_a_random_agent_is_not_predicted() -> None:
    """For an agent without values, weights predict no better than tactics, and even odds do as well."""
    verdicts, revealed = run("random", 1)
    assert verdicts["C39"].verdict == "refuted"
    for row in revealed.found.predictions:
        assert row.log_loss == pytest.approx(row.even, rel=0.03)
