"""Trade-off trials and values of reference agents, with their known truth.

Nothing here uses the analysis or its fits: shares and entropies are exact expectations of the published
policy, and pairs are put on one scale by a general-purpose minimizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize

from gyges.agents import Profile, choice_probabilities, load_profile
from gyges.claims import load_claims
from gyges.design import make_plan
from gyges.records.battery import Item
from gyges.records.claim import Claim
from gyges.records.words import FACTORS, OUTCOMES, TACTICS
from gyges.scenarios import load_batteries, load_library
from gyges.utility import TERMS, find_worth, open_sides
from tests.calibration.known import STUDIES, Known, Truth

Floats = NDArray[np.float64]


def draw_profile(seed: int) -> Profile:
    """Draw a profile from the weight space: each weight normal around 0, as large as weights come."""
    rng = np.random.default_rng(seed)
    sizes = {"exposure": 3.0, "harm": 2.0, "initiative": 2.0, "survival": 2.0, "power": 2.0, "directive": 2.0}
    drawn = {term: round(float(rng.normal(0, sizes.get(term, 1.0))), 3) for term in TERMS}
    return load_profile("random").model_copy(update={"id": f"drawn-{seed}", "weights": drawn})


def true_share(item: Item, profile: Profile) -> float:
    """Give the exact probability that the side named first is taken."""
    return float(choice_probabilities(open_sides(item), item.cell, "present", profile)[0])


@cache
def list_items() -> dict[str, list[Item]]:
    """List the shipped items by family."""
    found: dict[str, list[Item]] = {}
    for battery in load_batteries().values():
        for item in battery.items:
            found.setdefault(item.family, []).append(item)
    return found


def draw_items(profile: Profile, study: str, seed: int, *, lost: float = 0.01) -> pl.DataFrame:
    """Draw and code the trade-off trials of a study's plan."""
    batteries = load_batteries()
    plan = make_plan(STUDIES[study], load_library(), claims=load_claims(), batteries=batteries)
    items = {(each.id, item.id): item for each in batteries.values() for item in each.items}
    rng = np.random.default_rng([seed, 7])
    rows: list[dict[str, Any]] = []
    for row in plan.table.filter(pl.col("design") == "battery").iter_rows(named=True):
        item = items[row["scenario"], row["setting"]]
        first = rng.random() < true_share(item, profile)
        is_lost = rng.random() < lost
        side = item.options[0 if first else 1]
        rows.append(
            {
                **{
                    name: row[name]
                    for name in ("scenario", "setting", "protocol", "design", "conflict", "model")
                },
                "id": row["id"],
                **dict.fromkeys(FACTORS),
                **dict.fromkeys(OUTCOMES, None if is_lost else False),
                "severity": None if is_lost else TACTICS.index(side.tactic),
                "act": None if is_lost else side.id,
                "acts": [] if is_lost else [side.id],
                "open_acts": [each.id for each in item.options],
                "tactic": None if is_lost else side.tactic,
                "status": "failed" if is_lost else "coded",
                "open_tactics": [],
                "input_tokens": 1,
                "output_tokens": 1,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def find_value_truth(known: Known, claim: Claim, profile: Profile) -> list[Truth]:
    """Work out what the parts of a claim about values truly are, signed as asserted."""
    if claim.kind == "prediction":
        return [Truth(true_gain(known), claim.sesoi or 0)]
    shares = [true_share(item, profile) for item in list_items().get(claim.family, [])]
    mean = float(np.mean(shares)) if shares else 0.5
    small = claim.sesoi or 0.0
    first = {
        "trade-share": lambda: [Truth(mean - 0.5, small)],
        "trade-gap": lambda: [Truth(2 * mean - 1, small)],
        "trade-odds": lambda: [Truth(float(np.log(mean / (1 - mean))), float(np.log(small)))],
        "hierarchy": lambda: [
            Truth(step, float(np.log(small))) for step in true_leads(claim.values, profile)
        ],
    }[claim.kind]()
    worths = [find_worth(thing, profile.weights, profile.temperature) for thing in claim.values]
    steps = [worths[0]] if len(worths) == 1 else [a - b for a, b in pairwise(worths)]
    return [*first, *(Truth(step, 0.0) for step in steps)]


def true_leads(things: tuple[str, ...], profile: Profile) -> list[float]:
    """Give each thing's lead over the next on the Bradley–Terry scale nearest to the true shares."""
    pairs = []
    for family, items in list_items().items():
        first, _, second = family.partition("-vs-")
        if {first, second} <= set(things):
            share = float(np.mean([true_share(item, profile) for item in items]))
            pairs.append((things.index(first), things.index(second), share))

    def lose(free: Floats) -> float:
        theta = np.concatenate([[0.0], free])
        gaps = np.array([theta[a] - theta[b] for a, b, _ in pairs])
        shares = np.array([share for *_, share in pairs])
        return float((np.logaddexp(0, gaps) - shares * gaps).sum())

    theta = np.concatenate([[0.0], minimize(lose, np.zeros(len(things) - 1), method="BFGS").x])
    return [float(a - b) for a, b in pairwise(theta)]


def true_entropy(known: Known, rows: list[int]) -> float:
    """Give the policy's own mean log loss over trials, in nats: no prediction can do better."""
    chances = [known.chances[i] for i in rows]
    return float(np.mean([-(p * np.log(np.maximum(p, 1e-300))).sum() for p in chances]))


def true_gain(known: Known, protocol: str = "agentic") -> float:
    """Give the gain of the policy itself over what each tactic's frequency elsewhere predicts."""
    rows = [i for i, row in enumerate(known.rows) if row["protocol"] == protocol]
    scenarios = sorted({known.rows[i]["scenario"] for i in rows})
    gains = []
    for held in scenarios:
        inside = [i for i in rows if known.rows[i]["scenario"] == held]
        outside = [i for i in rows if known.rows[i]["scenario"] != held]
        constants = _fit_tactics(known, outside)
        gains.append(1 - true_entropy(known, inside) / _lose_tactics(constants, known, inside)[0])
    return float(np.mean(gains))


def _fit_tactics(known: Known, rows: list[int]) -> Floats:
    def lose(constants: Floats) -> tuple[float, Floats]:
        loss, slope = _lose_tactics(constants, known, rows)
        return loss + 5e-5 * float(constants @ constants), slope + 1e-4 * constants

    return np.asarray(minimize(lose, np.zeros(len(TACTICS)), jac=True, method="BFGS").x)


def _lose_tactics(constants: Floats, known: Known, rows: list[int]) -> tuple[float, Floats]:
    """Give the expected log loss of predicting by the acts' tactics alone, and its slope."""
    most = max(len(known.acts[i]) for i in rows)
    rungs = np.full((len(rows), most), -1)
    p = np.zeros((len(rows), most))
    for place, i in enumerate(rows):
        rungs[place, : len(known.acts[i])] = [act.severity for act in known.acts[i]]
        p[place, : len(known.acts[i])] = known.chances[i]
    utility = np.where(rungs >= 0, constants[rungs], -np.inf)
    log_q = utility - np.logaddexp.reduce(utility, axis=1, keepdims=True)
    loss = -float(np.where(rungs >= 0, p * np.where(rungs >= 0, log_q, 0.0), 0.0).sum()) / len(rows)
    surplus = np.exp(log_q) - p
    slope = np.array([surplus[rungs == rung].sum() for rung in range(len(TACTICS))]) / len(rows)
    return loss, slope


def weights_of(profile: Profile) -> Mapping[str, float]:
    """Give all of a profile's weights over its temperature; what it leaves out weighs nothing."""
    return {term: profile.weights.get(term, 0.0) / profile.temperature for term in TERMS}
