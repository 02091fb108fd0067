"""Time effects on many trials against other ways to the same numbers, and compare what intervals cover.

    python benchmarks/bench_effects.py [--trials 1000000] [--studies 200] [--nuts-studies 20]

Ten scenarios of 64 cells (six factors of two levels), with intercepts and slopes of their own. Three ways to
the log-odds of every factor: ours (counted, Firth's logit in each scenario, pooled), statsmodels' logistic
regression on the rows with scenario effects and errors clustered by scenario, and NUTS on the counted cells.
What ours gives in all is timed too: differences of rates and rungs besides, for all five outcomes. Everything
runs in one process, one after another; of ours the best of three is shown. The sampler is left out without
NumPyro.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t as student

from gyges.analysis import Sampling, estimate_all, prepare_codes
from gyges.analysis._bayes import _stack
from gyges.analysis._cell_counts import count_cells
from gyges.analysis._effects import BINARY_OUTCOMES, estimate_effects, tally_factor
from gyges.analysis._hierarchy import Counts, run_sampler
from gyges.analysis._log_odds import estimate_log_odds, fit_units
from gyges.analysis._pooling import pool_units
from gyges.records.words import FACTORS, OUTCOMES

Array = NDArray[np.float64]
T = TypeVar("T")

VARIED: Final = ("prompting", "reputation", "alternatives", "leverage", "horizon", "competition")
SLOPES: Final = np.array([0.7, -0.7, 0.7, 0.0, 0.35, 0.0])
SCENARIOS: Final = 10
SPREAD: Final = 0.5
LENGTH: Final = Sampling(chains=4, warmup=500, draws=500)


@dataclass(frozen=True)
class Drawn:
    """A study's trials."""

    scenario: NDArray[np.int64]
    x: Array
    """Minus a half and a half, a column a factor."""
    y: dict[str, NDArray[np.bool_]]


def draw(trials: int, seed: int) -> Drawn:
    """Draw a study: scenarios first, then its trials, balanced over the levels of every factor."""
    rng = np.random.default_rng(seed)
    slopes = rng.normal(SLOPES, SPREAD, (SCENARIOS, len(VARIED)))
    intercepts = rng.normal(-0.7, 0.8, SCENARIOS)
    scenario = np.arange(trials) % SCENARIOS
    x = np.column_stack([rng.permutation(trials) % 2 - 0.5 for _ in VARIED])
    logits = intercepts[scenario] + np.sum(slopes[scenario] * x, axis=1)
    shifts = dict(zip(BINARY_OUTCOMES, (0.0, -0.5, -1.5, 0.5), strict=True))
    return Drawn(
        scenario, x, {name: rng.random(trials) < 1 / (1 + np.exp(-logits - d)) for name, d in shifts.items()}
    )


def lay_out(drawn: Drawn) -> pl.DataFrame:
    """Lay a study out as the codes of its trials."""
    levels = {
        name: pl.Series(list(FACTORS[name])).gather((drawn.x[:, i] > 0).astype(int))
        for i, name in enumerate(VARIED)
    }
    misaligned = drawn.y["misaligned"]
    names = pl.Series([f"s{i}" for i in range(SCENARIOS)])
    return pl.DataFrame(
        {
            "scenario": names.gather(drawn.scenario),
            **levels,
            **drawn.y,
            "severity": misaligned.astype(np.int8) * 4,
        }
    ).with_columns(
        **{name: pl.lit(None, pl.String) for name in FACTORS if name not in VARIED},
        **{name: pl.lit(value=False) for name in OUTCOMES if name not in BINARY_OUTCOMES},
        model=pl.lit("m"),
        setting=pl.lit("a"),
        protocol=pl.lit("agentic"),
        design=pl.lit("conjoint"),
        conflict=pl.lit("present"),
        status=pl.lit("coded"),
        tactic=pl.lit("comply"),
        open_tactics=pl.lit([], dtype=pl.List(pl.String)),
        input_tokens=pl.lit(1),
        output_tokens=pl.lit(1),
        cost=pl.lit(None, pl.Float64),
    )


def clock(work: Callable[[], T]) -> tuple[float, T]:
    """Do something and give the seconds it took."""
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


def time_stages(frame: pl.DataFrame) -> tuple[float, float]:
    """Give the seconds that counting took, and those that estimating from the counts took."""
    counting, (tallies, cells) = clock(
        lambda: ({name: tally_factor(frame, name) for name in FACTORS}, count_cells(frame, BINARY_OUTCOMES))
    )
    fitting, _ = clock(lambda: (estimate_effects(tallies, "m"), estimate_log_odds(tallies, cells, "m")))
    return counting, fitting


