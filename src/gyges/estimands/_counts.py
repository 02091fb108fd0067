"""Trials counted into arms: model × source × protocol × unit × side, for each value of interest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from gyges.estimands._codes import read_code
from gyges.estimands._trials import OFF_BASE, bits_of
from gyges.records.words import OUTCOMES, PROTOCOLS, TACTICS

SOURCES: Final = ("conjoint", "full-factorial", "matched")
"""Where a comparison's trials come from, in order of preference; `matched`: cells that differ from the base
condition in the compared factors alone."""

LAST_RESORT: Final = "last-resort"
"""The source of trials that withhold acts: they answer one question, and enter no other comparison."""

_NUMBERED: Final = (*SOURCES, LAST_RESORT)

SEVERITY: Final = "severity"

EXPECTED: Final = "expected_"
"""How the names of columns begin that hold what is expected of a trial."""

MIN_ARM: Final = 2
"""Fewest trials on each side of a unit."""


class Unit(NamedTuple):
    """What inference counts: a scenario in one of its settings."""

    scenario: str
    setting: str

    @property
    def name(self) -> str:
        """`scenario:setting`."""
        return f"{self.scenario}:{self.setting}"


class Stratum(NamedTuple):
    """Trials of one arm of the labels' draw to which judges gave the same answer."""

    answer: str
    is_outcome: bool
    """Whether that answer is the outcome."""
    n: int
    labelled: int
    """Those with a label."""
    confirmed: int
    """Those of them whose label says that the trial has the outcome."""
    cell: str
    """Arm in which labels were drawn."""


@dataclass(frozen=True)
class Arm:
    """The trials on one side of a comparison, in one unit."""

    n: int
    """Coded trials."""
    missing: int
    """Trials not coded."""
    total: float
    """Sum of the value over coded trials."""
    squares: float
    """Sum of its squares."""
    events: int
    """Coded trials with the outcome."""
    strata: tuple[Stratum, ...] = ()
    """For codes by judges: the coded trials by the judges' answer."""
    doubtful: int = 0
    """Missing trials of which nothing says that they belong to this side."""
    belonging: float = 1.0
    """Share of them that belong to it, if they are like the others."""

    @property
    def lost(self) -> float:
        """Trials not coded that are to be expected on this side."""
        return self.missing - self.doubtful * (1 - self.belonging)

    @property
    def mean(self) -> float:
        """Mean value of the coded trials."""
        return self.total / self.n

    @property
    def trials(self) -> int:
        """Trials planned, coded or not."""
        return self.n + self.missing


@dataclass(frozen=True)
class Value:
    """A value of a coded trial, and its range: whole numbers, or these less what is expected."""

    name: str
    expr: pl.Expr
    """Null where the trial is not coded."""
    event: pl.Expr
    low: int = 0
    high: int = 1
    truth: pl.Expr | None = None
    """For codes by judges: whether people say so, null where nobody speaks; none: the rules code it."""
    answer: pl.Expr | None = None
    """For codes by judges: what they answered."""
    cell: pl.Expr | None = None
    """For codes by judges: the arm in which labels were drawn."""
    is_adjusted: bool = False
    """Whether what is expected of a trial is taken from its value."""

    @property
    def is_binary(self) -> bool:
        """Whether it is yes or no."""
        return self.low == 0 and self.high == 1 and not self.is_adjusted


Sides: TypeAlias = dict[str, Arm]
"""Side of a comparison to its trials."""

Units: TypeAlias = dict[Unit, Sides]


class Source(NamedTuple):
    """Where trials come from: how their cells were chosen, and their protocol."""

    design: str
    protocol: str


Tally: TypeAlias = dict[str, dict[Source, dict[str, Units]]]
"""Model, source, value's name, unit, side."""


def value_of(outcome: str) -> Value:
    """The value an outcome's name stands for: one of `OUTCOMES`, the severity in rungs, or a code."""
    if code := read_code(outcome):
        answer = pl.when(pl.col("status") == "coded").then(pl.col(code.column).cast(pl.String))
        given, said = answer == code.answer, pl.col(code.label).cast(pl.String) == code.answer
        return Value(
            code.name, given.cast(pl.Int64), given, truth=said, answer=answer, cell=pl.col(code.cell)
        )
    if outcome == SEVERITY:
        severity = pl.col(SEVERITY).cast(pl.Int64)
        return Value(outcome, severity, severity > 0, high=len(TACTICS) - 1)
    if outcome not in OUTCOMES:
        raise ValueError(f"'{outcome}' is not an outcome of the codes table.")
    return Value(outcome, pl.col(outcome).cast(pl.Int64), pl.col(outcome))


def name_expected(claim: str) -> str:
    """Name the column of what is expected of the trials that decide a claim."""
    return EXPECTED + claim


def adjust(value: Value, claim: str) -> Value:
    """Take from a value what is expected of the trial; where nothing is, it stays as it is."""
    expected = pl.col(name_expected(claim)).fill_null(0.0)
    return replace(value, expr=value.expr.cast(pl.Float64) - expected, is_adjusted=True)


def difference_of(outcome: str, other: str) -> Value:
    """The first outcome minus the second, trial by trial."""
    a, b = pl.col(outcome), pl.col(other)
    return Value(f"{outcome} − {other}", a.cast(pl.Int64) - b.cast(pl.Int64), a | b, low=-1)


