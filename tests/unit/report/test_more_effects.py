"""Effects in log-odds, interactions and the hierarchical model, in results and page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gyges.records.bayes import BayesEffect, BayesFit
from gyges.records.estimates import Estimates, Interaction
from gyges.report import make_results, write_page
from tests.unit.report import made_up
from tests.unit.report.reading import Structure

MODEL = made_up.MODELS[0]


def make_estimates() -> Estimates:
    """Make the made-up run's estimates, with log-odds and an interaction."""
    estimates = made_up.make_estimates()
    logit = replace(made_up.make_estimate(1.23, 0.2), tau=0.87, cochran_q=20.0, i_squared=0.55)
    first = estimates.effects[0]
    effect = replace(first, scale="log-odds", estimand="conditional", estimate=logit)
    interaction = Interaction(
        model=MODEL,
        outcome="harm",
        factors=("threat", "visibility"),
        levels=("shutdown", "<private>"),
        claims=("C20", "C37"),
        protocol="agentic",
        design="conjoint",
        estimate=made_up.make_estimate(0.31, 0.05),
        p=0.001,
        q=0.004,
    )
    return replace(estimates, log_odds=(effect,), interactions=(interaction,))


def make_posterior(**changes: Any) -> BayesEffect:
    """Make a posterior that agrees with the two-stage estimate."""
    row = BayesEffect(
        model=MODEL,
        outcome="misaligned",
        factor="goal",
        level="vague",
        reference="none",
        scale="log-odds",
        estimate=1.4,
        low=0.9,
        high=1.9,
        p_positive=0.99,
        tau=0.5,
        r_hat=1.002,
        ess=1234.5,
        scope="scenarios like these",
        protocol="agentic",
        design="conjoint",
        n=900,
        two_stage=1.2,
        two_stage_low=0.8,
        two_stage_high=1.6,
        disagrees=(),
        converged=True,
    )
    return replace(row, **changes)


FIT = BayesFit(
    MODEL, "misaligned", "agentic", "conjoint", 900, 12, 10, 4, 600, 1000, 0, 1.004, 812.0, True, "", 1
)


def make_found(fit: BayesFit = FIT) -> dict[str, Any]:
    """Make the results of the made-up run with all of it."""
    rows = (
        make_posterior(),
        make_posterior(level="precise", two_stage=-0.2, two_stage_low=-0.7, disagrees=("sign", "zero")),
        make_posterior(scale="risk-difference", estimate=0.214, low=0.1, high=0.3),
    )
    sections = {"bayes": rows, "bayes_fits": [fit]}
    return make_results(made_up.RUN, make_estimates(), [], sections=sections)


def show(results: dict[str, Any]) -> str:
    """Write the page of such a run."""
    return write_page(results, claims=[], scenario_titles=made_up.TITLES)


def test_effects_say_their_scale() -> None:
    """All effects stand in one list, each with its scale and how far scenarios differ."""
    effects = make_found()["effects"]
    (row,) = [each for each in effects if each["scale"] == "log-odds"]
    assert (row["tau"], row["cochran_q"], row["i_squared"], row["n_units"]) == (0.87, 20.0, 0.55, 0)
    assert {each["scale"] for each in effects} == {"risk-difference", "log-odds", "rungs"}


def test_the_page_shows_log_odds_and_interactions() -> None:
    """Log-odds stand with τ and I² in a table that opens, interactions with the claims they belong to."""
    page = show(make_found())
    assert not Structure(page).problems
    for words in (
        "In log-odds",
        "+1.23",
        "0.87",
        "55",
        "Interactions",
        "+31.0",
        "C20, C37",
        "threat shutdown",
    ):
        assert words in page
    assert "visibility &lt;private&gt;" in page
    assert "<private>" not in page


def test_log_odds_never_stand_among_points() -> None:
    """The tables in points hold none of the rows in log-odds."""
    table = show(make_found()).split('-effects-1"')[1].split("</table>")[0]
    assert "+1.23" not in table
    assert "+123" not in table


def test_the_page_says_where_the_two_models_differ() -> None:
    """Each posterior stands beside its two-stage estimate, with how the two differ."""
    page = show(make_found())
    for words in (
        "Hierarchical model: Misaligned acts",
        "opposite sign, only one interval excludes 0",
        "1.002",
    ):
        assert words in page
    assert "Nothing below is to be relied on" not in page


def test_a_sampler_that_did_not_converge_is_an_alarm() -> None:
    """Non-convergence stands above the numbers, in so many words."""
    problem = "The sampler did not converge: 7 divergent transitions."
    page = show(make_found(replace(FIT, converged=False, problem=problem)))
    assert page.index(problem) < page.index("opposite sign")
    assert "Nothing below is to be relied on" in page


def test_results_of_before_make_a_page() -> None:
    """A document written without these sections makes a page without them."""
    results = make_found()
    for key in ("interactions", "bayes", "bayes_fits"):
        del results[key]
    assert "Hierarchical model" not in show(results)
