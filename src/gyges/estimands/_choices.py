"""Trials as choices among the acts open in them: who chose what, counted, with the features of the policy.

A trial's choice is the gravest act it did (`act` of the codes table). Trials with everyday work alone chose
none of the scenario's acts and are left out: by independence from irrelevant alternatives, which the logit
assumes, the choice among acts follows the same weights whether or not doing none of them was an option too.
Trials of batteries are left out as well; they are measured by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.estimands._base import choose_protocol
from gyges.records.scenario import OpenAct, Scenario
from gyges.records.words import CONFLICT, FACTORS, MILDER, PROTOCOLS, Protocol
from gyges.utility import Choices, Opening, measure_features

MOST_SETS: Final = 10_000
"""Of more choice sets than these, evenly spaced ones are fitted."""

_SET: Final = ("scenario", CONFLICT, *FACTORS, "open")
_PLAIN: Final = ("model", "protocol", "design", "status", "act", "scenario", CONFLICT, *FACTORS)


@dataclass(frozen=True)
class ChoiceTable:
    """One model's choices in one protocol."""

    protocol: str
    choices: Choices
    scenarios: tuple[str, ...]
    """Their names, in order."""
    scenario: NDArray[np.int64]
    """For each choice set, its place in `scenarios`; shape (T,)."""
    levels: Mapping[str, tuple[str, ...]]
    """For each factor, each choice set's level; empty where the scenario does not carry it."""
    rungs: NDArray[np.int64]
    """Severity of each act, T × A; −1 where there is none."""
    places: NDArray[np.int64]
    """Each act's place among its scenario's, T × A; −1 where there is none."""
    n_everyday: int = 0
    """Coded trials left out because they did everyday work alone."""
    missing: int = 0
    """Trials that are not coded."""

    @property
    def n(self) -> int:
        """Trials that chose an act."""
        return round(float(self.choices.counts.sum()))

    @property
    def missing_share(self) -> float:
        """Share of the trials that are not coded."""
        trials = self.n + self.n_everyday + self.missing
        return self.missing / trials if trials else 0.0

    def at_level(self, factor: str, level: str) -> NDArray[np.bool_]:
        """Mark the choice sets at one level of a factor, where the conflict is present."""
        pairs = zip(self.levels[factor], self.levels[CONFLICT], strict=True)
        return np.array([pair == (level, "present") for pair in pairs], dtype=np.bool_)


def tabulate_choices(
    codes: pl.LazyFrame | pl.DataFrame, scenarios: Mapping[str, Scenario], *, min_trials: int
) -> dict[str, ChoiceTable]:
    """Count every model's choices, in the protocol that decides; a model without any has no entry.

    Args:
        codes: The codes table.
        scenarios: The scenarios as run; trials of any other are passed over.
        min_trials: Fewest trials with which the agentic protocol decides.
    """
    columns = {*codes.lazy().collect_schema()}
    known = pl.col("open_acts").list.join(" ") if "open_acts" in columns else pl.lit(None, pl.String)
    counted = (
        codes.lazy()
        .select(*(pl.col(name).cast(pl.String) for name in _PLAIN), open=known)
        .filter(pl.col("design") != "battery", pl.col("scenario").is_in(list(scenarios)))
        .group_by("model", "protocol", "status", "act", *_SET)
        .agg(n=pl.len().cast(pl.Int64))
        .sort("model", "protocol", *_SET, "act", "status", nulls_last=True)
        .collect()
    )
    openings = _Openings(scenarios)
    found = {}
    for model in counted["model"].unique(maintain_order=True):
        table = _choose(counted.lazy().filter(pl.col("model") == model), openings, min_trials)
        if table is not None:
            found[str(model)] = table
    return found


def foresee_choices(
    plan: pl.DataFrame, scenarios: Mapping[str, Scenario], *, min_trials: int
) -> ChoiceTable | None:
    """Give a plan's trials as choices, each as if every act open in it were chosen equally often.

    Args:
        plan: One model's planned trials, with `replicate`.
        scenarios: The scenarios there are.
        min_trials: Fewest trials with which the agentic protocol decides.
    """
    withholds = (pl.col("design") == "last-resort") & (pl.col("replicate") % 2 == 1)
    plain = [pl.col(name).cast(pl.String) for name in ("protocol", "scenario", CONFLICT, *FACTORS)]
    rows = (
        plan.lazy()
        .filter(pl.col("design").cast(pl.String) != "battery")
        .select(*plain, open=pl.when(withholds).then(pl.lit(_MILDER)).otherwise(None))
        .filter(pl.col("scenario").is_in(list(scenarios)))
        .group_by("protocol", *_SET)
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(status=pl.lit("coded"), act=pl.lit(_ANY))
        .sort("protocol", *_SET, nulls_last=True)
        .collect()
    )
    return _choose(rows.lazy(), _Openings(scenarios), min_trials)


_MILDER: Final = "*milder"
"""In place of the acts open: all but the milder ones, which are withheld."""

_SEVERAL: Final = 3
"""A fit to so many times more choices says more than one in the usual protocol."""

_ANY: Final = "*any"
"""In place of the act chosen: every one equally often."""


def _pick_protocol(trials: Mapping[Protocol, int], min_trials: int) -> Protocol:
    """Pick the protocol that decides elsewhere too, unless another has several times its choices."""
    usual, most = choose_protocol(trials, min_trials), max(trials, key=lambda name: trials[name])
    return most if trials[most] > _SEVERAL * trials[usual] else usual