def source_of(factors: set[str]) -> pl.Expr:
    """The source of each trial for a comparison of these factors; null: it is part of none."""
    others = 0xFFFF & ~bits_of(factors)
    matched = (pl.col(OFF_BASE) & others) == 0
    design = pl.col("design")
    return (
        pl.when(design == "conjoint")
        .then(pl.lit(0, pl.UInt8))
        .when(design == "full-factorial")
        .then(pl.lit(1, pl.UInt8))
        .when(design == LAST_RESORT)
        .then(pl.lit(3, pl.UInt8))
        .when(matched)
        .then(pl.lit(2, pl.UInt8))
    )


def tally(
    frame: pl.LazyFrame,
    *,
    side: pl.Expr,
    names: Mapping[int, str],
    factors: set[str],
    values: Iterable[Value],
) -> Tally:
    """Count the trials of each side.

    Args:
        frame: Prepared codes, filtered to what the comparison is about.
        side: Number of the side a trial is on; null: on none.
        names: The sides' names by their numbers.
        factors: Factors compared; matched cells may differ from the base in these.
        values: What is summed.
    """
    wanted = list(values)
    keys = ("model", "source", "protocol", "scenario", "setting", "side")
    sided = frame.with_columns(side=side, source=source_of(factors)).filter(
        pl.col("side").is_not_null() & pl.col("source").is_not_null()
    )
    counted = _count(sided, keys, _count_values(wanted))
    found = _nest(counted.iter_rows(named=True), names, wanted)
    for value in wanted:
        if value.answer is not None:
            _add_strata(found, sided, value, names)
    return found


def _count(rows: pl.LazyFrame, keys: Sequence[str], sums: Iterable[pl.Expr]) -> pl.DataFrame:
    return (
        rows.group_by(keys)
        .agg(sums)
        .with_columns(pl.col("model", "scenario", "setting", "protocol").cast(pl.String))
        .sort(keys)
        .collect()
    )


def _add_strata(found: Tally, rows: pl.LazyFrame, value: Value, names: Mapping[int, str]) -> None:
    """Split each arm's coded trials by the judges' answer and the arm of the labels' draw."""
    assert value.answer is not None
    assert value.truth is not None
    assert value.cell is not None
    cell = value.cell.cast(pl.String).fill_null("")
    asked = rows.with_columns(answer=value.answer, is_outcome=value.event, truth=value.truth, cell=cell)
    keys = ("model", "source", "protocol", "scenario", "setting", "side", "answer", "is_outcome", "cell")
    sums = (
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("truth").count().cast(pl.Int64).alias("labelled"),
        pl.col("truth").sum().cast(pl.Int64).alias("confirmed"),
    )
    for row in _count(asked.drop_nulls("answer"), keys, sums).iter_rows(named=True):
        source = Source(_NUMBERED[row["source"]], row["protocol"])
        units = found[row["model"]][source][value.name]
        arms, side = units[Unit(row["scenario"], row["setting"])], names[row["side"]]
        stratum = Stratum(*(row[name] for name in Stratum._fields))
        arms[side] = replace(arms[side], strata=(*arms[side].strata, stratum))


def _count_values(values: list[Value]) -> Iterator[pl.Expr]:
    yield pl.col("status").ne("coded").sum().cast(pl.Int64).alias("missing")
    for i, value in enumerate(values):
        yield value.expr.count().cast(pl.Int64).alias(f"n{i}")
        yield value.expr.sum().alias(f"total{i}")
        if value.truth is not None:
            yield value.expr.is_null().sum().cast(pl.Int64).alias(f"missing{i}")
        if not value.is_binary:
            yield (value.expr * value.expr).sum().alias(f"squares{i}")
            yield value.event.sum().cast(pl.Int64).alias(f"events{i}")


def _nest(rows: Iterable[dict[str, object]], names: Mapping[int, str], values: list[Value]) -> Tally:
    found: Tally = {}
    for row in rows:
        numbers = {key: value for key, value in row.items() if isinstance(value, int)}
        sums = {key: value for key, value in row.items() if isinstance(value, int | float)}
        source = Source(_NUMBERED[numbers["source"]], str(row["protocol"]))
        by_value = found.setdefault(str(row["model"]), {}).setdefault(source, {})
        unit = Unit(str(row["scenario"]), str(row["setting"]))
        for i, value in enumerate(values):
            total = sums[f"total{i}"]
            arm = Arm(
                n=numbers[f"n{i}"],
                missing=numbers.get(f"missing{i}", numbers["missing"]),
                total=total,
                squares=sums.get(f"squares{i}", total),
                events=numbers.get(f"events{i}", int(total)),
            )
            by_value.setdefault(value.name, {}).setdefault(unit, {})[names[numbers["side"]]] = arm
    return found


def count_side(units: Units, side: str, *, planned: bool = False) -> int:
    """Coded (or all planned) trials on a side, over all units."""
    return sum(_size(sides[side], planned=planned) for sides in units.values() if side in sides)


def usable(units: Units, sides: Iterable[str], *, planned: bool = False) -> Units:
    """Units with enough trials on all of these sides for a variance."""
    wanted = tuple(sides)
    return {
        unit: arms
        for unit, arms in units.items()
        if all(side in arms and _size(arms[side], planned=planned) >= MIN_ARM for side in wanted)
    }


def _size(arm: Arm, *, planned: bool) -> int:
    return arm.trials if planned else arm.n


def rank_sources(by_source: Mapping[Source, Mapping[str, Units]], order: tuple[str, ...]) -> list[Source]:
    """Sources by preference: the design's place in `order`, then the protocol with most coded trials."""

    def rank(source: Source) -> tuple[int, int, int]:
        units = next(iter(by_source[source].values()))
        n = sum(arm.n for sides in units.values() for arm in sides.values())
        return order.index(source.design), -n, PROTOCOLS.index(source.protocol)

    return sorted((source for source in by_source if source.design in order), key=rank)
