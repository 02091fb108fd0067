"""How often each code was given, in each arm of each factor: as the judges have it, and corrected by labels.

An arm's trials are those with the conflict present, of the protocol with most judged trials; where cells were
drawn at random, only those, so that arms differ in their own factor alone. The controls without the conflict
are an arm of their own. Labels count for the trials of the cell they were drawn in. Raw rates have Wilson's
intervals, raw differences Newcombe's.

References:
    Newcombe (1998), Interval estimation for the difference between independent proportions. Stat. Med. 17.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.analysis._correction import OTHERWISE, ArmCounts, correct_rates, find_limits, subtract
from gyges.analysis._intervals import make_rate
from gyges.estimands import (
    DRAWN_BY,
    gather_labels,
    list_readable,
    name_cells,
    name_code,
    pick_rated,
    pool_cells,
    settle_labels,
)
from gyges.records.codebook import NO, YES
from gyges.records.estimates import Rate
from gyges.records.judges import CodeDifference, CodeRate, CodeRates, Corrected
from gyges.records.seeds import derive_seed
from gyges.records.words import CONFLICT, FACTORS

ALL: Final = "all"
CONTROL: Final = f"{CONFLICT}=absent"
_TRIAL: Final = ("trial", "model", "protocol", "design", CONFLICT, *FACTORS)


def measure_codes(
    codes: pl.LazyFrame | pl.DataFrame,
    answers: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    seed: int,
    drawn_by: Mapping[str, Sequence[str]] | None = None,
) -> CodeRates:
    """Measure how often each model's trials were coded each way.

    Args:
        codes: The codes table, with the judges' majority in a column `code_<item>` for each question.
        answers: The answers table: it names the questions; what coders `label:<name>` said are labels.
        labels: What people said; without any, nothing is corrected.
        seed: Root seed of the draws; each model, question and answer has a seed of its own.
        drawn_by: Question to the columns of the codes table whose crossing its labels were drawn in.
    """
    rates: list[CodeRate] = []
    differences: list[CodeDifference] = []
    for coded in read_coded(codes, answers, labels, drawn_by=drawn_by):
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
    drawn_by: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Coded]:
    """Read what was coded, by model and then by question.

    Args:
        codes: The codes table.
        answers: The answers table.
        labels: What people said.
        items: Questions to read; none: all that were asked.
        drawn_by: Question to the columns of the codes table whose crossing its labels were drawn in.
    """
    table = codes.lazy()
    met = set(table.collect_schema().names())
    asked = sorted(set(answers["item"].cast(pl.String)))
    named = {item: name_code(item) for item in asked if items is None or item in items}
    columns = {item: column for item, column in named.items() if column in met}
    if not columns:
        return
    frame = table.select(
        *(pl.col(name).cast(pl.String) for name in (*_TRIAL, "status")),
        *(_name_cells(item, drawn_by, met).alias(f"cell {item}") for item in columns),
        *(pl.col(column).cast(pl.String).alias(f"item {item}") for item, column in columns.items()),
    ).collect()
    said = settle_labels(gather_labels(answers, labels)).filter(pl.col("act") == "")
    for model in sorted(set(frame["model"])):
        mine = frame.filter(pl.col("model") == model)
        yield from filter(None, (_read_item(mine, said, model, item) for item in columns))


def _name_cells(item: str, drawn_by: Mapping[str, Sequence[str]] | None, met: Collection[str]) -> pl.Expr:
    return name_cells((drawn_by or {}).get(item, DRAWN_BY), met)


@dataclass(frozen=True)
class Coded:
    """One model's trials for one question."""

    model: str
    item: str
    protocol: str
    design: str
    frame: pl.DataFrame
    """Columns `code`, `cell`, `truth` and the factors."""
    values: tuple[str, ...]
    """Answers whose rates are given."""
    arms: tuple[str, ...]
    members: NDArray[np.bool_]
    """Arms × trials."""
    pairs: tuple[tuple[int, int], ...]
    """Arms to compare: a level and its factor's first level."""


