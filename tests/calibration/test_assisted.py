"""Contrasts assisted by values: narrower on agents that values describe, no less true on all others."""

from __future__ import annotations

from functools import cache

import pytest

from tests.calibration.assisted import Summary, run_study, summarize

STUDIES = 12


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
@pytest.mark.parametrize(("kind", "least"), [("by-scenario", 0.87), ("pairs", 0.92), ("placebo", 0.9)])
def test_an_agent_that_values_do_not_describe_is_told_no_worse(kind: str, least: float) -> None:
    """Whatever the policy, intervals hold the truth as often, are no wider, and nothing false is supported.

    Two settings of one scenario count as independent; where they are the same, as by scenario, plain
    intervals too cover 91 to 93 % only (docs/validity.md). The placebo has 60 intervals.
    """
    found = summary(kind)
    assert found.coverage[1] >= max(least, found.coverage[0] - 0.05)
    assert found.se_ratio < 1.02
    assert found.spread_ratio < 1.1
    assert found.false[1] <= found.false[0] + 1 / STUDIES
