"""The hierarchical model, and where it differs from the two-stage estimates."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gyges.analysis import Sampling, estimate_all, fit_bayes
from gyges.analysis._bayes import _compare
from gyges.errors import BayesError
from gyges.records.bayes import BayesEffect, BayesResults
from gyges.records.estimates import Effect, Estimate

if TYPE_CHECKING:
    import polars as pl
    from tests.unit.analysis.conftest import MakeCodes


def make_rows(scenarios: int, slope: float, seed: int, times: int = 60) -> list[dict[str, object]]:
    """Conjoint trials of reputation and threat in scenarios of their own intercepts and slopes."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for s in range(scenarios):
        base, own = rng.normal(-0.5, 0.6), rng.normal(slope, 0.3)
        for i, reputation in enumerate(("low", "high")):
            for j, threat in enumerate(("none", "shutdown")):
                p = 1 / (1 + np.exp(-(base + own * i + 0.6 * j)))
                events = int(rng.binomial(times, p))
                cell = {"scenario": f"s{s}", "reputation": reputation, "threat": threat}
                rows += [{**cell, "misaligned": True, "times": events}, {**cell, "times": times - events}]
    return rows


def fit(codes: pl.DataFrame, sampling: Sampling, seed: int = 1) -> BayesResults:
    """Fit the model of misaligned trials."""
    return fit_bayes(codes, estimate_all(codes), seed=seed, outcomes=("misaligned",), sampling=sampling)


def find(found: BayesResults, scale: str) -> BayesEffect:
    """The effect of a high reputation."""
    (row,) = [row for row in found.effects if (row.factor, row.scale) == ("reputation", scale)]
    return row


def test_nothing_is_sampled_unasked(make_codes: MakeCodes) -> None:
    """Without an outcome the sampler is neither needed nor run."""
    codes = make_codes(make_rows(1, 0.5, 1))
    assert fit_bayes(codes, estimate_all(codes), seed=1, outcomes=()) == BayesResults()


def test_without_numpyro_one_sentence_says_so(make_codes: MakeCodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is said in one sentence with what to install."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "gyges.analysis._hierarchy.find_spec", lambda name: None if name == "numpyro" else real(name)
    )
    codes = make_codes(make_rows(1, 0.5, 1))
    with pytest.raises(BayesError, match=r"^--bayes needs NumPyro, .*pip install 'gyges\[bayes\]'\.$"):
        fit_bayes(codes, estimate_all(codes), seed=1, outcomes=("misaligned",))


def test_an_unknown_outcome_is_said(make_codes: MakeCodes) -> None:
    """An outcome that is none is named, with those there are."""
    codes = make_codes(make_rows(1, 0.5, 1))
    with pytest.raises(BayesError, match=r"'mislaigned'\. Did you mean 'misaligned'"):
        fit_bayes(codes, estimate_all(codes), seed=1, outcomes=("mislaigned",))


@pytest.mark.parametrize(
    ("posterior", "words"),
    [
        ((0.3, 0.1, 0.5), ()),
        ((0.3, -0.1, 0.7), ("zero",)),
        ((-0.02, -0.2, 0.25), ("sign", "zero", "outside")),
        ((0.9, 0.7, 1.1), ("outside",)),
    ],
)
def test_differences_are_named(posterior: tuple[float, float, float], words: tuple[str, ...]) -> None:
    """Sign, zero excluded by one alone, and an estimate outside the other's interval are told apart."""
    estimate = Estimate(0.2, 0.05, 0.4, 0.1, 9.0, 100, 10, "scenarios like these")
    effect = Effect("m", "goal", "vague", "none", "misaligned", "AMCE", "agentic", estimate, 0.01)
    assert _compare(posterior, effect) == words
    assert _compare(posterior, None) == ()


@pytest.mark.bayes
def test_the_posterior_is_where_the_truth_is(make_codes: MakeCodes) -> None:
    """With many trials the posterior converges, covers the truth, and agrees with the two stages."""
    found = fit(make_codes(make_rows(8, 0.9, 3)), Sampling(chains=4, warmup=400, draws=600))
    (how,) = found.fits
    assert (how.converged, how.problem, how.divergences, how.n_scenarios) == (True, "", 0, 8)
    assert how.worst_r_hat <= 1.01
    logit, points = find(found, "log-odds"), find(found, "risk-difference")
    assert logit.low < 0.9 < logit.high
    assert logit.two_stage is not None
    assert logit.estimate == pytest.approx(logit.two_stage, abs=0.15)
    assert points.two_stage is not None
    assert points.estimate == pytest.approx(points.two_stage, abs=0.04)
    assert points.p_positive > 0.99
    assert logit.scope == "scenarios like these"


@pytest.mark.bayes
def test_few_scenarios_speak_for_themselves(make_codes: MakeCodes) -> None:
    """With two scenarios the posterior is of their own mean effect, as the two-stage interval is."""
    found = fit(make_codes(make_rows(2, 0.9, 4)), Sampling(chains=2, warmup=300, draws=400))
    points = find(found, "risk-difference")
    assert points.scope == "these scenarios only"
    assert points.two_stage_low is not None
    assert points.two_stage_high is not None
    theirs = points.two_stage_high - points.two_stage_low
    assert points.high - points.low == pytest.approx(theirs, rel=0.3)
    assert points.estimate == pytest.approx(points.two_stage or 0, abs=0.04)


@pytest.mark.bayes
def test_what_did_not_converge_says_so(make_codes: MakeCodes) -> None:
    """A sampler that was stopped too early is called so on the fit and on every row, and rows stay."""
    found = fit(make_codes(make_rows(6, 0.9, 5)), Sampling(chains=2, warmup=10, draws=20))
    (how,) = found.fits
    assert not how.converged
    assert how.problem.startswith("The sampler did not converge: ")
    assert found.effects
    assert not any(row.converged for row in found.effects)


@pytest.mark.bayes
def test_the_same_seed_gives_the_same_posterior(make_codes: MakeCodes) -> None:
    """Two fits of the same codes are the same to the last digit, in whatever order the rows stand."""
    codes = make_codes(make_rows(5, 0.5, 6, times=10))
    length = Sampling(chains=2, warmup=50, draws=50)
    shuffled = codes.sample(fraction=1.0, shuffle=True, seed=2)
    assert repr(fit(codes, length)) == repr(fit(shuffled, length))
    assert repr(fit(codes, length)) != repr(fit(codes, length, seed=2))