def _read_item(mine: pl.DataFrame, said: pl.DataFrame, model: str, item: str) -> Coded | None:
    read = mine.filter(pl.col("status").is_in(list_readable(item)))
    read = read.rename({f"item {item}": "code", f"cell {item}": "cell"})
    rated = pick_rated(read, pl.col("code").is_not_null())
    if rated is None:
        return None
    truth = said.filter(pl.col("item") == item).select("trial", truth="value")
    frame = rated.trials.join(truth, on="trial", how="left", maintain_order="left")
    arms, members, pairs = _make_arms(frame)
    return Coded(
        model=model,
        item=item,
        protocol=rated.protocol,
        design="drawn" if rated.is_drawn else "any",
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
    is_present = (frame[CONFLICT] == "present").fill_null(value=False).to_numpy()
    names, rows, pairs = [ALL], [is_present], []
    for factor, levels in FACTORS.items():
        is_level = {
            level: (frame[factor] == level).fill_null(value=False).to_numpy() & is_present for level in levels
        }
        if sum(bool(each.any()) for each in is_level.values()) < 2:
            continue
        reference = len(names) if is_level[levels[0]].any() else None
        for level, each in is_level.items():
            if each.any():
                if reference is not None and level != levels[0]:
                    pairs.append((len(names), reference))
                names.append(f"{factor}={level}")
                rows.append(each)
    is_control = (frame[CONFLICT] == "absent").fill_null(value=False).to_numpy()
    if is_control.any():
        names.append(CONTROL)
        rows.append(is_control)
    return tuple(names), np.stack(rows), tuple(pairs)


class ArmRates:
    """The rates of one answer in all arms of one question."""

    def __init__(self, coded: Coded, value: str, seed: int) -> None:
        self.coded = coded
        self.value = value
        self.n_trials = coded.members.sum(axis=1)
        self.counts = _count_arms(coded, value)
        is_labelled = (coded.frame["code"].is_not_null() & coded.frame["truth"].is_not_null()).to_numpy()
        self.n_labels = (coded.members & is_labelled).sum(axis=1)
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
                n_labels=int(self.n_labels[arm]),
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
    """Count each arm's trials by the judges' answer, that in question last, over the cells of the draw."""
    judged = coded.frame.select("code", "cell", "truth").with_row_index("row").drop_nulls("code")
    # A cell of the draw is one of the judges' answers in one of its arms. All answers but the one in question
    # are one side: with a prior for each of them, few labels would make every rare answer frequent.
    judged = judged.with_columns(place=pl.struct("cell", "code").rank("dense") - 1)
    place = judged["place"].to_numpy().astype(int)
    n_cells = int(place.max()) + 1
    chosen = (
        np.ones(len(place), dtype=bool),
        judged["truth"].is_not_null().to_numpy(),
        _mark(judged["truth"] == value),
    )
    members = coded.members[:, judged["row"].to_numpy()]
    sizes, labelled, confirmed = (
        np.stack([np.bincount(place[row & each], minlength=n_cells) for row in members]).astype(float)
        for each in chosen
    )
    is_yes = np.zeros(n_cells, dtype=bool)
    is_yes[place] = (judged["code"] == value).to_numpy()
    columns = []
    for side in (~is_yes, is_yes):
        worth, yes = pool_cells(sizes[:, side], labelled[:, side], confirmed[:, side])
        columns.append((sizes[:, side].sum(axis=1), worth, yes))
    n, worths, yeses = (np.stack(each, axis=1) for each in zip(*columns, strict=True))
    others = sorted({*judged["code"]} - {value})
    words = (others[0] if len(others) == 1 else OTHERWISE if others else NO, value)
    return ArmCounts(n.astype(np.int64), worths, yeses, words)


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
