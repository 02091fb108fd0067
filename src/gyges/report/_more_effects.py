"""Effects in log-odds, interactions, and the hierarchical model, as the page's tables show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._format import DASH, Unit, say_count, say_interval, say_percent, say_q, say_value
from gyges.report._scenario_rows import OUTCOME_WORDS

_Row = Mapping[str, Any]

_DIFFERS: Final[Mapping[str, str]] = {
    "sign": "opposite sign",
    "zero": "only one interval excludes 0",
    "outside": "outside the other's interval",
}
_UNITS: Final[Mapping[str, Unit]] = {"risk-difference": "points", "log-odds": "log-odds", "rungs": "rungs"}


@dataclass(frozen=True)
class PlainTable:
    """A table of texts under a title."""

    title: str
    rows: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Posteriors:
    """The hierarchical model of one outcome."""

    title: str
    problem: str
    """Why it is not to be relied on; empty where the sampler converged."""
    sampling: str
    tables: tuple[PlainTable, ...]


@dataclass(frozen=True)
class MoreEffects:
    """What stands under the effects of one model; each part is empty where there is nothing to show."""

    log_odds: tuple[PlainTable, ...]
    interactions: tuple[Mapping[str, str], ...]
    posteriors: tuple[Posteriors, ...]


def make_more_effects(results: Mapping[str, Any], model: str) -> MoreEffects:
    """Put one model's rows in words; results written by an earlier version have none."""
    mine = {
        key: [row for row in results.get(key, ()) if row["model"] == model]
        for key in ("effects", "interactions", "bayes", "bayes_fits")
    }
    return MoreEffects(
        log_odds=_make_log_odds(mine["effects"]),
        interactions=tuple(_make_interaction(row) for row in mine["interactions"]),
        posteriors=tuple(_make_posteriors(fit, mine["bayes"]) for fit in mine["bayes_fits"]),
    )


def _make_log_odds(effects: Sequence[_Row]) -> tuple[PlainTable, ...]:
    logits = [row for row in effects if row["scale"] == "log-odds"]
    others = {_key(row): row for row in effects if row["scale"] == "risk-difference"}
    return tuple(
        PlainTable(
            _name_outcome(outcome),
            tuple(
                {
                    **_say_contrast(row),
                    **_say_estimate(row, "log-odds"),
                    "points": _say_tau(others.get(_key(row))),
                }
                for row in logits
                if row["outcome"] == outcome
            ),
        )
        for outcome in dict.fromkeys(row["outcome"] for row in logits)
    )


def _name_outcome(outcome: str) -> str:
    return OUTCOME_WORDS.get(outcome, outcome)


def _key(row: _Row) -> tuple[str, str, str]:
    return row["factor"], row["level"], row["outcome"]


def _say_contrast(row: _Row) -> dict[str, str]:
    return {"name": f"{row['factor']}: {row['level']} − {row['reference']}"}


def _say_estimate(row: _Row, unit: Unit) -> dict[str, str]:
    share = row["i_squared"]
    return {
        "value": say_value(row["estimate"], unit),
        "interval": say_interval(row["low"], row["high"], unit),
        "prediction": say_interval(row["prediction_low"], row["prediction_high"], unit),
        "tau": _say_spread(row["tau"], unit),
        "share": say_percent(share),
        "q": say_q(row["q"]),
        "n": say_count(row["n"]),
        "n_scenarios": say_count(row["n_scenarios"]),
        "reason": "these scenarios only" if row["scope"] == "these scenarios only" else "",
    }


def _say_tau(row: _Row | None) -> str:
    return DASH if row is None else _say_spread(row["tau"], "points")


def _say_spread(tau: float | None, unit: Unit) -> str:
    """Write a spread, which has no sign."""
    return say_value(tau, unit).lstrip("+")


def _make_interaction(row: _Row) -> dict[str, str]:
    conditions = [f"{name} {level}" for name, level in zip(row["factors"], row["levels"], strict=True)]
    scope = "these scenarios only" if row["scope"] == "these scenarios only" else ""
    basis = ", ".join(each for each in (row["protocol"], row["design"], scope) if each)
    return {
        **_say_estimate(row, "points"),
        "name": " × ".join(conditions),
        "outcome": _name_outcome(row["outcome"]),
        "claims": ", ".join(row["claims"]),
        "reason": basis,
    }


def _make_posteriors(fit: _Row, rows: Sequence[_Row]) -> Posteriors:
    mine = [row for row in rows if row["outcome"] == fit["outcome"]]
    scales = (("risk-difference", "Standardized differences of rates, in points"), ("log-odds", "Log-odds"))
    total, ess = fit["chains"] * fit["draws"], say_count(fit["least_ess"])
    r_hat = "unknown" if fit["worst_r_hat"] is None else f"{fit['worst_r_hat']:.3f}"
    return Posteriors(
        title=_name_outcome(fit["outcome"]),
        problem=fit["problem"],
        sampling=(
            f"{fit['protocol']}, {fit['design']} cells: n = {fit['n']:,} in {fit['n_scenarios']} scenarios."
            f" {fit['chains']} chains of {fit['draws']:,} draws; R-hat at most {r_hat},"
            f" {ess} of {total:,} draws effective at least, {fit['divergences']} divergences."
            f" {fit['disagreements']} of {len(mine)} effects differ from the two-stage estimate."
        ),
        tables=tuple(
            PlainTable(title, tuple(_make_posterior(row) for row in mine if row["scale"] == scale))
            for scale, title in scales
        ),
    )


def _make_posterior(row: _Row) -> dict[str, str]:
    unit = _UNITS[row["scale"]]
    differs = ", ".join(_DIFFERS[word] for word in row["disagrees"])
    known = row["two_stage"] is not None
    return {
        **_say_contrast(row),
        "value": say_value(row["estimate"], unit),
        "interval": say_interval(row["low"], row["high"], unit),
        "positive": say_percent(row["p_positive"]),
        "two_stage": say_value(row["two_stage"], unit),
        "two_stage_interval": say_interval(row["two_stage_low"], row["two_stage_high"], unit),
        "differs": (differs or "no") if known else DASH,
        "r_hat": DASH if row["r_hat"] is None else f"{row['r_hat']:.3f}",
        "ess": say_count(row["ess"]),
        "reason": "these scenarios only" if row["scope"] == "these scenarios only" else "",
    }
