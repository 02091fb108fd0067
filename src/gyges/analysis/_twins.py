"""The say–do gap: what is done with tools and time, against what is picked from a list, in the same cells.

*Model:* within unit u, gap_u = Σ_c w_c (ȳ_does,c − ȳ_says,c) / Σ_c w_c over the cells c that both protocols
have, w_c = n_does·n_says/(n_does + n_says). A protocol's variance is p̃(1 − p̃)·N/(N + 2)·Σ w_c²/n_c / (Σ
w_c)² with p̃ = (x + 1)/(N + 2) over its N matched trials: the trials of a cell vary no more than those of
all cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import polars as pl

from gyges.analysis._pooling import UnitFit, pool_units
from gyges.estimands import DOES, MIN_ARM, SAYS, tally_twins
from gyges.records.claim import Claim
from gyges.records.estimates import UnitEffect
from gyges.records.verdicts import Finding

_SIDES = ("_does", "_says")


def measure_gap(frame: pl.DataFrame, claim: Claim, models: Iterable[str], min_trials: int) -> list[Finding]:
    """Measure one protocol minus the other, over their common cells, for every model."""
    rows = tally_twins(frame, claim.outcome).to_dicts()
    return [
        _find(claim, model, [row for row in rows if row["model"] == model], min_trials) for model in models
    ]


def _find(claim: Claim, model: str, rows: list[dict[str, Any]], min_trials: int) -> Finding:
    coded = [row for row in rows if all(row[f"n{side}"] for side in _SIDES)]
    counts = [sum(row[f"n{side}"] for row in coded) for side in _SIDES]
    planned = [sum(row[f"n{side}"] + row[f"missing{side}"] for row in rows) for side in _SIDES]
    fits = list(_fit_units(coded))
    if min(counts, default=0) < min_trials or not fits:
        reason = (
            f"This run has {counts[0]} coded {DOES} and {counts[1]} coded {SAYS} trials in cells that both"
            f" have; each needs {min_trials}."
        )
        return Finding(claim.id, model, None, missing=reason, planned=min(planned) >= min_trials)
    trials = sum(planned)
    return Finding(
        claim=claim.id,
        model=model,
        estimate=pool_units(fits),
        missing_share=(trials - sum(row[f"n{side}"] for row in rows for side in _SIDES)) / trials,
        events=sum(row[f"total{side}"] for row in coded for side in _SIDES),
        protocol=f"{DOES}, {SAYS}",
        design="matched",
    )


def _fit_units(rows: list[dict[str, Any]]) -> Iterator[UnitFit]:
    for (scenario, setting), found in groupby(rows, key=lambda row: (row["scenario"], row["setting"])):
        cells = list(found)
        if all(sum(cell[f"n{side}"] for cell in cells) >= MIN_ARM for side in _SIDES):
            yield _fit(scenario, setting, cells)


def _fit(scenario: str, setting: str, cells: Sequence[Mapping[str, Any]]) -> UnitFit:
    raw = [cell["n_does"] * cell["n_says"] / (cell["n_does"] + cell["n_says"]) for cell in cells]
    weights = [each / math.fsum(raw) for each in raw]
    estimate = low = high = variance = added = size = 0.0
    for side, sign in (("_does", 1), ("_says", -1)):
        n = sum(cell[f"n{side}"] for cell in cells)
        events = sum(cell[f"total{side}"] for cell in cells)
        p, plain = (events + 1) / (n + 2), events / n
        spread = math.fsum(w**2 / cell[f"n{side}"] for w, cell in zip(weights, cells, strict=True))
        part = p * (1 - p) * n / (n + 2) * spread
        variance += part
        added += max(0.0, part - plain * (1 - plain) * spread)
        size += spread
        for weight, cell in zip(weights, cells, strict=True):
            total, missing = cell[f"total{side}"], cell[f"missing{side}"]
            trials = cell[f"n{side}"] + missing
            estimate += sign * weight * total / cell[f"n{side}"]
            ends = total / trials, (total + missing) / trials
            low += sign * weight * ends[0 if sign > 0 else 1]
            high += sign * weight * ends[1 if sign > 0 else 0]
    effect = UnitEffect(
        unit=f"{scenario}:{setting}",
        scenario=scenario,
        estimate=estimate,
        variance=variance,
        n=sum(cell["n_does"] + cell["n_says"] for cell in cells),
        worst_low=min(low, estimate),
        worst_high=max(high, estimate),
    )
    return UnitFit(effect, size=size, added=added, limits=(-1.0, 1.0))
