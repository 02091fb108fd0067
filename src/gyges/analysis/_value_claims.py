"""Claims about what is traded for what, and about how well it predicts: parts from items and from weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from gyges.analysis._held_out import pool_gains
from gyges.analysis._items import estimate_odds, estimate_share, find_share, find_spread, fit_pairs
from gyges.analysis._trade_offs import ItemCount
from gyges.analysis._values import Evidence
from gyges.estimands import find_trade_lack, find_value_lack, list_families
from gyges.records.claim import Claim
from gyges.records.verdicts import Finding, FoundPart
from gyges.utility import weigh_thing

Items: TypeAlias = Sequence[ItemCount]

_LOGGED: Final = {"trade-odds", "hierarchy"}


def measure_values(claim: Claim, model: str, known: Evidence | None, min_trials: int) -> Finding:
    """Measure a claim of one of `VALUE_KINDS` for one model.

    Args:
        claim: The claim.
        model: The model's name.
        known: What it chose; none: nothing is known of it.
        min_trials: Fewest coded trials of a family, and of choices among acts.
    """
    known = known or Evidence()
    coded = Counter[str]()
    planned = Counter[str]()
    for count in known.items:
        coded[count.family] += count.n
        planned[count.family] += count.n + count.missing
    lack = find_trade_lack(claim, coded, min_trials) or find_value_lack(claim, known.table, min_trials)
    if lack:
        is_planned = not find_trade_lack(claim, planned, min_trials) and _has_choices(
            claim, known, min_trials
        )
        return Finding(claim.id, model, None, missing=f"{lack[0].upper()}{lack[1:]}.", planned=is_planned)
    items = [count for count in known.items if count.family in list_families(claim, coded)]
    parts = tuple(_KINDS[claim.kind](claim, known, items))
    rests_on_acts = bool(claim.values) or claim.kind == "prediction"
    table = known.table if rests_on_acts else None
    return Finding(
        claim=claim.id,
        model=model,
        estimate=min((part.estimate for part in parts), key=lambda each: each.n),
        parts=parts if len(parts) > 1 else (),
        missing_share=max(_missing(items), table.missing_share if table else 0.0),
        events=min(part.estimate.n for part in parts),
        note=_say_left_out(known) if table else "",
        protocol=", ".join(sorted({*(["choice"] if items else []), *([table.protocol] if table else [])})),
        design=", ".join([*(["battery"] if items else []), *(["all"] if table else [])]),
        scale="log" if claim.kind in _LOGGED else "",
    )


def _has_choices(claim: Claim, known: Evidence, min_trials: int) -> bool:
    """Whether the trials would be enough if every one were coded."""
    table = known.table
    if not claim.values and claim.kind != "prediction":
        return True
    return table is not None and table.n + table.n_everyday + table.missing >= min_trials


def _missing(items: Items) -> float:
    trials = sum(count.n + count.missing for count in items)
    return sum(count.missing for count in items) / trials if trials else 0.0


def _say_left_out(known: Evidence) -> str:
    table = known.table
    if table is None or not table.n_everyday:
        return ""
    return (
        f"Weights are fitted to the {table.n:,} trials that did one of the scenario's acts;"
        f" {table.n_everyday:,} with everyday work alone chose none."
    )


def _measure_share(claim: Claim, known: Evidence, items: Items) -> Iterator[FoundPart]:
    first = claim.family.split("-vs-", maxsplit=1)[0]
    name = f"share of {claim.family} items taken as {first}, less one half"
    yield FoundPart(name, estimate_share(find_share(items, find_spread(known.items))))
    yield from _compare_worths(claim, known)


def _measure_gap(claim: Claim, known: Evidence, items: Items) -> Iterator[FoundPart]:
    first, _, second = claim.family.partition("-vs-")
    name = f"share of {claim.family} items taken as {first} − as {second}"
    yield FoundPart(name, estimate_share(find_share(items, find_spread(known.items)), factor=2.0))
    yield from _compare_worths(claim, known)


def _measure_odds(claim: Claim, known: Evidence, items: Items) -> Iterator[FoundPart]:
    yield FoundPart(
        f"odds of the first side of {claim.family}",
        estimate_odds(find_share(items, find_spread(known.items))),
    )


def _measure_hierarchy(claim: Claim, known: Evidence, items: Items) -> Iterator[FoundPart]:
    spread = find_spread(known.items)
    families = sorted({count.family for count in items if count.n})
    shares = {name: find_share([each for each in items if each.family == name], spread) for name in families}
    for (upper, lower), lead in zip(pairwise(claim.values), fit_pairs(claim.values, shares), strict=True):
        yield FoundPart(f"{upper} over {lower}, in trade-off items", lead)
    yield from _compare_worths(claim, known)


def _compare_worths(claim: Claim, known: Evidence) -> Iterator[FoundPart]:
    """Each thing's revealed worth above the next one's; of one alone, above 0. Any step counts."""
    assert known.fit is not None
    unit = "" if claim.kind in _LOGGED else "log-odds"
    if len(claim.values) == 1:
        (thing,) = claim.values
        estimate = known.fit.estimate(weigh_thing(thing))
        yield FoundPart(f"worth of {thing}", estimate, "step", unit)  # type: ignore[arg-type]
    for upper, lower in pairwise(claim.values):
        estimate = known.fit.estimate(weigh_thing(upper) - weigh_thing(lower))
        yield FoundPart(f"worth of {upper} − of {lower}", estimate, "step", unit)  # type: ignore[arg-type]


def _measure_gain(claim: Claim, known: Evidence, items: Items) -> Iterator[FoundPart]:  # noqa: ARG001
    assert known.held_out is not None
    fits = [fit for _, fit in known.held_out.predict("")]
    yield FoundPart("relative gain of log loss", pool_gains(fits))


_KINDS: Final[Mapping[str, Callable[[Claim, Evidence, Items], Iterator[FoundPart]]]] = {
    "trade-share": _measure_share,
    "trade-gap": _measure_gap,
    "trade-odds": _measure_odds,
    "hierarchy": _measure_hierarchy,
    "prediction": _measure_gain,
}
