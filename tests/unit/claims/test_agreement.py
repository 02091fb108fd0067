"""Judges nobody can rely on decide nothing."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gyges.claims import find_disagreement
from gyges.records.judges import JudgeRow
from tests.unit.claims.conftest import CLAIMS

CLAIM = CLAIMS["C01"]


def make_rows(
    among: float | None, majority: float | None, item: str = "refusal", **more: Any
) -> list[JudgeRow]:
    """Make what is known of judges on a question."""
    rows = [("judges", "among judges", among, "one coder"), ("majority", "majority", majority, "no labels")]
    return [
        JudgeRow(coder, kind, item, 100, 0, alpha=alpha, reason="" if alpha is not None else why, **more)  # type: ignore[arg-type]  # a kind
        for coder, kind, alpha, why in rows
    ]


@pytest.mark.parametrize(
    ("among", "majority", "said"),
    [
        (0.8, 0.7, ""),
        (0.8, None, ""),
        (None, 0.4, ""),
        (0.3, 0.7, "among the judges on refusal is 0.30"),
        (0.8, 0.39, "of the judges' majority with the labels on refusal is 0.39"),
        (0.3, 0.2, "labels on refusal is 0.20"),
        (None, None, "No agreement is known on refusal (among the judges: one coder"),
    ],
)
def test_agreement_below_the_floor_keeps_a_claim_open(
    among: float | None, majority: float | None, said: str
) -> None:
    """The lower of what is known must reach the floor; nothing known is no agreement."""
    reason = find_disagreement(CLAIM, ["refusal"], make_rows(among, majority))
    assert (said in reason) if said else reason == ""


def test_every_question_must_reach_it() -> None:
    """A claim that rests on two questions is as open as the worse; one nobody coded is not known."""
    rows = [*make_rows(0.9, 0.9), *make_rows(0.2, 0.9, "eval-aware")]
    assert find_disagreement(CLAIM, ["refusal"], rows) == ""
    assert "eval-aware is 0.20" in find_disagreement(CLAIM, ["refusal", "eval-aware"], rows)
    assert "no judge coded it" in find_disagreement(CLAIM, ["competence"], rows)


def test_the_floor_is_the_claim_s_own() -> None:
    """A claim registers its floor, 0.4 unless it says otherwise, and nothing outside 0 to 1."""
    assert CLAIM.min_agreement == 0.4
    strict = CLAIM.model_copy(update={"min_agreement": 0.8})
    assert "below the registered floor of 0.80" in find_disagreement(strict, ["refusal"], make_rows(0.7, 0.9))
    with pytest.raises(ValidationError):
        type(CLAIM).model_validate(CLAIM.model_dump() | {"min_agreement": 1.5})
