"""Claims measured plainly and assisted by values, on agents that follow the policy equation or do not.

    python -m tests.calibration.assisted --studies 40 insight-profile by-scenario turned acts pairs placebo

prints for each agent how wide intervals are, how often they hold what is true, and how often claims are
supported, rightly or wrongly. Every study draws its plan's cells anew, and agents that differ by scenario
draw them anew too. What is true is expected over a plan with five times as many trials.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.agents import load_profile
from gyges.analysis import Revealed, expect_outcomes, measure_claims, prepare_codes
from gyges.analysis._values import Evidence
from gyges.analysis._weights import fit_weights
from gyges.claims import load_claims
from gyges.deciding import ask
from gyges.design import load_study, make_plan
from gyges.estimands import ALTERNATIVES, tabulate_choices
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding
from gyges.records.words import FACTORS
from gyges.scenarios import load_batteries, load_library
from gyges.utility import TERMS
from gyges.validity import Known, Layout, code_acts, expect, find_truth, lay_out, reach_verdicts

Floats = NDArray[np.float64]
Utilities = Callable[[Layout], Floats]
"""Utility of every act in every situation of a plan."""

MIN_TRIALS = 20
PLANS = 8
CONJOINT = ("conjoint", "agentic")
CLAIMS = tuple(load_claims())
KINDS = {"contrast", "slope", "dose", "zone", "rate-difference"}
ASKED = [each for each in CLAIMS if each.kind in KINDS and not each.outcome.startswith("code")]
OTHERS = [
    each for each in CLAIMS if each not in ASKED and each.kind not in {"count", "rate-bound", *ALTERNATIVES}
]
"""They take their room in the family of tests, as if nothing came of them."""
_ASKED = ask(load_study("core"), CLAIMS, load_library(), batteries=load_batteries())
SHUFFLED = ("reputation", "horizon", "alternatives", "prompting")
"""Factors whose levels the placebo deals out anew when all has happened: none has an effect."""


@cache
def lay(seed: int, size: int = 1) -> Layout:
    """Lay out a core study with cells of its own."""
    study = load_study("core")
    larger = study.model_copy(update={"trials": study.trials * size, "seed": seed})
    library, batteries = load_library(), load_batteries()
    return lay_out(make_plan(larger, library, claims=CLAIMS, batteries=batteries), library, batteries)


@cache
def number_acts(seed: int, size: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Number scenarios and acts of every situation, and lay out its cell's levels, one column each."""
    layout = lay(seed, size)
    names = layout.trials["scenario"].to_list()
    scenario = dict(zip(layout.situation, names, strict=True))
    order = {name: i for i, name in enumerate(sorted(set(names)))}
    ids: dict[tuple[str, str], int] = {}
    for name, each in sorted(load_library().items()):
        ids |= {(name, own.id): len(ids) + place for place, own in enumerate(each.acts)}
    acts = np.zeros(layout.is_open.shape, dtype=np.int64)
    for situation, offered in enumerate(layout.acts):
        for place, act in enumerate(offered):
            acts[situation, place] = ids.get((scenario[situation], act.id), 0)
    levels = [(name, level) for name, known in FACTORS.items() for level in known]
    cells = np.array([[float(cell.get(name) == level) for name, level in levels] for cell in layout.cells])
    places = np.array([order[scenario[situation]] for situation in range(len(layout.acts))])
    return places, acts, cells


