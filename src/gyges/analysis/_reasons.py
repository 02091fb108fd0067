"""By which kind of reason a model justifies what it does, under each role and each threat.

The trials are those of `measure_codes`: with the conflict present, of the protocol with most judged trials,
drawn cells where there are any. Every role and threat has its row of frames, and so has each pair of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.analysis._code_rates import ArmRates, Coded, read_coded
from gyges.records.judges import ReasonRate
from gyges.records.seeds import derive_seed
from gyges.records.words import CONFLICT, FACTORS

FRAME: Final = "ethical-frame"
ANY: Final = "any"


def measure_reasons(
    codes: pl.LazyFrame | pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    seed: int,
    drawn_by: Mapping[str, Sequence[str]] | None = None,
) -> tuple[ReasonRate, ...]:
    """Measure how often each ethical frame is used, by role and by threat.

    Args:
        codes: The codes table, with the judges' majority in `code_ethical_frame`.
        answers: The answers table; what coders `label:<name>` said are labels.
        labels: What people said; without any, nothing is corrected.
        seed: Root seed of the draws; each model and frame has a seed of its own.
        drawn_by: Question to the columns of the codes table whose crossing its labels were drawn in.
    """
    found = read_coded(codes, answers, labels, items=(FRAME,), drawn_by=drawn_by)
    return tuple(row for coded in found for row in _rate(coded, seed))


def _rate(coded: Coded, seed: int) -> Iterator[ReasonRate]:
    cells = [*product((ANY, *_met(coded, "role")), (ANY, *_met(coded, "threat")))]
    members = np.stack([_mark(coded, role, threat) for role, threat in cells])
    names = tuple(f"role={role}, threat={threat}" for role, threat in cells)
    split = replace(coded, arms=names, members=members, pairs=())
    for value in coded.values:
        found = ArmRates(split, value, derive_seed(seed, "reasons", coded.model, value))
        for (role, threat), rate in zip(cells, found.list_rates(), strict=True):
            yield ReasonRate(
                model=rate.model,
                role=role,
                threat=threat,
                frame=value,
                raw=rate.raw,
                corrected=rate.corrected,
                reason=rate.reason,
                n_labels=rate.n_labels,
                protocol=rate.protocol,
                design=rate.design,
            )


def _met(coded: Coded, factor: str) -> list[str]:
    met = set(coded.frame[factor].drop_nulls())
    return [level for level in FACTORS[factor] if level in met]


def _mark(coded: Coded, role: str, threat: str) -> NDArray[np.bool_]:
    marked = (coded.frame[CONFLICT] == "present").fill_null(value=False).to_numpy()
    for factor, level in (("role", role), ("threat", threat)):
        if level != ANY:
            marked = marked & (coded.frame[factor] == level).fill_null(value=False).to_numpy()
    return marked
