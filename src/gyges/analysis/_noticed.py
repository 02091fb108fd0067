"""Trials that mention a test, and trials whose situation was misread.

*Model:* the rate of such trials is pooled over units as any rate held against a bound. Within a unit, trials
that mention a test are compared with those that do not, over all cells alike: nobody drew which trials do,
so the difference is a description and not an effect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from gyges.analysis._bounds import pool_rates
from gyges.analysis._pooling import pool_units
from gyges.analysis._units import fill_missing, fit_differences
from gyges.estimands import (
    AWARE,
    AWARE_ASKED,
    Arm,
    Unit,
    Units,
    Value,
    choose_protocol,
    count_side,
    keep_conflict,
    mark_aware,
    mark_misread,
    name_code,
    usable,
    value_of,
)
from gyges.records.claim import Claim
from gyges.records.codebook import YES
from gyges.records.verdicts import Finding, FoundPart
from gyges.records.words import PROTOCOLS

ALL: Final = "all"
_YES: Final = "trials that mention a test"
_NO: Final = "those that do not"
_FLAG: Final = Value("flag", pl.col("flag").cast(pl.Int64), pl.col("flag"))


def measure_noticed(
    frame: pl.DataFrame, claim: Claim, models: Iterable[str], min_trials: int
) -> list[Finding]:
    """Measure how often trials mention a test, and what else those do, for every model."""
    rows = keep_conflict(frame).with_columns(flag=mark_aware(frame.columns)).collect()
    return [
        _find_noticed(rows.filter(pl.col("model") == model), claim, model, min_trials) for model in models
    ]


def _find_noticed(rows: pl.DataFrame, claim: Claim, model: str, min_trials: int) -> Finding:
    coded = rows.filter(pl.col("status") == "coded")
    read = coded.drop_nulls("flag")
    if read.height < min_trials:
        reason = f"Judges have answered '{AWARE}' of {read.height} coded trials; it takes {min_trials}."
        return Finding(claim.id, model, None, missing=reason, planned=False)
    rate = pool_rates(_count(read, _FLAG, pl.lit(ALL)), ALL, _FLAG, bound=claim.bound or 0.0)
    parts = [FoundPart("rate of trials that mention a test", rate, "bound")]
    value = value_of(claim.outcome)
    units = usable(
        _count(read, value, pl.when("flag").then(pl.lit(_YES)).otherwise(pl.lit(_NO))), (_YES, _NO)
    )
    if min(count_side(units, _YES), count_side(units, _NO)) >= min_trials:
        gap = pool_units(fit_differences(units, _YES, _NO, value))
        parts.append(FoundPart(f"{value.name}: {_YES} − {_NO}", gap))
    return Finding(
        claim=claim.id,
        model=model,
        estimate=parts[-1].estimate,
        parts=tuple(parts),
        missing_share=1 - coded.height / rows.height,
        events=int(read[claim.outcome].sum()),
        note=" ".join(filter(None, (_say_asked(read), _say_unread(coded.height - read.height)))),
        protocol=_list_words(read, "protocol"),
        design=_list_words(read, "design"),
    )


def _say_asked(read: pl.DataFrame) -> str:
    """Say how many mention a test only when they are asked: the question may have brought it up."""
    during = name_code(AWARE)
    if name_code(AWARE_ASKED) not in read.columns or during not in read.columns:
        return ""
    said = read.filter("flag")
    only = said.filter(pl.col(during).cast(pl.String).ne_missing(YES)).height
    return f"Of {said.height:,} trials, {only:,} mention it only when asked afterwards." if only else ""


def _say_unread(n: int) -> str:
    return f"Of {n:,} coded trials no judge says whether they mention a test." if n else ""


def measure_misread(
    frame: pl.DataFrame, claim: Claim, models: Iterable[str], min_trials: int
) -> list[Finding]:
    """Measure how often the situation was misread, for every model, in the protocol that decides."""
    rows = keep_conflict(frame).with_columns(flag=mark_misread(frame.columns)).collect()
    return [
        _find_misread(rows.filter(pl.col("model") == model), claim, model, min_trials) for model in models
    ]


def _find_misread(rows: pl.DataFrame, claim: Claim, model: str, min_trials: int) -> Finding:
    coded = rows.filter(pl.col("status") == "coded").drop_nulls("flag")
    counted = dict(coded["protocol"].cast(pl.String).value_counts().iter_rows())
    protocol = choose_protocol({name: counted.get(name, 0) for name in PROTOCOLS}, min_trials)
    mine = rows.filter(pl.col("protocol").cast(pl.String) == protocol)
    units = {unit: sides for unit, sides in _count(mine, _FLAG, pl.lit(ALL)).items() if sides[ALL].n > 1}
    n = count_side(units, ALL)
    if n < min_trials:
        reason = (
            f"This run has {n} coded trials that say whether they were understood; it takes {min_trials}."
        )
        return Finding(claim.id, model, None, missing=reason, planned=mine.height >= min_trials)
    bound = claim.bound or 0.0
    missing = sum(sides[ALL].missing for sides in units.values())
    filled = [fill_missing(units, _FLAG, with_outcome=each) for each in (False, True)] if missing else []
    return Finding(
        claim=claim.id,
        model=model,
        estimate=pool_rates(units, ALL, _FLAG, bound=bound),
        missing_share=missing / (n + missing),
        events=sum(sides[ALL].events for sides in units.values()),
        worst=tuple(pool_rates(each, ALL, _FLAG, bound=bound) for each in filled),
        protocol=protocol,
        design=_list_words(mine, "design"),
    )


def _count(rows: pl.DataFrame, value: Value, side: pl.Expr) -> Units:
    """Count trials by unit and side, whatever cell they are in."""
    counted = (
        rows.lazy()
        .with_columns(pl.col("scenario", "setting").cast(pl.String), side=side)
        .group_by("scenario", "setting", "side")
        .agg(
            n=value.expr.count().cast(pl.Int64),
            total=value.expr.sum().cast(pl.Int64),
            missing=value.expr.is_null().sum().cast(pl.Int64),
        )
        .sort("scenario", "setting", "side")
        .collect()
    )
    found: Units = {}
    for scenario, setting, name, n, total, missing in counted.iter_rows():
        arm = Arm(n=n, missing=missing, total=total, squares=total, events=total)
        found.setdefault(Unit(scenario, setting), {})[name] = arm
    return found


def _list_words(rows: pl.DataFrame, column: str) -> str:
    return ", ".join(sorted(rows[column].cast(pl.String).unique()))
