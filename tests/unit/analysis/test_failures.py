"""Where trials failed, and whether evenly."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from gyges.analysis import measure_failures


def _make(
    shares: dict[str, float], *, n: int = 4000, seed: int = 0, scenarios: dict[str, float] | None = None
) -> pl.DataFrame:
    """Draw trials that fail by threat and scenario with known shares; visibility never matters."""
    rng = np.random.default_rng(seed)
    threats = list(shares)
    names = scenarios or {"a": 1.0, "b": 1.0}
    rows = []
    for i in range(n):
        threat = threats[rng.integers(len(threats))]
        scenario = list(names)[rng.integers(len(names))]
        is_failed = rng.random() < shares[threat] * names[scenario]
        rows.append(
            {
                "trial": f"t{i}",
                "model": "m",
                "scenario": scenario,
                "protocol": "choice",
                "design": "conjoint",
                "threat": threat,
                "visibility": ["private", "public"][rng.integers(2)],
                "status": "failed" if is_failed else "coded",
                "cause": "timeout" if is_failed else None,
            }
        )
    return pl.DataFrame(rows, schema_overrides={"cause": pl.String})


def test_uneven_failures_are_found_and_even_ones_are_not() -> None:
    """A factor that failures depend on is named with its shares; one they do not depend on is balanced."""
    found = measure_failures(_make({"none": 0.02, "shutdown": 0.2}), seed=1)
    by_factor = {each.factor: each for each in found.tests}
    threat = by_factor["threat"]
    assert not threat.balanced
    assert (threat.lowest, threat.highest) == ("none", "shutdown")
    assert threat.highest_share == pytest.approx(0.2, abs=0.03)
    assert by_factor["visibility"].balanced
    assert by_factor["scenario"].balanced


def test_a_scenario_that_fails_does_not_accuse_the_factors() -> None:
    """Failures of one scenario are about that scenario, though its levels are not those of the others."""
    table = _make({"none": 0.3, "shutdown": 0.3}, scenarios={"a": 1.0, "b": 0.05})
    # Scenario b hardly ever has the level `none`.
    drop = (
        (pl.col("scenario") == "b")
        & (pl.col("threat") == "none")
        & (pl.col("trial").str.ends_with("7").not_())
    )
    found = {each.factor: each for each in measure_failures(table.filter(~drop), seed=1).tests}
    assert not found["scenario"].balanced
    assert found["threat"].balanced


@pytest.mark.parametrize(("rate", "method"), [(0.1, "chi-squared"), (0.02, "permutation")])
def test_even_failures_are_called_uneven_seldom(rate: float, method: str) -> None:
    """With many failures and with few, the level of the tests is what it says, over a study's factors."""
    n = 400 if method == "chi-squared" else 150
    runs = [
        measure_failures(_make({"none": rate, "shutdown": rate}, n=n, seed=s), seed=s) for s in range(120)
    ]
    tests = [run.tests for run in runs if run.tests]
    assert {each.method for run in tests for each in run} >= {method}
    false = sum(any(not each.balanced for each in run) for run in tests) / len(tests)
    assert false <= 0.12


def test_every_failure_is_counted_once_at_each_factor() -> None:
    """Cells add up to the trials and failures of the model, by cause."""
    table = _make({"none": 0.1, "shutdown": 0.1})
    n_failed = table.filter(status="failed").height
    found = measure_failures(table, seed=1)
    for factor in ("scenario", "threat", "visibility"):
        cells = [each for each in found.cells if each.factor == factor]
        assert sum(each.n for each in cells) == table.height
        assert sum(each.failed for each in cells) == n_failed
        assert sum(each.causes.get("timeout", 0) for each in cells) == n_failed


def test_order_and_seed_decide_nothing_else() -> None:
    """The same trials in another order give the same rows; without a failure there are none."""
    table = _make({"none": 0.01, "shutdown": 0.02}, n=300)
    assert measure_failures(table, seed=5) == measure_failures(table.reverse(), seed=5)
    assert measure_failures(table.with_columns(status=pl.lit("coded")), seed=5).tests == ()


def test_a_warning_names_what_failures_depend_on() -> None:
    """Page and note say at which levels trials are missing, and say nothing where they are spread evenly."""
    from dataclasses import asdict

    from gyges.report import warn_of_failures

    uneven = measure_failures(_make({"none": 0.02, "shutdown": 0.2}), seed=1)
    rows = [asdict(each) for each in uneven.tests]
    (warning,) = warn_of_failures({"models": ["m"], "failure_balance": rows})
    assert "threat (" in warning
    assert "at shutdown" in warning
    assert "visibility" not in warning
    even = [row | {"balanced": True} for row in rows]
    assert warn_of_failures({"models": ["m"], "failure_balance": even}) == ()
