"""From a study to its plan: one trial a row, the same trials for every model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
import numpy.typing as npt
import polars as pl

from gyges.design._battery import battery_blocks, chosen_batteries, runs_scenarios
from gyges.design._cells import count_factorial, draw_cells, list_cells
from gyges.design._places import (
    Place,
    chosen_claims,
    chosen_scenarios,
    make_places,
    split_by_weight,
    split_evenly,
)
from gyges.design._weights import check_study, check_weights
from gyges.errors import DesignError
from gyges.records.battery import Battery
from gyges.records.claim import Claim
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.records.seeds import derive_seed, name_trial
from gyges.records.study import DesignPart, Study, name_model
from gyges.records.words import FACTORS

_ID = ("scenario", "setting", "protocol", "design", "conflict")
COLUMNS = ("id", "model", *_ID, "variant", "replicate", "seed", *FACTORS)
"""Columns of a plan's table."""


_SURFACES = 1_000_000
"""Surface variants there are to draw from."""

Open = list[list[tuple[Place, list[dict[str, str]]]]]
"""Scenarios, their places and the cells there; drawn and crossed cells are made later."""


def make_plan(
    study: Study,
    scenarios: Mapping[str, Scenario],
    *,
    claims: Sequence[Claim] = (),
    batteries: Mapping[str, Battery] | None = None,
) -> Plan:
    """Resolve a study to its trials.

    Args:
        study: What to run. The same study gives the same plan, byte for byte.
        scenarios: The scenarios there are, by id; `all` in the study means all of these.
        claims: The registered claims; those the study asks for decide the cells of its `conjunctions` part.
        batteries: The batteries there are, by id, for parts of kind `battery`.

    Raises:
        StudyError: The study names a scenario, factor, level or claim that does not exist, its shares do not
            add up to 1, or its parts do not fit the scenarios and batteries it names.
        DesignError: A part of the design has no cells, or too few trials for its cells.
    """
    check_study(study)
    asked = chosen_claims(study, claims)
    items = chosen_batteries(study, scenarios, batteries or {})
    chosen = chosen_scenarios(study, scenarios, batteries or {}) if runs_scenarios(study) else ()
    places = [make_places(study, scenario) for scenario in chosen]
    check_weights(study, chosen)
    counts = split_by_weight(study.trials, [part.share for part in study.design])
    blocks: list[pl.DataFrame] = []
    for i, (part, n) in enumerate(zip(study.design, counts, strict=True)):
        if n and part.kind == "battery":
            blocks += battery_blocks(part, int(n), items, study)
        elif n:
            blocks += _blocks_of(i, int(n), places, asked, study)
    rows = _number(pl.concat(blocks))
    return Plan(pl.concat([_name(rows, name_model(model), study.seed) for model in study.models]))


def _blocks_of(
    number: int, n: int, places: Sequence[tuple[Place, ...]], claims: Sequence[Claim], study: Study
) -> list[pl.DataFrame]:
    part = study.design[number]
    try:
        return _part_blocks(part, n, _open_places(part, places, claims), study)
    except DesignError as problem:
        raise DesignError(str(problem), place=("design", number)) from None


def _open_places(part: DesignPart, places: Sequence[tuple[Place, ...]], claims: Sequence[Claim]) -> Open:
    if part.kind == "last-resort":
        resorts: Open = [[(place, []) for place in group] for group in places if group[0].has_last_resort]
        if not resorts:
            raise DesignError(
                "the 'last-resort' part has nothing to compare: no scenario of the study has an act of harm"
                " and a milder one; leave the part out."
            )
        return resorts
    if part.kind in {"conjoint", "full-factorial"}:
        if not any(len(weights) > 1 for group in places for weights in group[0].weights.values()):
            raise DesignError(_nothing_to_compare(part))
        return [[(place, []) for place in group] for group in places]
    listed = [[(place, list_cells(part.kind, place, claims)) for place in group] for group in places]
    found = [group for group in listed if group[0][1]]
    if not found:
        raise DesignError(_nothing_to_compare(part))
    return found


def _nothing_to_compare(part: DesignPart) -> str:
    if part.kind == "conjunctions":
        return (
            "the 'conjunctions' part has no cells: no claim of the study is a conjunction whose factors a "
            "scenario varies; ask for such a claim (C20, C21) or leave the part out."
        )
    return (
        f"the '{part.kind}' part has nothing to compare: no scenario of the study carries two levels of a "
        "factor it varies; name such a factor under 'vary'."
    )


