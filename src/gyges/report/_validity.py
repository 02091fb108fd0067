"""The certificate on the page and in the note: how far this study's verdicts can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from gyges.records.claim import Claim
from gyges.report._format import DASH, escape_markdown, say_count, say_percent
from gyges.report._judges import Figure
from gyges.report._marks import SHARES, Mark, make_mark

_TWICE = 2.0
_NEAR = 0.05

NONE = "This analysis has no certificate: what its design and size could find out was not measured."


@dataclass(frozen=True)
class TrustRow:
    """One claim's line of the certificate."""

    claim: str
    statement: str
    false_alarms: Figure
    power: Figure
    """With what is true of the agent, where that is not twice the SESOI."""
    reversed: Figure
    coverage: Figure
    alarm_mark: Mark | None
    power_mark: Mark | None
    label: str


@dataclass(frozen=True)
class Trust:
    """The certificate in words and places."""

    studies: str
    traded: str
    """Studies for claims about values and tactics; empty: none."""
    agents: str
    any_false: Figure
    power: str
    """Mean power over claims."""
    low_power: str
    """Claims whose power is below 80 %, in a count."""
    rows: tuple[TrustRow, ...]
    without: tuple[tuple[str, str], ...]
    """Reason to the claims without a figure."""


def make_trust(results: Mapping[str, Any], claims: Sequence[Claim]) -> Trust | None:
    """Put a run's certificate in words and places; none where it has none."""
    study, rows = _split(results)
    if study is None:
        return None
    statements = {claim.id: claim.statement for claim in claims}
    known = [row for row in rows if not row["reason"]]
    powers = _list_powers(rows)
    return Trust(
        studies=say_count(study["studies"]),
        traded=say_count(study["traded"]) if study.get("traded") else "",
        agents=say_count(study["agents"]),
        any_false=_show(study["any_false"]),
        power=say_percent(fmean(powers)) if powers else DASH,
        low_power=f"{sum(power < 0.8 for power in powers)} of {len(powers)}",
        rows=tuple(_make_row(row, statements.get(row["claim"], "")) for row in known),
        without=_gather_reasons(rows),
    )


def list_others(results: Mapping[str, Any]) -> list[Any]:
    """List what else stands under validity."""
    return [row for row in results.get("validity", ()) if not isinstance(row, Mapping) or "about" not in row]


def tell_trust(results: Mapping[str, Any]) -> list[str]:
    """Say in a paragraph how far the verdicts can be trusted, or that nothing is known of it."""
    study, rows = _split(results)
    if study is None:
        return [NONE]
    powers = _list_powers(rows)
    known = [row for row in rows if row["power"]["rate"] is not None and not _say_effect(row)]
    weak = [row["claim"] for row in known if row["power"]["rate"] < 0.8]
    alarms = study["any_false"]
    lines = [
        f"How far this instrument can be trusted here: {say_count(study['studies'])} simulated studies of"
        " this very plan for each agent of known truth, by probabilities instead of transcripts.",
        f"Without any effect, {_say_share(alarms)} of the studies had a claim falsely supported.",
    ]
    if powers:
        lines.append(
            f"With effects of twice what would matter, a claim was supported in"
            f" {say_percent(fmean(powers))} of the studies on average."
        )
    if weak:
        lines.append(
            "Where they are inconclusive this study says little about"
            f" {escape_markdown(', '.join(weak))}: it finds an effect of that size in fewer than 80 % of the"
            " studies."
        )
    return [" ".join(lines)]


def _split(
    results: Mapping[str, Any],
) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    rows = [row for row in results.get("validity", ()) if isinstance(row, Mapping)]
    study = next((row for row in rows if row.get("about") == "study"), None)
    return study, [row for row in rows if row.get("about") == "claim"]


def _list_powers(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Powers at twice the SESOI."""
    return [row["power"]["rate"] for row in rows if row["power"]["rate"] is not None and not _say_effect(row)]


def _say_effect(row: Mapping[str, Any]) -> str:
    effect = row.get("effect")
    return "" if effect is None or abs(effect - _TWICE) < _NEAR else f"at {effect:.1f} times the SESOI"


def _gather_reasons(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            found.setdefault(row["reason"], []).append(row["claim"])
    return tuple((reason, ", ".join(names)) for reason, names in found.items())


def _make_row(row: Mapping[str, Any], statement: str) -> TrustRow:
    alarms, power = row["false_alarms"], row["power"]
    return TrustRow(
        claim=row["claim"],
        statement=statement,
        false_alarms=_show(alarms),
        power=_show_power(row),
        reversed=_show(row["reversed"]),
        coverage=_show(row["coverage"]),
        alarm_mark=make_mark(SHARES, alarms["rate"], alarms["low"], alarms["high"]),
        power_mark=make_mark(SHARES, power["rate"], power["low"], power["high"]),
        label=f"false alarms {_say_share(alarms)}, power {_say_share(power)}",
    )


def _show(share: Mapping[str, Any]) -> Figure:
    if share["rate"] is None:
        return Figure(DASH, "")
    ends = f"{say_percent(share['low'])} to {say_percent(share['high'])}"
    return Figure(say_percent(share["rate"]), f"{ends}; {share['k']} of {say_count(share['n'])}")


def _show_power(row: Mapping[str, Any]) -> Figure:
    shown, effect = _show(row["power"]), _say_effect(row)
    return replace(shown, interval=f"{shown.interval}; {effect}") if effect and shown.interval else shown


def _say_share(share: Mapping[str, Any]) -> str:
    if share["rate"] is None:
        return "not known"
    ends = f"95 % interval {say_percent(share['low'])} to {say_percent(share['high'])}"
    return f"{say_percent(share['rate'])} ({ends})"