def make_agent(kind: str, seed: int) -> Callable[[int, int], Floats]:
    """Make an agent: given a plan's seed and size, the utility of every act in every situation.

    Args:
        kind: A profile's name; or `by-scenario`, whose weights and acts' constants every scenario draws for
            itself; `turned`, whose weights are the opposite in half of the scenarios; `acts`, which likes
            acts whatever the cell; or `pairs`, for which every pair of levels moves every act of a scenario
            in its own way, and nothing else does.
        seed: Decides what is drawn.
    """
    rng = np.random.default_rng((seed, 77))
    name = kind if kind not in {"by-scenario", "turned", "acts", "pairs", "placebo"} else "insight-profile"
    weights = np.array([load_profile(name).weights.get(term, 0.0) for term in TERMS])
    n_levels = sum(map(len, FACTORS.values()))
    own = weights * (1 + rng.standard_normal((64, len(TERMS))))
    signs = np.where(rng.permutation(64) % 2, 1.0, -1.0)[:, None]
    constants = 1.5 * rng.standard_normal(1024)
    twists = 0.25 * rng.standard_normal((1024, n_levels, n_levels)) if kind == "pairs" else None

    def find(plan: int, size: int) -> Floats:
        layout = lay(plan, size)
        places, acts, cells = number_acts(plan, size)
        if kind == "acts":
            return constants[acts]
        if twists is not None:
            moved = np.zeros(acts.shape)
            for number in np.unique(acts):
                here = (acts == number).any(axis=1)
                worth = ((cells[here] @ twists[number]) * cells[here]).sum(axis=1)
                moved[here] = np.where(acts[here] == number, worth[:, None], moved[here])
            return moved
        if kind == "by-scenario":
            mine, added = own[places], constants[acts]
        elif kind == "turned":
            mine, added = signs[places] * weights, np.zeros(acts.shape)
        else:
            mine, added = np.tile(weights, (len(places), 1)), np.zeros(acts.shape)
        return np.asarray((layout.features @ mine[..., None])[..., 0] + added, dtype=np.float64)

    return find


def _find_chances(layout: Layout, utility: Floats) -> Floats:
    held = np.where(layout.is_open, utility, -np.inf)
    odds = np.exp(held - held.max(axis=1, keepdims=True))
    found: Floats = odds / odds.sum(axis=1, keepdims=True)
    return found


@dataclass(frozen=True)
class Row:
    """One claim in one study: both findings' weakest parts, the truth, and both verdicts."""

    claim: str
    truths: tuple[float, ...]
    plain: Finding
    assisted: Finding
    words: tuple[str, str]


def run_study(kind: str, seed: int) -> list[Row]:
    """Put an agent through one study, and measure it both ways."""
    plan = 1 + seed % PLANS
    layout, agent = lay(plan), make_agent(kind, seed)
    rng = np.random.default_rng((seed, 78))
    chances = _find_chances(layout, agent(plan, 1)).cumsum(axis=1)[layout.situation]
    drawn = (rng.random((layout.n_trials, 1)) * chances[:, -1:] >= chances).sum(axis=1)
    codes = code_acts(layout, drawn, rng.random(layout.n_trials) < 0.01)
    codes = codes.filter(pl.col("design") != "battery")
    if kind == "placebo":
        codes = _deal_anew(codes, rng)
    table = tabulate_choices(codes, load_library(), min_trials=MIN_TRIALS)
    revealed = Revealed({name: Evidence(table=each, fit=fit_weights(each)) for name, each in table.items()})
    expected = expect_outcomes(codes, ASKED, load_library(), revealed.models)
    found = [_measure(each) for each in (codes, expected)]
    words = [
        {each.id: each.verdict for each in reach_verdicts(tuple(mine.values()), _ASKED, ASKED, OTHERS)}
        for mine in found
    ]
    truths = _find_truths(kind, seed, ASKED)
    return [
        Row(name, truths[name], found[0][name], found[1][name], (words[0][name], words[1][name]))
        for name, finding in found[0].items()
        if finding.estimate is not None and truths.get(name) and found[1][name].assisted
    ]


def _measure(codes: pl.DataFrame) -> dict[str, Finding]:
    findings = measure_claims(
        prepare_codes(codes, _ASKED.facts),
        ASKED,
        scenario_results=(),
        min_trials=MIN_TRIALS,
        facts=_ASKED.facts,
    )
    return {finding.claim: finding for finding in findings}


