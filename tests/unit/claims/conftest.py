"""Findings to decide on."""

from __future__ import annotations

import math
from typing import Any

from scipy import special

from gyges.claims import decide, load_claims
from gyges.records.claim import Claim
from gyges.records.estimates import Estimate
from gyges.records.verdicts import Finding, Verdict

CLAIMS = {claim.id: claim for claim in load_claims()}


def make_estimate(
    estimate: float, se: float, *, n_scenarios: int = 10, n: int = 1500, **more: Any
) -> Estimate:
    """Make an estimate about scenarios like these, or these only where they are fewer than five."""
    df = n_scenarios - 1.0 if n_scenarios >= 5 else math.inf
    half = float(special.stdtrit(df, 0.975)) * se
    return Estimate(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        se=se,
        df=df,
        n=n,
        n_scenarios=n_scenarios,
        scope="scenarios like these" if n_scenarios >= 5 else "these scenarios only",
        **more,
    )


def make_finding(claim: str, estimate: Estimate | None, **more: Any) -> Finding:
    """Make a finding with a hundred events."""
    return Finding(claim, "m", estimate, **{"events": 100, **more})


def decide_one(finding: Finding, claim: Claim | None = None) -> Verdict:
    """Decide one finding on its own."""
    (verdict,) = decide([finding], [claim or CLAIMS[finding.claim]], min_trials=20)
    return verdict
