"""How well values are recovered, and what intervals of weights cover.

python -m benchmarks.bench_values
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from tests.calibration.known_values import weights_of
from tests.calibration.test_values import DRAWN, foresee, recover

from gyges.agents import load_profile
from gyges.analysis._held_out import hold_out
from gyges.analysis._intervals import Z
from gyges.estimands import ChoiceTable
from gyges.utility import TERMS, Choices, find_losses, find_shares, fit_logit

Floats = NDArray[np.float64]

STUDIES = 60
TRIALS = 2000
SPREAD = 0.3
DRAWS = 300


def main() -> None:
    """Print the tables of docs/values.md."""
    show_recovery()
    profile = np.array(list(weights_of(load_profile("insight-profile")).values()))
    for words, spread, target in (
        ("the same weights in every scenario", 0.0, profile),
        (f"weights {SPREAD:.0%} apart, the mean of them", SPREAD, profile),
        (f"weights {SPREAD:.0%} apart, those of the average choice", SPREAD, average_choice(SPREAD)),
    ):
        print(f"coverage, {words}:", flush=True)
        for name, rate in measure_coverage(spread, target).items():
            print(f"  {name:36} {rate:.3f}", flush=True)


def show_recovery() -> None:
    """Print how fitted weights go with true ones, and the loss beyond the policy's own entropy."""
    pairs, losses = [], []
    for seed in DRAWN:
        profile, table, fit = recover(seed)
        truth = np.array(list(weights_of(profile).values()))
        pairs.append(np.stack([truth, fit.fit.weights])[:, fit.fit.identified])
        own = find_shares(table.choices, truth)
        entropy = -float((table.choices.totals[:, None] * own * np.log(np.maximum(own, 1e-300))).sum())
        losses.append(float(find_losses(table.choices, hold_out(table, fit).by_values).sum()) / entropy - 1)
    each = [float(np.corrcoef(pair)[0, 1]) for pair in pairs]
    whole = float(np.corrcoef(np.concatenate(pairs, axis=1))[0, 1])
    print(f"correlation over {len(pairs)} profiles {whole:.3f}, each by itself {min(each):.3f} or more")
    print(f"held-out log loss over entropy {min(losses):+.1%} to {max(losses):+.1%}", flush=True)


def average_choice(spread: float) -> Floats:
    """Give the weights nearest to what is chosen on average where every scenario has weights of its own."""
    table = foresee(TRIALS)
    rng = np.random.default_rng(9)
    shares = sum(_draw_shares(table, spread, rng) for _ in range(DRAWS)) / DRAWS
    counts = shares * table.choices.totals[:, None]
    return fit_logit(Choices(table.choices.features, table.choices.is_open, counts), ridge=1e-6).weights


def measure_coverage(spread: float, target: Floats) -> dict[str, float]:
    """Simulate core studies of the insight profile; give the share of target weights each interval covers."""
    covered: dict[str, list[NDArray[np.bool_]]] = {}
    for study in range(STUDIES):
        for name, hit in _simulate(study, spread, target):
            covered.setdefault(name, []).append(hit)
    return {name: float(np.mean(hits)) for name, hits in covered.items()}


def _draw_shares(table: ChoiceTable, spread: float, rng: np.random.Generator) -> Floats:
    """Draw every scenario's weights, and give the probability of each act."""
    truth = np.array(list(weights_of(load_profile("insight-profile")).values()))
    size = (len(table.scenarios), len(TERMS))
    weights = truth + spread * np.maximum(np.abs(truth), 0.5) * rng.normal(size=size)
    shares = np.zeros(table.choices.counts.shape)
    for place, mine in enumerate(weights):
        here = table.scenario == place
        shares[here] = find_shares(table.choices.take(here), mine)
    return shares


def _simulate(study: int, spread: float, target: Floats) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    table = foresee(TRIALS)
    size = len(table.scenarios)
    rng = np.random.default_rng([study, 5])
    shares = _draw_shares(table, spread, rng)
    totals = np.round(table.choices.totals).astype(np.int64)
    counts = rng.multinomial(totals, shares / shares.sum(axis=1, keepdims=True)).astype(float)
    choices = Choices(table.choices.features, table.choices.is_open, counts)
    fit = fit_logit(choices)
    without = [fit_logit(choices.take(table.scenario != s), start=fit.weights).weights for s in range(size)]
    moved = np.array(without) - fit.weights
    surplus = choices.counts - choices.totals[:, None] * find_shares(choices, fit.weights)
    scores = np.einsum("ta,tak->tk", surplus, choices.features)
    clusters = np.array([scores[table.scenario == s].sum(axis=0) for s in range(size)])
    sandwich = fit.covariance @ (clusters.T @ clusters) @ fit.covariance * size / (size - 1)
    own, jackknife = np.diag(fit.covariance), (size - 1) / size * (moved**2).sum(axis=0)
    t = float(student.ppf(0.975, size - 1))
    kept, error = fit.identified, np.abs(fit.weights - target)
    for name, variance, reach in (
        ("the model's own, normal", own, Z),
        ("sandwich by scenario (CR1), t(S - 1)", np.diag(sandwich), t),
        ("jackknife over scenarios, t(S - 1)", jackknife, t),
        ("the larger of model and jackknife", np.maximum(own, jackknife), t),
    ):
        yield name, (error <= reach * np.sqrt(variance))[kept]


if __name__ == "__main__":
    main()
