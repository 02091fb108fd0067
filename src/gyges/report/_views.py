"""What the page shows of each model, in the order it shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.records.claim import Claim
from gyges.report._basis import Basis, is_mixed, list_bases, name_protocols
from gyges.report._claim_rows import VERDICTS, ClaimRow, make_axis, make_row
from gyges.report._failure_rows import Failures, StatusRow, list_balance, list_statuses, make_failures
from gyges.report._format import say_end, say_percent
from gyges.report._judges import CodeRow, make_codes
from gyges.report._more_effects import MoreEffects, make_more_effects
from gyges.report._outline import place_section
from gyges.report._reasons import ReasonView, make_reasons
from gyges.report._scenario_rows import (
    EffectTable,
    HeatFactor,
    ScenarioRow,
    make_effects,
    make_heatmap,
    make_scenario,
)
from gyges.report._tactics import Ladder, make_ladder
from gyges.report._thresholds import ZONE, Surface, make_surfaces
from gyges.report._trade_offs import GambleRow, TradeOffRow, make_gambles, make_trade_offs
from gyges.report._values import ValuesView, make_values

_REFERENCE: Final = "gyges/"


@dataclass(frozen=True)
class ModelView:
    """One model's part of the page."""

    name: str
    anchor: str
    is_simulated: bool
    headline: Mapping[str, Any]
    coded_share: str
    missing: int
    statuses: tuple[StatusRow, ...]
    failures: Failures | None
    bases: tuple[Basis, ...]
    is_mixed: bool
    """Whether its numbers come from more than one protocol."""
    bounds: tuple[str, str, str] | None
    """Rate over coded base trials, and its worst-case bounds."""
    scenarios: tuple[ScenarioRow, ...]
    tactics: tuple[Mapping[str, Any], ...]
    counts: tuple[tuple[str, int], ...]
    tested: tuple[tuple[str, tuple[ClaimRow, ...]], ...]
    """Section of the note to its claims."""
    untested: tuple[ClaimRow, ...]
    axis_ends: tuple[str, str]
    trade_offs: tuple[TradeOffRow, ...]
    gambles: tuple[GambleRow, ...]
    values: ValuesView
    ladder: Ladder | None
    surfaces: tuple[Surface, ...]
    zone: ClaimRow | None
    """The danger zone's claim, if it was tested."""
    reasons: ReasonView | None
    codes: tuple[CodeRow, ...]
    heatmap: tuple[HeatFactor, ...]
    heat_protocols: str
    effects: tuple[EffectTable, ...]
    more_effects: MoreEffects
    cases: tuple[ClaimRow, ...]
    """Decided claims with transcripts to show."""


def is_simulated(results: Mapping[str, Any], model: str) -> bool:
    """Say whether a model is a reference agent."""
    return model.startswith(_REFERENCE) or model in results["run"].get("simulated", ())


def view_models(
    results: Mapping[str, Any], *, claims: Sequence[Claim], titles: Mapping[str, str]
) -> tuple[ModelView, ...]:
    """Put every model's results in the page's words and places."""
    by_id = {claim.id: claim for claim in claims}
    return tuple(
        _view_model(results, model, f"m{number}", _Shown(by_id, titles))
        for number, model in enumerate(results["models"], start=1)
    )


@dataclass(frozen=True)
class _Shown:
    claims: Mapping[str, Claim]
    titles: Mapping[str, str]


def _view_model(results: Mapping[str, Any], model: str, anchor: str, shown: _Shown) -> ModelView:
    mine = {
        key: [each for each in results[key] if each["model"] == model]
        for key in ("scenarios", "tactics", "cells", "effects", "endings", "failures")
    }
    headline = results["headline"][model]
    rows, ends = _make_rows(results, model, anchor, shown)
    tested = [row for row in rows if row.verdict != "not-tested"]
    verdicts = Counter(row.verdict for row in rows)
    trials = headline["n_trials"]
    bases = list_bases(results, model)
    return ModelView(
        name=model,
        anchor=anchor,
        is_simulated=is_simulated(results, model),
        headline=headline,
        coded_share=say_percent(headline["n_coded"] / trials if trials else None),
        missing=results["missing"].get(model, 0),
        statuses=list_statuses(results["statuses"].get(model, {})),
        failures=make_failures(
            mine["endings"],
            mine["failures"],
            shown.titles,
            balance=list_balance(results, model, shown.titles),
        ),
        bases=bases,
        is_mixed=is_mixed(bases),
        bounds=_bound([each["misaligned"] for each in mine["scenarios"]]),
        scenarios=tuple(make_scenario(each, shown.titles) for each in mine["scenarios"]),
        tactics=tuple(mine["tactics"]),
        counts=tuple((word, verdicts[word]) for word in VERDICTS),
        tested=_group(tested),
        untested=tuple(row for row in rows if row.verdict == "not-tested"),
        axis_ends=ends,
        trade_offs=make_trade_offs(results, model),
        gambles=make_gambles(results, model),
        values=make_values(results, model),
        ladder=make_ladder(mine["tactics"], rows),
        surfaces=make_surfaces(results, model),
        zone=next((row for row in tested if row.id == ZONE), None),
        reasons=make_reasons(results, model),
        codes=make_codes(results, model),
        heatmap=make_heatmap(mine["cells"], [each["id"] for each in mine["scenarios"]]),
        heat_protocols=name_protocols(mine["cells"]),
        effects=make_effects([each for each in mine["effects"] if each["scale"] != "log-odds"]),
        more_effects=make_more_effects(results, model),
        cases=tuple(row for row in tested if row.excerpts),
    )


def _make_rows(
    results: Mapping[str, Any], model: str, anchor: str, shown: _Shown
) -> tuple[list[ClaimRow], tuple[str, str]]:
    found = [each for each in results["claims"] if each["model"] == model]
    axis = make_axis(found, shown.claims)
    n_scenarios = results["headline"][model]["scenarios"]
    rows = [
        make_row(each, shown.claims.get(each["id"]), axis, n_scenarios, f"{anchor}-case-{number}")
        for number, each in enumerate(found, start=1)
    ]
    return rows, (say_end(axis.low, "points"), say_end(axis.high, "points"))


def _bound(rates: Sequence[Mapping[str, Any]]) -> tuple[str, str, str] | None:
    coded = sum(rate["n"] for rate in rates)
    missing = sum(rate["missing"] for rate in rates)
    if not coded:
        return None
    events = sum(round((rate["rate"] or 0.0) * rate["n"]) for rate in rates)
    shares = (events / coded, events / (coded + missing), (events + missing) / (coded + missing))
    rate, low, high = map(say_percent, shares)
    return rate, low, high


def _group(rows: Sequence[ClaimRow]) -> tuple[tuple[str, tuple[ClaimRow, ...]], ...]:
    sections: dict[str, list[ClaimRow]] = {}
    for row in rows:
        sections.setdefault(row.section, []).append(row)
    ordered = sorted(sections.items(), key=lambda pair: place_section(pair[0]))
    return tuple((section, tuple(mine)) for section, mine in ordered)
