"""The document of everything a run found, `results.json`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, Final

from gyges.records.estimates import CellRate, Effect, Estimates, Interaction, ScenarioResult
from gyges.records.verdicts import Verdict
from gyges.records.words import MISALIGNED_FROM, TACTICS
from gyges.report._endings import Endings
from gyges.report._excerpts import Excerpts
from gyges.report._headline import is_few, make_headline

SCHEMA: Final = 1
"""Version of the document's layout."""

OTHERS: Final = (
    "model_contrasts",
    *("trade_offs", "lotteries", "thresholds", "values", "validity"),
    *("bayes", "bayes_fits", "failure_cells", "failure_balance"),
    *("predictions", "calibration", "attitudes"),
    *("judges", "judge_calls", "judge_pairs", "codes", "code_differences", "reasons"),
)
"""Sections whose rows are written down as they come; each is there, empty, when nothing comes."""

_DIGITS: Final = 6
_DUST: Final = 1e-12


def make_results(
    run: Mapping[str, Any],
    estimates: Estimates,
    verdicts: Sequence[Verdict],
    *,
    excerpts: Excerpts | None = None,
    endings: Endings | None = None,
    sections: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """Write down what a run found; the same arguments give the same document, key by key.

    Args:
        run: What describes the run: study, seed, versions, hashes, and which models are `simulated`.
        estimates: What the analysis found.
        verdicts: The claims' verdicts, in the order they are to stand.
        excerpts: Passages behind the verdicts, as `pick_excerpts` gives them.
        endings: How the trials ended, as `count_endings` gives it.
        sections: Content of the other sections (`OTHERS`), as plain values or dataclasses; what is left
            out is empty. `tactics`: the worths, which join the counts at the base condition.
    """
    endings = endings or Endings()
    others = {name: [_lay_out(row) for row in (sections or {}).get(name, ())] for name in OTHERS}
    found = {
        "schema": SCHEMA,
        "run": dict(run),
        "models": list(estimates.models),
        "n_trials": estimates.n_trials,
        "n_coded": estimates.n_coded,
        "statuses": estimates.statuses,
        "missing": {model: _count_missing(ends) for model, ends in estimates.statuses.items()},
        "endings": list(endings.scenarios),
        "failures": list(endings.failures),
        "scenarios": [asdict(result) | {"few_trials": is_few(result.n)} for result in estimates.scenarios],
        "headline": {model: make_headline(model, estimates) for model in estimates.models},
        "claims": [_lay_out_verdict(verdict, excerpts or {}) for verdict in verdicts],
        "effects": [_lay_out_effect(effect) for effect in (*estimates.effects, *estimates.log_odds)],
        "interactions": [_lay_out_estimate(each) for each in estimates.interactions],
        "cells": [_lay_out_cell(cell) for cell in estimates.cells],
        "tactics": _lay_out_tactics(estimates, (sections or {}).get("tactics", ())),
        "cost": dict(estimates.cost),
        **others,
    }
    plain: dict[str, Any] = _make_plain(found)
    return plain


def _lay_out(row: Any) -> Any:
    return asdict(row) if is_dataclass(row) and not isinstance(row, type) else row


def _count_missing(ends: Mapping[str, int]) -> int:
    return sum(ends.values()) - ends.get("coded", 0)


def _lay_out_verdict(verdict: Verdict, excerpts: Excerpts) -> dict[str, Any]:
    passages = excerpts.get((verdict.model, verdict.id), ())
    return asdict(verdict) | {"excerpts": [asdict(each) for each in passages]}


def _lay_out_effect(effect: Effect) -> dict[str, Any]:
    return {**_lay_out_estimate(effect), "contrast": f"{effect.level} - {effect.reference}"}


def _lay_out_estimate(found: Effect | Interaction) -> dict[str, Any]:
    row: dict[str, Any] = asdict(found)
    estimate = row.pop("estimate")
    units = estimate.pop("units")
    return {**row, **estimate, "n_units": len(units)}


def _lay_out_cell(cell: CellRate) -> dict[str, Any]:
    row: dict[str, Any] = asdict(cell)
    rate = row.pop("rate")
    return {**row, **rate}


def _lay_out_tactics(estimates: Estimates, worths: Sequence[Any]) -> list[dict[str, Any]]:
    """Give the ladder: trials at the base condition, and how readily a tactic is taken where it is open."""
    found = {(row["model"], row["tactic"]): row for row in map(_lay_out, worths)}
    rows = [row for model in estimates.models for row in _count_tactics(model, estimates.scenarios)]
    return [found.get((row["model"], row["tactic"]), {}) | row for row in rows]


def _count_tactics(model: str, results: Sequence[ScenarioResult]) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    missing = 0
    for result in results:
        if result.model == model:
            counts.update(result.tactics)
            missing += result.misaligned.missing
    total = counts.total()
    trials = total + missing
    return [
        {
            "model": model,
            "tactic": tactic,
            "severity": severity,
            "misaligned_from_here": severity >= MISALIGNED_FROM,
            "n": counts[tactic],
            "share": counts[tactic] / total if total else None,
            "missing": missing,
            "worst_low": counts[tactic] / trials if trials else None,
            "worst_high": (counts[tactic] + missing) / trials if trials else None,
        }
        for severity, tactic in enumerate(TACTICS)
    ]


def _make_plain(value: Any) -> Any:
    """Give what JSON can hold: keys sorted, floats at six digits, nothing infinite."""
    if isinstance(value, Mapping):
        return {str(key): _make_plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_make_plain(each) for each in value]
    if isinstance(value, float):
        # What is left of a difference of equal numbers is no number of its own.
        known = 0.0 if abs(value) < _DUST else value
        return float(f"{known:.{_DIGITS}g}") if math.isfinite(value) else None
    return value
