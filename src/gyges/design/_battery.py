"""Which items of which batteries a study runs, in which variants, and both orders of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from gyges.design._places import split_evenly
from gyges.errors import Place, StudyError
from gyges.records.battery import Battery, Item
from gyges.records.scenario import Scenario
from gyges.records.seeds import derive_seed
from gyges.records.study import DesignPart, Study
from gyges.records.words import FACTORS

KIND = "battery"
"""The kind of design that runs batteries."""

ORDERS = 2
"""Each item is run with its sides in both orders before anything else of it is repeated."""


def runs_scenarios(study: Study) -> bool:
    """Whether any part of the design is about scenarios."""
    return any(part.kind != KIND for part in study.design)


def chosen_batteries(
    study: Study, scenarios: Mapping[str, Scenario], batteries: Mapping[str, Battery]
) -> tuple[Battery, ...]:
    """Give the batteries a study runs, each once, in a fixed order; none without a part for them.

    Raises:
        StudyError: What the study names and what its parts run do not fit together.
    """
    asked = any(part.kind == KIND for part in study.design)
    named = sorted({name for name in study.scenarios if name in batteries})
    if not asked:
        if named:
            raise StudyError(
                f"the study names the battery '{named[0]}', but no part of its design runs one; add a part"
                " such as {kind: battery, protocol: choice}.",
                place=_place_of(named[0], study),
            )
        return ()
    names = sorted(batteries) if "all" in study.scenarios else named
    if not names:
        known = ", ".join(f"'{name}'" for name in sorted(batteries)) or "none"
        raise StudyError(
            "the 'battery' part has no battery: the study names none under 'scenarios'. There is: "
            f"{known}; 'all' means every scenario and every battery.",
            place=("scenarios",),
        )
    _check_scenarios(study, scenarios, batteries)
    return tuple(batteries[name] for name in names)


def _check_scenarios(
    study: Study, scenarios: Mapping[str, Scenario], batteries: Mapping[str, Battery]
) -> None:
    named = [name for name in study.scenarios if name in scenarios]
    if runs_scenarios(study):
        kind = next(part.kind for part in study.design if part.kind != KIND)
        if all(name in batteries for name in study.scenarios):
            raise StudyError(
                f"the '{kind}' part has no scenario: the study names only batteries under 'scenarios'; name a"
                " scenario, or keep to parts of kind 'battery'.",
                place=("scenarios",),
            )
    elif named:
        raise StudyError(
            f"the study names the scenario '{named[0]}', but its design has parts of kind 'battery' alone;"
            " add a part such as {kind: conjoint}.",
            place=_place_of(named[0], study),
        )


def _place_of(name: str, study: Study) -> Place:
    return ("scenarios", study.scenarios.index(name))


def battery_blocks(
    part: DesignPart, n: int, batteries: Sequence[Battery], study: Study
) -> list[pl.DataFrame]:
    """Give `n` trials of items: balanced over items, then variants, each with both orders."""
    pairs = split_evenly(-(-n // ORDERS), len(batteries))
    table = pl.concat(
        [_block(part, each, int(m), study) for each, m in zip(batteries, pairs, strict=True) if m]
    )
    return [table.head(n)]


def _block(part: DesignPart, battery: Battery, n_pairs: int, study: Study) -> pl.DataFrame:
    items = spread_items(battery, study.seed)
    order = np.random.default_rng(derive_seed(study.seed, battery.id, "variants")).permutation(study.variants)
    pairs = np.arange(n_pairs)
    rounds = pairs // len(items)
    names = np.array(items, dtype=object)[pairs % len(items)]
    table = pl.DataFrame(
        {factor: [None] * (ORDERS * n_pairs) for factor in FACTORS}, schema=dict.fromkeys(FACTORS, pl.Utf8)
    )
    return table.with_columns(
        scenario=pl.lit(battery.id),
        setting=pl.Series(np.repeat(names, ORDERS).tolist(), dtype=pl.Utf8),
        protocol=pl.lit(part.protocol),
        design=pl.lit(part.kind),
        conflict=pl.lit("present"),
        variant=pl.Series(np.repeat(order[rounds % len(order)], ORDERS), dtype=pl.Int64),
    )


def spread_items(battery: Battery, root: int) -> list[str]:
    """Give the items in an order any beginning of which has every family in about its share."""
    sizes = Counter(item.family for item in battery.items)
    seen: Counter[str] = Counter()
    ranked: list[tuple[float, int, str]] = []
    for item in sorted(battery.items, key=lambda item: _lot(item, battery, root)):
        ranked.append(((seen[item.family] + 0.5) / sizes[item.family], _lot(item, battery, root), item.id))
        seen[item.family] += 1
    return [name for _, _, name in sorted(ranked)]


def _lot(item: Item, battery: Battery, root: int) -> int:
    return derive_seed(root, battery.id, item.id, "order")
