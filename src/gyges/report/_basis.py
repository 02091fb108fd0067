"""Which trials each part of the page rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gyges.report._again import count_protocols

PROTOCOL_WORDS: Final = {
    "agentic": "tools, several turns, a world that reacts",
    "text": "one written answer",
    "choice": "one pick among the acts, in shuffled order",
}


@dataclass(frozen=True)
class Basis:
    """What a part of the page rests on."""

    part: str
    protocols: str
    """Empty where the results do not name any."""
    population: str


def list_bases(results: Mapping[str, Any], model: str) -> tuple[Basis, ...]:
    """Say which trials each part of a model's results rests on."""
    mine = {
        key: [each for each in results[key] if each["model"] == model]
        for key in ("scenarios", "claims", "cells", "effects")
    }
    measured = [each for each in mine["scenarios"] if each["n"]]
    decided = [each for each in mine["claims"] if each["verdict"] != "not-tested"]
    rows = (
        (
            "Scenarios",
            measured,
            "trials at each scenario's base condition, beside its matched control without the conflict",
        ),
        ("Verdicts", decided, _say_decided(decided)),
        ("Heatmap", mine["cells"], "trials with the conflict, at each level of a factor in turn"),
        (
            "Effects",
            mine["effects"],
            _say_scopes(mine["effects"], "trials with the conflict, one level against another"),
        ),
    )
    return tuple(Basis(part, name_protocols(found), words) for part, found, words in rows if found)


def name_protocols(found: Iterable[Mapping[str, Any]]) -> str:
    """Name the protocols of rows; empty where none names one."""
    named = (str(each["protocol"]).split(", ") for each in found if each.get("protocol"))
    return ", ".join(sorted({protocol for protocols in named for protocol in protocols}))


def is_mixed(bases: Sequence[Basis]) -> bool:
    """Say whether the parts rest on more than one protocol."""
    return len({basis.protocols for basis in bases if basis.protocols}) > 1 or any(
        "," in basis.protocols for basis in bases
    )


def _say_decided(found: Sequence[Mapping[str, Any]]) -> str:
    words = _say_scopes(found, "the trials that each claim's estimand names")
    by_protocol = count_protocols(found)
    return f"{words}; {'; '.join(by_protocol)}" if by_protocol else words


def _say_scopes(found: Sequence[Mapping[str, Any]], words: str) -> str:
    scopes = sorted({each["scope"] for each in found if each["scope"]})
    return f"{words}; about {' or '.join(scopes)}" if scopes else words
