"""The hierarchical model of one outcome, sampled by NUTS on counted cells.

*Model:* y[u, c] ~ Binomial(n, p), logit p = a + a_u + Σ_f (b_f + b_{u,f}) x_f, where x_f is 1 at a level and
0 at others, with a column a level but the first, centered; a ~ N(0, 2²), a_u ~ N(0, σ²), b_f ~ N(0, 1.5²),
b_{u,f} ~ N(0, τ_f²), σ ~ half-normal(1.5), τ_f ~ half-normal(0.75). A unit is a setting of a scenario.

*Standardised difference of rates*: the mean over the study's own cells of p at the level minus p at the
reference, the cell's other factors as they are; over scenarios like these, a new unit's a_u and b_{u,f} are
integrated out by Gauss–Hermite quadrature, draw by draw; over these scenarios only, their own are used.

References:
    Hoffman & Gelman (2014), The No-U-Turn sampler. JMLR 15.
    Vehtari et al. (2021), Rank-normalization, folding, and localization. Bayesian Analysis 16.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, roots_hermitenorm

from gyges.errors import BayesError

Array = NDArray[np.float64]

_CELLS: Final = 400
"""Cells at most over which rates are averaged."""
_DRAWS: Final = 1200
"""Draws at most that are turned into rates."""
_NODES: Final = 9


@dataclass(frozen=True)
class Sampling:
    """How long to sample."""

    chains: int = 4
    warmup: int = 600
    draws: int = 1000


@dataclass(frozen=True)
class Counts:
    """Counted cells of one outcome: a row a cell."""

    x: Array
    """Which levels the cell has: a column a level but the first of each factor, 0 or 1."""
    carried: Array
    """Likewise, whether the cell's unit carries the factor at all."""
    unit: NDArray[np.int64]
    y: Array
    n: Array
    groups: tuple[tuple[int, ...], ...]
    """Columns of the same factor."""

    @property
    def units(self) -> int:
        """How many units there are."""
        return int(self.unit.max()) + 1


@dataclass(frozen=True)
class Sampled:
    """Draws of quantities, a column each, and how well they were sampled."""

    draws: Array
    r_hat: Array
    ess: Array


@dataclass(frozen=True)
class Posterior:
    """What was sampled; arrays are draws × columns unless said otherwise."""

    effects: Sampled
    """b_f: the mean over scenarios like these."""
    own: Sampled
    """b_f + the mean of b_{u,f} over the units that carry it."""
    differences: Sampled
    """Standardised differences of rates."""
    taus: Array
    worst_r_hat: float
    """Over everything sampled that has a meaning: intercept, effects and spreads."""
    least_ess: float
    divergences: int


def check_sampler() -> None:
    """See that the sampler is there.

    Raises:
        BayesError: It is not installed.
    """
    if any(find_spec(name) is None for name in ("jax", "numpyro")):
        raise BayesError("--bayes needs NumPyro, which is not installed: pip install 'gyges[bayes]'.")


def sample(counts: Counts, seed: int, sampling: Sampling, *, like_these: NDArray[np.bool_]) -> Posterior:
    """Sample the model.

    Args:
        counts: Counted cells of one outcome.
        seed: Seed of the sampler.
        sampling: How long.
        like_these: For each column, whether its rates are about scenarios like these.
    """
    sampler = run_sampler(counts, seed, sampling)
    drawn = {name: np.asarray(each, dtype=float) for name, each in sampler.get_samples().items()}
    meant = [_diagnose(drawn[name], sampling.chains) for name in ("a", "sigma", "b", "tau")]
    return Posterior(
        effects=meant[2],
        own=_diagnose(_own_effects(counts, drawn), sampling.chains),
        differences=_diagnose(_standardise(counts, drawn, like_these), sampling.chains),
        taus=drawn["tau"],
        worst_r_hat=max(float(np.max(each.r_hat)) for each in meant),
        least_ess=min(float(np.min(each.ess)) for each in meant),
        divergences=int(np.sum(np.asarray(sampler.get_extra_fields()["diverging"]))),
    )


def run_sampler(counts: Counts, seed: int, sampling: Sampling) -> Any:
    """Run NUTS on counted cells and give NumPyro's own object."""
    import jax
    from jax import random
    from numpyro.infer import MCMC, NUTS

    jax.config.update("jax_enable_x64", True)
    sampler = MCMC(
        NUTS(_model, target_accept_prob=0.9),
        num_warmup=sampling.warmup,
        num_samples=sampling.draws,
        num_chains=sampling.chains,
        chain_method="vectorized",
        progress_bar=False,
    )
    arguments = (_center(counts), counts.unit, counts.units, counts.y, counts.n)
    sampler.run(random.PRNGKey(seed % 2**32), *arguments, extra_fields=("diverging",))
    return sampler


