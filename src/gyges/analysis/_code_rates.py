"""How often each code was given, in each arm of each factor: as the judges have it, and corrected by labels.

An arm's trials are those with the conflict present, of the protocol with most judged trials; where cells were
drawn at random, only those, so that arms differ in their own factor alone. Raw rates have Wilson's intervals,
raw differences Newcombe's.

References:
    Newcombe (1998), Interval estimation for the difference between independent proportions. Stat. Med. 17.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.analysis._correction import ArmCounts, correct_rates, find_limits, subtract
from gyges.analysis._intervals import make_rate
from gyges.estimands import gather_labels, name_code, settle_labels
from gyges.records.codebook import NO, YES
from gyges.records.estimates import Rate
from gyges.records.judges import CodeDifference, CodeRate, CodeRates, Corrected
from gyges.records.seeds import derive_seed
from gyges.records.words import CONFLICT, FACTORS, PROTOCOLS

ALL: Final = "all"
_DRAWN: Final = ("conjoint", "full-factorial")
_BATTERY: Final = "battery"
_TRIAL: Final = ("trial", "model", "protocol", "design", *FACTORS)


def measure_codes(
    codes: pl.LazyFrame | pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    seed: int,
) -> CodeRates:
    """Measure how often each model's trials were coded each way.

    Args:
        codes: The codes table, with the judges' majority in a column `code_<item>` for each question.
        answers: The answers table: it names the questions; what coders `label:<name>` said are labels.
        labels: What people said; without any, nothing is corrected.
        seed: Root seed of the draws; each model, question and answer has a seed of its own.
    """
    rates: list[CodeRate] = []
    differences: list[CodeDifference] = []
    for coded in read_coded(codes, answers, labels):
        for value in coded.values:
            found = ArmRates(coded, value, derive_seed(seed, "codes", coded.model, coded.item, value))
            rates += found.list_rates()
            differences += found.list_differences()
    return CodeRates(tuple(rates), tuple(differences))


def read_coded(
    codes: pl.LazyFrame | pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame | None,
    *,
    items: Collection[str] | None = None,
) -> Iterator[Coded]:
    """Read what was coded, by model and then by question.

    Args:
        codes: The codes table.
        answers: The answers table.
        labels: What people said.
        items: Questions to read; none: all that were asked.
    """
    table = codes.lazy()
    met = set(table.collect_schema().names())
    asked = sorted(set(answers["item"].cast(pl.String)))
    named = {item: name_code(item) for item in asked if items is None or item in items}
    columns = {item: column for item, column in named.items() if column in met}
    if not columns:
        return
    frame = (
        table.select(
            *(pl.col(name).cast(pl.String) for name in (*_TRIAL, "status", CONFLICT)),
            *(pl.col(column).cast(pl.String).alias(f"item {item}") for item, column in columns.items()),
        )
        .filter(pl.col("status") == "coded", pl.col(CONFLICT) == "present", pl.col("design") != _BATTERY)
        .collect()
    )
    said = settle_labels(gather_labels(answers, labels)).filter(pl.col("act") == "")
    for model in sorted(set(frame["model"])):
        mine = frame.filter(pl.col("model") == model)
        yield from filter(None, (_read_item(mine, said, model, item) for item in columns))


@dataclass(frozen=True)
class Coded:
    """One model's trials for one question."""

    model: str
    item: str
    protocol: str
    design: str
    frame: pl.DataFrame
    """Columns `code`, `truth` and the factors."""
    values: tuple[str, ...]
    """Answers whose rates are given."""
    arms: tuple[str, ...]
    members: NDArray[np.bool_]
    """Arms × trials."""
    pairs: tuple[tuple[int, int], ...]
    """Arms to compare: a level and its factor's first level."""


def _read_item(mine: pl.DataFrame, said: pl.DataFrame, model: str, item: str) -> Coded | None:
    frame = mine.rename({f"item {item}": "code"})
    judged = frame.drop_nulls("code")
    if not judged.height:
        return None
    counted = dict(judged["protocol"].value_counts().iter_rows())
    protocol = max(counted, key=lambda name: (counted[name], -PROTOCOLS.index(name)))
    frame = frame.filter(pl.col("protocol") == protocol)
    is_drawn = pl.col("design").is_in(_DRAWN)
    has_drawn = frame.filter(is_drawn).drop_nulls("code").height > 0
    frame = frame.filter(is_drawn) if has_drawn else frame
    truth = said.filter(pl.col("item") == item).select("trial", truth="value")
    frame = frame.join(truth, on="trial", how="left", maintain_order="left")
    arms, members, pairs = _make_arms(frame)
    return Coded(
        model=model,
        item=item,
        protocol=protocol,
        design="drawn" if has_drawn else "any",
        frame=frame,
        values=_list_values(frame),
        arms=arms,
        members=members,
        pairs=pairs,
    )


