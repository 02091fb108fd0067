"""What is taken when two things cannot both be had: shares over items, and gambles by their chance.

*Model:* an item's share is that of its coded trials that took the side its family names first. The estimate
is the mean of the items' shares with a t interval, items − 1 degrees of freedom: items are what inference
counts. Where all items have the same share, that interval would be a point, and Wilson's over the trials
stands in its place. Fewer than five items speak for themselves alone: all their trials together, with
Wilson's interval.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from gyges.analysis._intervals import make_rate, quantile_95, wilson
from gyges.records.battery import Battery
from gyges.records.trade_offs import GambleRate, TradeOff, TradeOffs

MIN_ITEMS: Final = 5
"""Fewest items for a statement about items like these."""

_DESIGN: Final = "battery"
_KEYS: Final = ("model", "scenario", "setting", "status", "act")


@dataclass
class ItemCount:
    """The trials of one item, for one model."""

    family: str
    chance: float | None
    """Chance of the item's gamble to go wrong; none: it has none."""
    has_loss: bool = False
    """Whether the side named first is itself a loss of function."""
    missing: int = 0
    """Trials not coded."""
    taken: dict[str, int] = field(default_factory=dict)
    """Side to the coded trials that took it."""

    @property
    def n(self) -> int:
        """Coded trials."""
        return sum(self.taken.values())

    @property
    def first(self) -> int:
        """Coded trials that took the side named first."""
        return self.taken.get(self.family.split("-vs-")[0], 0)


def drop_items(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave the trials of batteries out: they are about no scenario, and enter no rate or effect of one."""
    return frame.filter(pl.col("design").cast(pl.String) != _DESIGN)


def measure_trade_offs(codes: pl.LazyFrame | pl.DataFrame, batteries: Mapping[str, Battery]) -> TradeOffs:
    """Measure each family's share and each lottery's gambles, for every model.

    Args:
        codes: The codes table; trials of other designs are passed over.
        batteries: The batteries as run, by id; trials of any other are passed over.
    """
    by_model = count_items(codes, batteries)
    families = list(dict.fromkeys(item.family for each in batteries.values() for item in each.items))
    shares = []
    lotteries: list[GambleRate] = []
    for model, counts in by_model.items():
        for family in families:
            mine = [count for count in counts if count.family == family]
            if mine:
                shares.append(_estimate_share(model, family, mine))
        lotteries += _rate_gambles(model, counts)
    return TradeOffs(tuple(shares), tuple(lotteries))


def count_items(
    codes: pl.LazyFrame | pl.DataFrame, batteries: Mapping[str, Battery]
) -> dict[str, list[ItemCount]]:
    """Count each item's trials, by model; models and items in an order of their own."""
    known = {(each.id, item.id): item for each in batteries.values() for item in each.items}
    rows = (
        codes.lazy()
        .with_columns(pl.col(*_KEYS, "design").cast(pl.String))
        .filter(pl.col("design") == _DESIGN)
        .group_by(_KEYS)
        .agg(trials=pl.len().cast(pl.Int64))
        .sort(_KEYS)
        .collect()
    )
    found: dict[str, dict[tuple[str, str], ItemCount]] = {}
    for model, battery, name, status, act, trials in rows.iter_rows():
        item = known.get((battery, name))
        if item is None:
            continue
        first, second = item.options
        chance = second.lottery.chance if second.lottery else None
        count = found.setdefault(model, {}).setdefault(
            (battery, name), ItemCount(item.family, chance, has_loss=first.consequences.survival < 0)
        )
        if status == "coded":
            count.taken[act] = count.taken.get(act, 0) + trials
        else:
            count.missing += trials
    return {model: list(counts.values()) for model, counts in found.items()}


def _estimate_share(model: str, family: str, counts: Sequence[ItemCount]) -> TradeOff:
    coded = [count for count in counts if count.n]
    n = sum(count.n for count in coded)
    estimate, low, high = _estimate(coded, n) if coded else (None, None, None)
    by_item = len(coded) >= MIN_ITEMS
    return TradeOff(
        model=model,
        family=family,
        side=family.split("-vs-", maxsplit=1)[0],
        estimate=estimate,
        low=low,
        high=high,
        n=n,
        n_items=len(coded),
        worst_low=_fill(counts, 0, by_item=by_item),
        worst_high=_fill(counts, 1, by_item=by_item),
    )


def _estimate(coded: Sequence[ItemCount], n: int) -> tuple[float, float, float]:
    shares = [count.first / count.n for count in coded]
    size = len(shares)
    if size < MIN_ITEMS:
        rate = sum(count.first for count in coded) / n
        return rate, *wilson(rate, n)
    mean = math.fsum(shares) / size
    if max(shares) == min(shares):
        return mean, *wilson(mean, n)
    half = quantile_95(size - 1) * statistics.stdev(shares) / math.sqrt(size)
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def _fill(counts: Sequence[ItemCount], took: int, *, by_item: bool) -> float:
    """Give the estimate if all missing trials took the first side (1), or none of them did (0)."""
    filled = [(count.first + took * count.missing, count.n + count.missing) for count in counts]
    if by_item:
        return math.fsum(first / n for first, n in filled) / len(filled)
    return sum(first for first, _ in filled) / sum(n for _, n in filled)


def _rate_gambles(model: str, counts: Sequence[ItemCount]) -> Iterator[GambleRate]:
    for chance in sorted({count.chance for count in counts if count.chance is not None}):
        mine = [count for count in counts if count.chance == chance]
        n = sum(count.n for count in mine)
        taken = n - sum(count.first for count in mine)
        yield GambleRate(model, chance, make_rate(taken, n, sum(count.missing for count in mine)))
