"""The control questions beside every verdict, and what is asked of a study as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from gyges.analysis._capability import measure_capability
from gyges.analysis._noticed import measure_misread, measure_noticed
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.analysis._twins import measure_gap
from gyges.analysis._wordings import measure_wordings
from gyges.estimands import ALTERNATIVES
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding

_MEASURES = {
    "noticed": measure_noticed,
    "misread": measure_misread,
    "overdispersion": measure_wordings,
    "say-do": measure_gap,
}


def measure_alternatives(
    codes: pl.LazyFrame | pl.DataFrame,
    claims: Sequence[Claim],
    *,
    min_trials: int,
    ranks: Mapping[str, int] | None = None,
    facts: KnownFacts | None = None,
) -> tuple[Finding, ...]:
    """Measure the claims that no comparison of cells decides; those by agreement of judges are left out.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        claims: Registered claims; others are passed over.
        min_trials: Fewest coded trials on each side.
        ranks: Model to its declared capability.
        facts: What is known of the scenarios.
    """
    everything = prepare_codes(codes, facts)
    models = sorted(everything.select(pl.col("model").unique().cast(pl.String))["model"].to_list())
    frame = drop_items(everything)
    found: list[Finding] = []
    for claim in claims:
        if claim.kind == "capability":
            found += measure_capability(frame, claim, models, ranks or {}, min_trials)
        elif claim.kind in ALTERNATIVES and claim.kind in _MEASURES:
            found += _MEASURES[claim.kind](frame, claim, models, min_trials)
    return tuple(found)