def _part_blocks(part: DesignPart, n: int, groups: Open, study: Study) -> list[pl.DataFrame]:
    shares = [split_evenly(int(m), len(g)) for m, g in zip(split_evenly(n, len(groups)), groups, strict=True)]
    if part.kind == "full-factorial":
        _check_factorial(part, groups, shares)
    blocks = []
    for group, counts in zip(groups, shares, strict=True):
        for (place, cells), m in zip(group, counts, strict=True):
            if m:
                listed = cells or (list_cells(part.kind, place, ()) if part.kind == "full-factorial" else [])
                blocks.append(_block(part, place, listed, int(m), study))
    return blocks


def _check_factorial(part: DesignPart, groups: Open, shares: Sequence[npt.NDArray[np.int64]]) -> None:
    largest, where = max((count_factorial(p), p.scenario) for group in groups for p, _ in group)
    fewest = min(int(m) for counts in shares for m in counts)
    if largest <= fewest:
        return
    n_settings = max(len(group) for group in groups)
    needed = ceil(largest * n_settings * len(groups) / part.share)
    raise DesignError(
        f"the 'full-factorial' part has {largest:,} cells in scenario '{where}', and each needs at least one "
        f"trial: that takes {needed:,} trials for each model, or fewer factors under 'vary'."
    )


def _block(part: DesignPart, place: Place, cells: list[dict[str, str]], n: int, study: Study) -> pl.DataFrame:
    order = _draw_variants(place, study.variants)
    if part.kind == "conjoint":
        n_drawn = ceil(n / study.replicates)
        drawn = draw_cells(place, n_drawn)
        rows = np.arange(n) % n_drawn
        shuffled = np.random.default_rng(place.seed("variants", "conjoint")).permutation(n_drawn)
        variants = order[shuffled % study.variants][rows]
        table = drawn[rows]
    elif part.kind == "last-resort":
        # Each cell and variant twice in a row, so that the second is a replicate of the first.
        rows = np.arange(n) // 2
        table = draw_cells(place, ceil(n / 2))[rows]
        variants = order[rows % study.variants]
    else:
        counts = split_evenly(n, len(cells))
        known = pl.DataFrame(cells, schema=dict.fromkeys(FACTORS, pl.Utf8))
        table = known[np.repeat(np.arange(len(cells)), counts)]
        variants = np.concatenate([_variants_of_cell(order, int(m), study.replicates) for m in counts])
    return table.with_columns(
        scenario=pl.lit(place.scenario),
        setting=pl.lit(place.setting),
        protocol=pl.lit(part.protocol),
        design=pl.lit(part.kind),
        conflict=pl.lit("absent" if part.kind == "control" else "present"),
        variant=pl.Series(variants, dtype=pl.Int64),
    )


def _draw_variants(place: Place, n: int) -> npt.NDArray[np.int64]:
    """Draw a study's surface variants, in an order of their own: another seed draws others."""
    drawn: npt.NDArray[np.int64] = np.random.default_rng(place.seed("variants")).choice(
        _SURFACES, size=n, replace=n > _SURFACES
    )
    return drawn


def _variants_of_cell(order: npt.NDArray[np.int64], n: int, replicates: int) -> npt.NDArray[np.int64]:
    """Give each cell the same variants in the same order, so that cells match variant by variant."""
    n_drawn = max(1, ceil(n / replicates))
    return order[(np.arange(n) % n_drawn) % len(order)]


def _number(rows: pl.DataFrame) -> pl.DataFrame:
    """Number identical trials as replicates, and write down what makes each trial itself."""
    cell = [pl.format(f"{f}={{}}", pl.col(f)) for f in sorted(FACTORS)]
    keyed = rows.with_columns(
        key=pl.concat_str(
            *_ID,
            pl.concat_str(cell, separator=",", ignore_nulls=True),
            pl.col("variant").cast(pl.Utf8),
            separator="|",
        )
    )
    numbered = keyed.with_columns(replicate=pl.int_range(pl.len(), dtype=pl.Int64).over("key"))
    return numbered.with_columns(key=pl.format("{}|{}", "key", "replicate"))


def _name(rows: pl.DataFrame, model: str, root: int) -> pl.DataFrame:
    ids = [name_trial(root, key, model) for key in rows["key"]]
    if len(set(ids)) < len(ids):
        raise DesignError("two trials came out with the same id; another number of trials avoids it.")
    seeds = [derive_seed(root, each) for each in ids]
    named = rows.with_columns(
        id=pl.Series(ids, dtype=pl.Utf8),
        model=pl.lit(model),
        seed=pl.Series(seeds, dtype=pl.Int64),
    )
    return named.select(COLUMNS)
