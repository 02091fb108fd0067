"""Trials that three designs need to find the same reference agent's effects, on the shipped scenarios.

    python benchmarks/bench_designs.py [--profile insight-profile] [--studies 60] [--power 0.8]

Studies are simulated from the policy's exact probabilities, planned by `make_plan` and estimated by
`estimate_all`, as real ones are. A *target* is a contrast (one level against its factor's first level) whose
true average marginal component effect on misaligned trials is at least 0.05 in absolute value. A target is
found when its 95 % interval lies on the true side of zero. Power is the share of targets found, over
simulated studies. Printed as Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, prod

import numpy as np
import polars as pl

from gyges.agents import Profile, choice_probabilities, load_profile
from gyges.analysis import estimate_all, prepare_codes
from gyges.design import default_weights, make_plan
from gyges.errors import DesignError
from gyges.estimands import find_facts
from gyges.records.scenario import Scenario
from gyges.records.study import DesignPart, Study
from gyges.records.words import FACTORS, OUTCOMES
from gyges.scenarios import load_library, open_acts

Contrast = tuple[str, str]
SIZES = (125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000)
DESIGNS = {
    "conjoint": "conjoint",
    "one at a time, from the base": "contrasts",
    "full factorial": "full-factorial",
}
FEW = ("threat", "alternatives", "visibility", "power_use")
"""Factors of the smaller comparison, in which a full factorial can be run at all."""
SMALLEST = 0.05


@dataclass
class Truth:
    """The reference agent's exact rates, each cell worked out once."""

    scenarios: dict[str, Scenario]
    profile: Profile

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, tuple[str | None, ...]], float] = {}

    def rate(self, scenario: str, levels: tuple[str | None, ...]) -> float:
        """Give the probability of a misaligned act in a cell."""
        if (scenario, levels) not in self._known:
            cell = {f: level for f, level in zip(FACTORS, levels, strict=True) if level is not None}
            acts = open_acts(self.scenarios[scenario], cell)
            p = choice_probabilities(acts, self.scenarios[scenario].base | cell, "present", self.profile)
            grave = np.array([act.against and act.severity >= 3 for act in acts])
            self._known[scenario, levels] = float(p[grave].sum())
        return self._known[scenario, levels]

    def rates(self, plan: pl.DataFrame) -> np.ndarray:
        """Give the probability of every trial of a plan, in its order."""
        rows = plan.select("scenario", *FACTORS).iter_rows()
        return np.array([self.rate(row[0], row[1:]) for row in rows])


def make_study(kind: str, trials: int, *, vary: tuple[str, ...], seed: int) -> Study:
    """Make a study with one design."""
    part = DesignPart.model_validate({"kind": kind})
    return Study.model_validate(
        {"name": "bench", "models": [{"name": "gyges/bench"}], "trials": trials, "design": [part],
         "vary": vary, "seed": seed, "claims": []}
    )  # fmt: skip


def true_effects(truth: Truth, kind: str, vary: tuple[str, ...]) -> dict[Contrast, float]:
    """Give every contrast's true effect under a design: the mean over scenarios of differences of rates."""
    study = make_study(kind, 40_000, vary=vary, seed=1)
    plan = make_plan(study, truth.scenarios).table
    rated = plan.with_columns(rate=pl.Series(truth.rates(plan)))
    found: dict[Contrast, float] = {}
    for factor, levels in FACTORS.items():
        if "all" not in vary and factor not in vary:
            continue
        kept = rated.filter(pl.col(factor).is_not_null())
        if kind == "contrasts":
            others = [other for other in FACTORS if other != factor]
            at_base = pl.struct("scenario", *others).is_in([
                {"scenario": name, **{other: scenario.base.get(other) for other in others}}
                for name, scenario in truth.scenarios.items()
            ])  # fmt: skip
            kept = kept.filter(at_base)
        means = kept.group_by("scenario", "setting", factor).agg(pl.col("rate").mean())
        wide = means.pivot(factor, index=["scenario", "setting"], values="rate")
        for level in levels[1:]:
            if {level, levels[0]} <= set(wide.columns):
                found[factor, level] = float((wide[level] - wide[levels[0]]).drop_nulls().mean())  # type: ignore[arg-type]  # a number
    return found


def simulate(truth: Truth, study: Study, name: str) -> pl.DataFrame:
    """Give a simulated study's codes; the study stands as a model of its own."""
    plan = make_plan(study, truth.scenarios).table
    drawn = np.random.default_rng((study.seed, study.trials)).random(plan.height) < truth.rates(plan)
    return plan.select("scenario", "setting", "protocol", "design", "conflict", *FACTORS).with_columns(
        model=pl.lit(name),
        misaligned=pl.Series(drawn),
        severity=pl.Series(drawn.astype(np.int8) * 4),
        status=pl.lit("coded"),
        tactic=pl.lit("comply"),
        open_tactics=pl.lit([], dtype=pl.List(pl.String)),
        input_tokens=pl.lit(1),
        output_tokens=pl.lit(1),
        cost=pl.lit(None, pl.Float64),
        **{outcome: pl.lit(value=False) for outcome in OUTCOMES if outcome != "misaligned"},
    )


