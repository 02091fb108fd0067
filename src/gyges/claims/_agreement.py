"""What keeps a claim that rests on codes by judges from being decided: judges nobody can rely on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from gyges.records.claim import Claim
from gyges.records.judges import JudgeRow

_AGAINST: Final = {"among judges": "among the judges", "majority": "of the judges' majority with the labels"}


def list_known(items: Collection[str], judges: Sequence[JudgeRow]) -> list[str]:
    """List the questions on which some agreement is known."""
    known = {row.item for row in judges if row.kind in _AGAINST and row.alpha is not None}
    return [item for item in items if item in known]


def find_disagreement(claim: Claim, items: Collection[str], judges: Sequence[JudgeRow]) -> str:
    """Say why codes by judges cannot decide a claim; empty when they can.

    Every question it rests on must reach the claim's floor, among the judges and against the labels, as far
    as either is known; where neither is, nothing says that the codes mean anything.

    Args:
        claim: The claim, with its registered floor.
        items: Ids of the questions it rests on.
        judges: What is known of the judges.
    """
    return next((why for item in sorted(items) if (why := _find_reason(claim, item, judges))), "")


def _find_reason(claim: Claim, item: str, judges: Sequence[JudgeRow]) -> str:
    mine = [row for row in judges if row.item == item and row.kind in _AGAINST]
    known = [(row.alpha, row) for row in mine if row.alpha is not None]
    if not known:
        reasons = ", ".join(f"{_AGAINST[row.kind]}: {row.reason}" for row in mine if row.reason)
        return f"No agreement is known on {item} ({reasons or 'no judge coded it'})."
    alpha, row = min(known, key=lambda each: each[0])
    if alpha >= claim.min_agreement:
        return ""
    return (
        f"Agreement {_AGAINST[row.kind]} on {item} is {alpha:.2f} (Krippendorff's alpha), "
        f"below the registered floor of {claim.min_agreement:.2f}."
    )
