"""How often 95 % intervals of risk differences cover the truth, pooled in three ways over the same scenarios.

    python -m benchmarks.bench_coverage [--studies 600]

By own variance: REML weights from each scenario's variance, the Hartung–Knapp ratio held at 1 or more. Plain:
the mean over scenarios with t. By trials: what Gyges does. The worlds are those of the calibration tests, and
one in which a few scenarios carry nearly all of the effect.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace

import numpy as np
from scipy.stats import t as student
from tests.calibration.test_effect_coverage import WORLDS, World, analyze, draw_population, effects_of

from gyges.analysis._pooling import fit_tau2
from gyges.records.estimates import Estimate

SKEWED = World(intercept=-3.5, intercept_sd=1.0, slope_sd=0.5)

Pair = tuple[float, float]


def pool_by_variance(found: Estimate) -> Pair:
    """Mean and error with weights from the units' own variances and the ratio held at 1 or more."""
    y = np.array([unit.estimate for unit in found.units])
    v = np.array([unit.variance for unit in found.units])
    w = 1 / (v + fit_tau2(y, v))
    mean = float(np.sum(w * y) / np.sum(w))
    ratio = float(np.sum(w * (y - mean) ** 2)) / (len(y) - 1)
    return mean, math.sqrt(max(1.0, ratio) / float(np.sum(w)))


def pool_plainly(found: Estimate) -> Pair:
    """Mean over the units and its error."""
    y = np.array([unit.estimate for unit in found.units])
    return float(np.mean(y)), float(np.std(y, ddof=1)) / math.sqrt(len(y))


def measure(world: World) -> list[tuple[float, float]]:
    """Give coverage and mean error of each way."""
    _, found = analyze(world, seed=20260402)
    truth = float(draw_population(world).differences.mean())
    ways = (pool_by_variance, pool_plainly, lambda each: (each.estimate, each.se))
    rows = []
    for way in ways:
        hits, errors = [], []
        for each in effects_of(found):
            mean, se = way(each)
            reach = float(student.ppf(0.975, len(each.units) - 1)) * se
            hits.append(abs(mean - truth) <= reach)
            errors.append(mean - truth)
        rows.append((float(np.mean(hits)), float(np.mean(errors))))
    return rows


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description="Coverage of risk differences by ways of pooling.")
    parser.add_argument("--studies", type=int, default=600)
    options = parser.parse_args()
    print("| world | by own variance | bias | plain | bias | by trials | bias |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, world in {**WORLDS, "a few scenarios carry the effect": SKEWED}.items():
        found = measure(replace(world, studies=options.studies))
        print(
            f"| {name} | " + " | ".join(f"{hit:.3f} | {bias:+.4f}" for hit, bias in found) + " |", flush=True
        )


if __name__ == "__main__":
    main()