def _center(counts: Counts) -> Array:
    """Center each column over the trials of the units that carry it; elsewhere it is 0."""
    weight = counts.n[:, None] * counts.carried
    means = np.sum(weight * counts.x, axis=0) / np.maximum(np.sum(weight, axis=0), 1)
    centered: Array = (counts.x - means) * counts.carried
    return centered


def _model(x: Any, unit: Any, units: int, y: Any, n: Any) -> None:
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist

    size = x.shape[1]
    a = numpyro.sample("a", dist.Normal(0.0, 2.0))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1.5))
    b = numpyro.sample("b", dist.Normal(0.0, 1.5).expand([size]).to_event(1))
    tau = numpyro.sample("tau", dist.HalfNormal(0.75).expand([size]).to_event(1))
    # A unit's trials say much of its intercept and little of each slope, so only slopes are put in units of
    # their spread.
    own = numpyro.sample("own", dist.Normal(a, sigma).expand([units]).to_event(1))
    z_b = numpyro.sample("z_b", dist.Normal(0.0, 1.0).expand([units, size]).to_event(2))
    by_unit = b + tau * z_b
    logits = own[unit] + jnp.sum(x * by_unit[unit], axis=1)
    numpyro.sample("y", dist.Binomial(total_count=n, logits=logits), obs=y)


def _diagnose(draws: Array, chains: int) -> Sampled:
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    by_chain = draws.reshape(chains, -1, *draws.shape[1:])
    r_hat = np.atleast_1d(np.asarray(split_gelman_rubin(by_chain), dtype=float))
    ess = np.atleast_1d(np.asarray(effective_sample_size(by_chain), dtype=float))
    # What never moved has no variance to compare: it has not been sampled at all.
    return Sampled(draws, np.where(np.isfinite(r_hat), r_hat, np.inf), np.where(np.isfinite(ess), ess, 0.0))


def _own_effects(counts: Counts, drawn: Mapping[str, Array]) -> Array:
    carries = np.zeros((counts.units, counts.x.shape[1]))
    carries[counts.unit] = counts.carried
    share = carries / np.maximum(carries.sum(axis=0), 1)
    return np.asarray(drawn["b"] + drawn["tau"] * np.einsum("duk,uk->dk", drawn["z_b"], share))


def _standardise(counts: Counts, drawn: Mapping[str, Array], like_these: NDArray[np.bool_]) -> Array:
    every = _find_thinning(len(drawn["a"]))
    kept = {name: each[::every] for name, each in drawn.items()}
    x, means = _center(counts), counts.x - _center(counts)
    found = np.zeros((len(kept["a"]), counts.x.shape[1]))
    for group in counts.groups:
        rows = _choose_rows(counts, group[0])
        for column in group:
            ends = []
            for level in (column, None):
                cells = x[rows].copy()
                cells[:, list(group)] = -means[rows][:, list(group)]
                if level is not None:
                    cells[:, level] += 1.0
                if like_these[column]:
                    ends.append(_average_like_these(cells, counts.n[rows], kept))
                else:
                    ends.append(_average_these(cells, counts.unit[rows], counts.n[rows], kept))
            found[:, column] = ends[0] - ends[1]
    return found


def _find_thinning(draws: int) -> int:
    """Give how many draws to skip from one to the next, so that all chains keep as many."""
    return next(every for every in range(1, draws + 1) if draws % every == 0 and draws // every <= _DRAWS)


def _choose_rows(counts: Counts, column: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(counts.carried[:, column] > 0)
    if len(rows) <= _CELLS:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, _CELLS).astype(int)])


def _average_like_these(cells: Array, n: Array, drawn: Mapping[str, Array]) -> Array:
    """Mean rate in a new scenario of the kind, for every draw."""
    mean = drawn["a"][:, None] + drawn["b"] @ cells.T
    sd = np.sqrt(drawn["sigma"][:, None] ** 2 + drawn["tau"] ** 2 @ (cells**2).T)
    nodes, weights = roots_hermitenorm(_NODES)
    rate = sum(w * expit(mean + sd * node) for node, w in zip(nodes, weights, strict=True))
    return np.asarray(rate @ n / (n.sum() * weights.sum()))


def _average_these(cells: Array, unit: NDArray[np.int64], n: Array, drawn: Mapping[str, Array]) -> Array:
    """Mean over the units of their own mean rates, for every draw."""
    total = np.zeros(len(drawn["a"]))
    met = np.unique(unit)
    for each in met:
        mine = unit == each
        slopes = drawn["b"] + drawn["tau"] * drawn["z_b"][:, each]
        logits = drawn["own"][:, each][:, None] + slopes @ cells[mine].T
        total += expit(logits) @ n[mine] / n[mine].sum()
    return np.asarray(total / len(met))