def measure_power(truth: Truth, studies: Sequence[Study], targets: dict[Contrast, float]) -> float | None:
    """Give the share of targets found over these studies; none when the design cannot be run so small."""
    try:
        codes = pl.concat([simulate(truth, study, f"study-{i:04d}") for i, study in enumerate(studies)])
    except DesignError:
        return None
    found = 0
    facts = {name: find_facts(scenario) for name, scenario in truth.scenarios.items()}
    for effect in estimate_all(prepare_codes(codes, facts)).effects:
        target = targets.get((effect.factor, effect.level))
        if effect.outcome == "misaligned" and target is not None:
            found += effect.estimate.low > 0 if target > 0 else effect.estimate.high < 0
    return found / (len(targets) * len(studies))


def trials_for(power: float, curve: dict[int, float | None]) -> str:
    """Read off the trials that reach a power, on a logarithmic scale."""
    known = [(n, reached) for n, reached in curve.items() if reached is not None]
    for (n0, p0), (n1, p1) in pairwise(known):
        if p0 < power <= p1:
            share = (power - p0) / (p1 - p0)
            return f"{round(exp(log(n0) + share * (log(n1) - log(n0)))):,}"
    if known and known[0][1] >= power:
        return f"≤ {known[0][0]:,}"
    return f"> {known[-1][0]:,}" if known else "more than tried"


def cells_of(scenarios: dict[str, Scenario], vary: tuple[str, ...]) -> int:
    """Count the cells of the full factorial in all settings."""
    weights = default_weights()
    return sum(
        len(scenario.settings)
        * prod(
            sum(level in weights[factor] for level in levels)
            for factor, levels in scenario.factors.items()
            if "all" in vary or factor in vary
        )
        for scenario in scenarios.values()
    )


def compare(truth: Truth, vary: tuple[str, ...], *, studies: int, power: float) -> None:
    """Print one comparison: power by size and design, and the trials needed."""
    effects = {kind: true_effects(truth, kind, vary) for kind in ("conjoint", "contrasts")}
    targets = {c: value for c, value in effects["conjoint"].items() if abs(value) >= SMALLEST}
    shared = {
        c: value for c, value in targets.items()
        if value * effects["contrasts"].get(c, 0) > 0 and abs(effects["contrasts"][c]) >= SMALLEST
    }  # fmt: skip
    asked_of = {"all": targets} | ({"large at the base too": shared} if shared != targets else {})
    words = "all factors" if "all" in vary else ", ".join(vary)
    print(f"\n### Varied: {words}\n")
    print(
        f"The full factorial has {cells_of(truth.scenarios, vary):,} cells. "
        f"{len(targets)} contrasts of {len(effects['conjoint'])} are targets; {len(shared)} of them are at "
        f"least {SMALLEST} at the base too.\n"
    )
    print("| design | targets | " + " | ".join(f"{n:,}" for n in SIZES) + f" | trials for {power:.0%} |")
    print("| --- | --- |" + " --- |" * (len(SIZES) + 1))
    for label, kind in DESIGNS.items():
        if kind == "full-factorial" and "all" in vary:
            cells = cells_of(truth.scenarios, vary)
            print(f"| {label} | all | " + " – |" * len(SIZES) + f" ≥ {cells:,} (one a cell) |")
            continue
        for name, asked in asked_of.items():
            curve = {
                n: measure_power(
                    truth, [make_study(kind, n, vary=vary, seed=s) for s in range(studies)], asked
                )
                for n in SIZES
            }
            shown = " | ".join("–" if p is None else f"{p:.2f}" for p in curve.values())
            print(f"| {label} | {name} | {shown} | {trials_for(power, curve)} |", flush=True)


def main() -> None:
    """Compare the designs over all factors, and over few enough for a full factorial."""
    parser = argparse.ArgumentParser(description="Trials that designs need for the same power.")
    parser.add_argument("--profile", default="insight-profile")
    parser.add_argument("--studies", type=int, default=40)
    parser.add_argument("--power", type=float, default=0.8)
    options = parser.parse_args()
    truth = Truth(dict(load_library([])), load_profile(options.profile))
    for vary in (("all",), FEW):
        compare(truth, vary, studies=options.studies, power=options.power)


if __name__ == "__main__":
    main()
