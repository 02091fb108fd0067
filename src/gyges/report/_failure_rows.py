"""The tables of how trials ended: by status, by scenario, by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.records.failures import SCENARIO
from gyges.records.words import STATUSES
from gyges.report._format import say_percent

STATUS_WORDS: Final = {
    "coded": "read and coded; every rate rests on these",
    "unparsed": "answered in a form that cannot be read; never guessed",
    "refused": "declined the task as a whole",
    "failed": "ended in an error, or was not run",
    "unscored": "ran to its end, but coding failed",
}


@dataclass(frozen=True)
class StatusRow:
    """Trials of one status."""

    status: str
    n: int
    share: str
    words: str


@dataclass(frozen=True)
class ScenarioEnds:
    """How one scenario's trials ended."""

    scenario: str
    protocol: str
    n: int
    counts: tuple[int, ...]
    """Trials by status, in the order of `STATUSES`."""
    missing: str
    """Share that is not coded."""


@dataclass(frozen=True)
class Cause:
    """Why trials are not coded."""

    status: str
    cause: str
    n: int
    where: tuple[tuple[str, int], ...]
    """Scenario and trials, most first."""


@dataclass(frozen=True)
class LevelRow:
    """How many trials failed at one level."""

    level: str
    n: int
    failed: int
    share: str
    causes: str


@dataclass(frozen=True)
class BalanceRow:
    """Failed trials over the levels of one factor, and whether they are spread evenly."""

    factor: str
    levels: tuple[LevelRow, ...]
    p: str
    is_even: bool


@dataclass(frozen=True)
class Failures:
    """Where and why trials are not coded."""

    statuses: tuple[str, ...]
    scenarios: tuple[ScenarioEnds, ...]
    causes: tuple[Cause, ...]
    balance: tuple[BalanceRow, ...] = ()


def list_statuses(ends: Mapping[str, int]) -> tuple[StatusRow, ...]:
    """Lay out a model's trials by status."""
    total = sum(ends.values())
    return tuple(
        StatusRow(status, n, say_percent(n / total if total else None), STATUS_WORDS[status])
        for status, n in ((status, ends.get(status, 0)) for status in STATUSES)
    )


def make_failures(
    endings: Sequence[Mapping[str, Any]],
    failures: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
    *,
    balance: Sequence[BalanceRow] = (),
) -> Failures | None:
    """Lay out where and why a model's trials are not coded; none where all are."""
    if not failures:
        return None
    return Failures(
        statuses=STATUSES,
        scenarios=tuple(_make_ends(each, titles) for each in endings),
        causes=_list_causes(failures, titles),
        balance=tuple(balance),
    )


def list_balance(results: Mapping[str, Any], model: str, titles: Mapping[str, str]) -> tuple[BalanceRow, ...]:
    """Lay out a model's failed trials by factor and level, the least even factor first; none failed: none."""
    levels: dict[str, list[LevelRow]] = {}
    for cell in results.get("failure_cells", ()):
        if cell["model"] == model:
            name = titles.get(cell["level"], cell["level"]) if cell["factor"] == SCENARIO else cell["level"]
            causes = ", ".join(f"{cause} {n:,}" for cause, n in cell["causes"].items())
            row = LevelRow(name, cell["n"], cell["failed"], say_percent(cell["share"]), causes)
            levels.setdefault(cell["factor"], []).append(row)
    tests = [each for each in results.get("failure_balance", ()) if each["model"] == model]
    ordered = sorted(tests, key=lambda each: (each["p_holm"], each["p"], each["factor"]))
    return tuple(
        BalanceRow(
            each["factor"], tuple(levels[each["factor"]]), _say_p(each["p_holm"]), bool(each["balanced"])
        )
        for each in ordered
    )


def _say_p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _make_ends(found: Mapping[str, Any], titles: Mapping[str, str]) -> ScenarioEnds:
    ends = found["statuses"]
    counts = tuple(ends.get(status, 0) for status in STATUSES)
    total = sum(counts)
    return ScenarioEnds(
        scenario=titles.get(found["scenario"], found["scenario"]),
        protocol=found["protocol"],
        n=total,
        counts=counts,
        missing=say_percent((total - ends.get("coded", 0)) / total if total else None),
    )


def _list_causes(failures: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> tuple[Cause, ...]:
    places: dict[tuple[str, str], Counter[str]] = {}
    for row in failures:
        title = titles.get(row["scenario"], row["scenario"])
        places.setdefault((row["status"], row["cause"]), Counter())[title] += row["n"]
    causes = [
        Cause(status, cause, where.total(), tuple(where.most_common()))
        for (status, cause), where in places.items()
    ]
    return tuple(sorted(causes, key=lambda each: (-each.n, each.status, each.cause)))