def fit_rows(drawn: Drawn, outcome: str) -> tuple[Array, Array]:
    """Fit statsmodels' clustered logistic regression to the rows; give the factors' effects and errors."""
    import statsmodels.api as sm

    design = np.column_stack([np.eye(SCENARIOS)[drawn.scenario], drawn.x])
    model = sm.GLM(drawn.y[outcome].astype(float), design, family=sm.families.Binomial())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": drawn.scenario})
    return np.asarray(fit.params[SCENARIOS:]), np.asarray(fit.bse[SCENARIOS:])


def count(drawn: Drawn) -> Counts:
    """Count a study's cells as the hierarchical model takes them."""
    cells = count_cells(prepare_codes(lay_out(drawn)), ("misaligned",))
    (by_unit,) = cells["m"].values()
    return _stack(by_unit, "misaligned")[0]


def estimate_one(frame: pl.DataFrame) -> tuple[float, float]:
    """Give the seconds that our log-odds of one outcome take: counting the rows, and then the rest."""
    counting, cells = clock(lambda: count_cells(frame, ("misaligned",)))
    (by_unit,) = cells["m"].values()
    rest, _ = clock(lambda: [pool_units(fits) for fits in fit_units(by_unit)["misaligned"].values()])
    return counting, rest


def show_times(trials: int, samples: bool) -> None:
    """Time all ways side by side on one study."""
    drawn = draw(trials, 1)
    frame = prepare_codes(lay_out(drawn))
    every = [clock(lambda: estimate_all(frame))[0] for _ in range(3)]
    ones = [estimate_one(frame) for _ in range(3)]
    from_rows, from_counts = min(sum(each) for each in ones), min(each[1] for each in ones)
    rows = clock(lambda: fit_rows(drawn, "misaligned"))[0]
    print(f"\n{trials:,} trials, {SCENARIOS} scenarios, 64 cells; log-odds of one outcome\n")
    print("| from | way | s | times ours |\n| --- | --- | --- | --- |")
    print(f"| rows | ours | {from_rows:.3f} | 1 |")
    print(f"| rows | clustered GLM | {rows:.1f} | {rows / from_rows:.0f} |")
    print(f"| counts | ours | {from_counts:.4f} | 1 |")
    if samples:
        counts = count(drawn)
        nuts = clock(lambda: run_sampler(counts, 1, LENGTH))[0]
        print(f"| counts | NUTS, compiled anew | {nuts:.1f} | {nuts / from_counts:.0f} |")
    shown = ", ".join(f"{each:.2f}" for each in every)
    print(f"\nAll outcomes, all scales, rates and scenarios besides, from rows: {shown} s.")


def show_growth(most: int) -> None:
    """Show that only counting grows with trials."""
    print("\n| trials | counting, s | estimating, s |\n| --- | --- | --- |")
    for trials in (10_000, 100_000, most):
        frame = prepare_codes(lay_out(draw(trials, 2)))
        counting, fitting = np.min([time_stages(frame) for _ in range(3)], axis=0)
        print(f"| {trials:,} | {counting:.2f} | {fitting:.2f} |", flush=True)


def show_coverage(studies: int, nuts_studies: int) -> None:
    """Compare how often 95 % intervals of the log-odds cover the truth, on the same studies."""
    covered: dict[str, list[Array]] = {"ours": [], "clustered GLM": [], "NUTS": []}
    q = float(student.ppf(0.975, SCENARIOS - 1))
    for study in range(studies):
        drawn = draw(2500, 1000 + study)
        found = [e.estimate for e in estimate_all(lay_out(drawn)).log_odds if e.outcome == "misaligned"]
        order = [name for name in FACTORS if name in VARIED]
        truth = np.array([SLOPES[VARIED.index(name)] for name in order])
        low, high = np.array([[e.low, e.high] for e in found]).T
        covered["ours"].append((low <= truth) & (truth <= high))
        estimate, error = fit_rows(drawn, "misaligned")
        covered["clustered GLM"].append(np.abs(estimate - SLOPES) <= q * error)
        if study < nuts_studies:
            covered["NUTS"].append(_cover_by_nuts(count(drawn), study, truth))
    print("\n| way | studies | 95 % intervals that cover |\n| --- | --- | --- |")
    for name, hits in covered.items():
        if hits:
            print(f"| {name} | {len(hits)} | {np.mean(hits):.3f} |")


def _cover_by_nuts(counts: Counts, seed: int, truth: Array) -> Array:
    sampler = run_sampler(counts, seed, LENGTH)
    low, high = np.quantile(np.asarray(sampler.get_samples()["b"]), (0.025, 0.975), axis=0)
    return np.asarray((low <= truth) & (truth <= high))


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description="Time effects and compare what intervals cover.")
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--nuts-studies", type=int, default=20)
    options = parser.parse_args()
    samples = all(find_spec(name) for name in ("jax", "numpyro"))
    if not samples:
        print("NumPyro is not installed, so NUTS is left out: pip install 'gyges[bayes]'.")
    show_times(options.trials, samples)
    show_growth(options.trials)
    show_coverage(options.studies, options.nuts_studies if samples else 0)


if __name__ == "__main__":
    main()