def _choose(counted: pl.LazyFrame, openings: _Openings, min_trials: int) -> ChoiceTable | None:
    chosen = counted.filter((pl.col("status") == "coded") & pl.col("act").is_not_null())
    by_protocol = dict(chosen.group_by("protocol").agg(pl.col("n").sum()).collect().iter_rows())
    trials: dict[Protocol, int] = {name: by_protocol.get(name, 0) for name in PROTOCOLS}
    if not any(trials.values()):
        return None
    protocol = _pick_protocol(trials, min_trials)
    mine = counted.filter(pl.col("protocol") == protocol)
    coded = pl.col("status") == "coded"
    sets = _lay_out(_thin(chosen.filter(pl.col("protocol") == protocol)), openings)
    if not sets:
        return None
    return _stack(
        protocol,
        sets,
        n_everyday=_count(mine.filter(coded & pl.col("act").is_null())),
        missing=_count(mine.filter(~coded)),
    )


def _count(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.col("n").sum()).collect().item())


def _thin(rows: pl.LazyFrame) -> pl.DataFrame:
    """Keep at most `MOST_SETS` choice sets, evenly spaced in their order."""
    numbered = rows.with_columns(place=pl.struct(_SET).rle_id())
    n_sets = int(numbered.select(pl.col("place").n_unique()).collect().item())
    if n_sets <= MOST_SETS:
        return numbered.collect()
    kept = np.unique(np.linspace(0, n_sets - 1, MOST_SETS).round().astype(np.int64))
    return numbered.filter(pl.col("place").is_in(kept.tolist())).collect()


@dataclass
class _Set:
    scenario: str
    levels: dict[str, str]
    acts: tuple[OpenAct, ...]
    places: tuple[int, ...]
    features: NDArray[np.float64]
    counts: NDArray[np.float64]


def _lay_out(rows: pl.DataFrame, openings: _Openings) -> list[_Set]:
    found: dict[int, _Set] = {}
    for row in rows.iter_rows(named=True):
        each = found.get(row["place"])
        if each is None:
            each = found[row["place"]] = openings.lay_out(row)
        if row["act"] == _ANY:
            each.counts += row["n"] / max(1, len(each.acts))
            continue
        place = next((i for i, act in enumerate(each.acts) if act.id == row["act"]), None)
        if place is not None:
            each.counts[place] += row["n"]
    return [each for each in found.values() if len(each.acts) > 1 and each.counts.any()]


class _Openings:
    """Choice sets of some scenarios, each worked out once however many models were put in it."""

    def __init__(self, scenarios: Mapping[str, Scenario]) -> None:
        self._openings = {name: Opening(each) for name, each in scenarios.items()}
        self._known: dict[tuple[str | None, ...], _Set] = {}

    def lay_out(self, row: Mapping[str, str | None]) -> _Set:
        """Give a row's choice set, with nothing chosen."""
        key = tuple(row[name] for name in _SET)
        if key not in self._known:
            self._known[key] = _open(row, self._openings[str(row["scenario"])])
        known = self._known[key]
        return replace(known, counts=np.zeros(len(known.acts)))


def _open(row: Mapping[str, str | None], opening: Opening) -> _Set:
    cell = {name: level for name in FACTORS if (level := row[name]) is not None}
    conflict = str(row[CONFLICT])
    acts = _keep(opening.find(cell, conflict), row["open"])
    features = measure_features(acts, cell, conflict) if acts else np.zeros((0, 0))
    levels = {CONFLICT: conflict, **{name: cell.get(name, "") for name in FACTORS}}
    places = opening.place(acts)
    return _Set(str(row["scenario"]), levels, acts, places, features, np.zeros(len(acts)))


def _keep(acts: tuple[OpenAct, ...], names: str | None) -> tuple[OpenAct, ...]:
    if names == _MILDER:
        return tuple(act for act in acts if not (act.against and act.tactic in MILDER))
    if names is None:
        return acts
    kept = set(names.split())
    return tuple(act for act in acts if act.id in kept)


def _stack(protocol: str, sets: Sequence[_Set], *, n_everyday: int, missing: int) -> ChoiceTable:
    most = max(len(each.acts) for each in sets)
    shape = (len(sets), most)
    features = np.zeros((*shape, sets[0].features.shape[1]))
    counts, is_open = np.zeros(shape), np.zeros(shape, dtype=bool)
    rungs, places = (np.full(shape, -1, dtype=np.int64) for _ in range(2))
    for place, each in enumerate(sets):
        n = len(each.acts)
        features[place, :n], counts[place, :n], is_open[place, :n] = each.features, each.counts, True
        rungs[place, :n] = [act.severity for act in each.acts]
        places[place, :n] = each.places
    names = tuple(sorted({each.scenario for each in sets}))
    return ChoiceTable(
        protocol=protocol,
        choices=Choices(features, is_open, counts),
        scenarios=names,
        scenario=np.array([names.index(each.scenario) for each in sets]),
        levels={name: tuple(each.levels[name] for each in sets) for name in (CONFLICT, *FACTORS)},
        rungs=rungs,
        places=places,
        n_everyday=n_everyday,
        missing=missing,
    )