def _list_values(frame: pl.DataFrame) -> tuple[str, ...]:
    met = {*frame["code"].drop_nulls(), *frame["truth"].drop_nulls()}
    return (YES,) if met <= {YES, NO} else tuple(sorted(met))


def _make_arms(
    frame: pl.DataFrame,
) -> tuple[tuple[str, ...], NDArray[np.bool_], tuple[tuple[int, int], ...]]:
    names, rows, pairs = [ALL], [np.ones(frame.height, dtype=bool)], []
    for factor, levels in FACTORS.items():
        is_level = {level: (frame[factor] == level).fill_null(value=False).to_numpy() for level in levels}
        if sum(bool(each.any()) for each in is_level.values()) < 2:
            continue
        reference = len(names) if is_level[levels[0]].any() else None
        for level, each in is_level.items():
            if each.any():
                if reference is not None and level != levels[0]:
                    pairs.append((len(names), reference))
                names.append(f"{factor}={level}")
                rows.append(each)
    return tuple(names), np.stack(rows), tuple(pairs)


class ArmRates:
    """The rates of one answer in all arms of one question."""

    def __init__(self, coded: Coded, value: str, seed: int) -> None:
        self.coded = coded
        self.value = value
        self.n_trials = coded.members.sum(axis=1)
        self.counts = _count_arms(coded, value)
        self.found = correct_rates(self.counts, seed=seed)
        self.limits = find_limits(self.found.draws)
        self.raw = [self._rate(arm) for arm in range(len(coded.arms))]

    def _rate(self, arm: int) -> Rate:
        judged = [int(n) for n in self.counts.judged[arm]]
        return make_rate(judged[-1], sum(judged), int(self.n_trials[arm]) - sum(judged))

    def list_rates(self) -> Iterator[CodeRate]:
        low, high = self.limits
        for arm, name in enumerate(self.coded.arms):
            reason = self.found.reasons[arm]
            yield CodeRate(
                model=self.coded.model,
                item=self.coded.item,
                value=self.value,
                arm=name,
                raw=self.raw[arm],
                corrected=None if reason else _make(self.found.rates[arm], low[arm], high[arm]),
                reason=reason,
                n_labels=int(self.counts.labelled[arm].sum()),
                protocol=self.coded.protocol,
                design=self.coded.design,
            )

    def list_differences(self) -> Iterator[CodeDifference]:
        if not self.coded.pairs:
            return
        arms, references = zip(*self.coded.pairs, strict=True)
        values, lows, highs = subtract(self.found, arms, references)
        for place, (arm, reference) in enumerate(self.coded.pairs):
            raw = _subtract_raw(self.raw[arm], self.raw[reference])
            if raw is None:
                continue
            reason = self.found.reasons[arm] or self.found.reasons[reference]
            yield CodeDifference(
                model=self.coded.model,
                item=self.coded.item,
                value=self.value,
                arm=self.coded.arms[arm],
                reference=self.coded.arms[reference],
                raw=raw,
                corrected=None if reason else _make(values[place], lows[place], highs[place]),
                reason=reason,
                protocol=self.coded.protocol,
                design=self.coded.design,
            )


def _make(rate: float, low: float, high: float) -> Corrected:
    return Corrected(float(rate), float(low), float(high))


def _count_arms(coded: Coded, value: str) -> ArmCounts:
    code, truth = coded.frame["code"], coded.frame["truth"]
    # Labels may be drawn at another rate among the trials of each answer, so each is a row of its own.
    others = sorted({*code.drop_nulls()} - {value}) or [NO]
    said = np.stack([_mark(code == each) for each in (*others, value)])
    labelled = said & truth.is_not_null().to_numpy()
    members = coded.members.astype(np.int64)
    judged, marked, confirmed = (
        members @ each.T.astype(np.int64) for each in (said, labelled, labelled & _mark(truth == value))
    )
    return ArmCounts(judged, marked, confirmed, (*others, value))


def _mark(where: pl.Series) -> NDArray[np.bool_]:
    marked: NDArray[np.bool_] = where.fill_null(value=False).to_numpy()
    return marked


def _subtract_raw(first: Rate, second: Rate) -> Corrected | None:
    if first.rate is None or second.rate is None:
        return None
    assert first.low is not None
    assert first.high is not None
    assert second.low is not None
    assert second.high is not None
    difference = first.rate - second.rate
    low = difference - math.hypot(first.rate - first.low, second.high - second.rate)
    high = difference + math.hypot(first.high - first.rate, second.rate - second.low)
    return Corrected(difference, low, high)
