"""Contrasts assisted by values: narrower on agents that values describe, no less true on all others."""

from __future__ import annotations

from functools import cache

import pytest

from tests.calibration.assisted import Summary, run_study, summarize

STUDIES = 16


@cache
def summary(kind: str) -> Summary:
    """Sum up an agent's studies."""
    return summarize([run_study(kind, seed) for seed in range(STUDIES)])


@pytest.mark.slow
def test_an_agent_with_values_is_told_with_less_error_and_more_often() -> None:
    """On the insight profile errors fall by a fifth at least, and more that is true is supported."""
    found = summary("insight-profile")
    assert found.se_ratio < 0.85
    assert found.spread_ratio < 0.85
    assert found.supported[1] > found.supported[0] + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["by-scenario", "pairs", "placebo"])
def test_an_agent_that_values_do_not_describe_is_told_no_worse(kind: str) -> None:
    """Whatever the policy, intervals hold the truth, are hardly wider, and nothing false is supported."""
    found = summary(kind)
    assert found.coverage[1] >= 0.92
    assert found.se_ratio < 1.02
    assert found.spread_ratio < 1.1
    assert found.false[1] <= found.false[0] + 1 / STUDIES