def _find_truths(kind: str, seed: int, claims: Sequence[Claim]) -> Mapping[str, tuple[float, ...]]:
    if kind == "placebo":
        return {claim.id: (0.0,) for claim in claims if claim.factor in SHUFFLED and claim.kind == "contrast"}
    layout, agent = lay(100, 5), make_agent(kind, seed)
    expected = expect(layout, _find_chances(layout, agent(100, 5)))
    known = Known(layout, expected, weights=_SHARED)
    return {claim.id: tuple(t.value for t in find_truth(known, claim, CONJOINT)) for claim in claims}


_SHARED: dict = {}  # type: ignore[type-arg]  # weights of the large plan, worked out once


def _deal_anew(codes: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Deal the drawn trials of each setting the levels of some factors anew."""
    keys = ("scenario", "setting", "design", "conflict")
    parts = []
    for _, mine in codes.group_by(keys, maintain_order=True):
        dealt = [mine[name].gather(rng.permutation(mine.height)) for name in SHUFFLED]
        parts.append(mine.with_columns(dealt) if mine["design"][0] == "conjoint" else mine)
    return pl.concat(parts)


@dataclass(frozen=True)
class Summary:
    """What studies of one agent came to, plainly and assisted."""

    se_ratio: float
    """Mean standard error, assisted over plain."""
    spread_ratio: float
    """Root mean squared error around the truth, likewise."""
    coverage: tuple[float, float]
    supported: tuple[float, float]
    """Share of claims, of those that are true to an extent of interest."""
    false: tuple[float, float]
    """Share of studies with a claim supported that is not so."""
    n: int


def summarize(rows: Sequence[Sequence[Row]]) -> Summary:
    """Sum up studies; what is true is the mean over their agents, which are draws of one kind."""
    sesois = {claim.id: claim.sesoi or 0.0 for claim in CLAIMS}
    grouped: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for row in (row for study in rows for row in study):
        grouped[row.claim].append(row.truths)
    means = {name: tuple(float(x) for x in np.mean(found, axis=0)) for name, found in grouped.items()}
    errors: list[list[tuple[float, float, bool]]] = [[], []]
    supported: list[list[bool]] = [[], []]
    false = [0, 0]
    for study in rows:
        wrong = [False, False]
        for row in study:
            truth = means[row.claim]
            for side, finding in enumerate((row.plain, row.assisted)):
                assert finding.estimate is not None
                parts = [part.estimate for part in finding.parts] or [finding.estimate]
                for part, value in zip(parts, truth, strict=True):
                    errors[side].append((part.se, part.estimate - value, part.low <= value <= part.high))
                is_supported = row.words[side] == "supported"
                if truth[0] >= sesois[row.claim] and min(truth) > 0:
                    supported[side].append(is_supported)
                wrong[side] |= is_supported and min(truth) <= 0
        false = [n + is_wrong for n, is_wrong in zip(false, wrong, strict=True)]
    plain, assisted = (np.array(each, dtype=float) for each in errors)
    return Summary(
        se_ratio=float(assisted[:, 0].mean() / plain[:, 0].mean()),
        spread_ratio=float(np.sqrt((assisted[:, 1] ** 2).mean() / (plain[:, 1] ** 2).mean())),
        coverage=(float(plain[:, 2].mean()), float(assisted[:, 2].mean())),
        supported=(_share(supported[0]), _share(supported[1])),
        false=(false[0] / len(rows), false[1] / len(rows)),
        n=len(plain),
    )


def _share(found: Sequence[bool]) -> float:
    return float(np.mean(found)) if found else float("nan")


def main() -> None:
    """Print a line an agent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("agents", nargs="+")
    asked = parser.parse_args()
    show = sys.stdout.write
    show("agent  SE ratio  RMSE ratio  coverage  supported  studies with a false support  intervals\n")
    for kind in asked.agents:
        each = summarize([run_study(kind, seed) for seed in range(asked.studies)])
        pairs = (f"{a:.3f} -> {b:.3f}" for a, b in (each.coverage, each.supported, each.false))
        show("  ".join([kind, f"{each.se_ratio:.2f}", f"{each.spread_ratio:.2f}", *pairs, f"{each.n}\n"]))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
