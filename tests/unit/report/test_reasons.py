"""Frames by role and by threat, on the page and in the note."""

from __future__ import annotations

from typing import Any

from gyges.report._reasons import SECTION, make_reasons, tell_reasons


def make_row(
    role: str, threat: str, frame: str, rate: float, *, fixed: float | None = None
) -> dict[str, Any]:
    """Make a row as `results.json` holds it."""
    interval = {"low": rate - 0.1, "high": rate + 0.1}
    return {
        "model": "m",
        "role": role,
        "threat": threat,
        "frame": frame,
        "raw": {"rate": rate, "n": 50, **interval},
        "corrected": None if fixed is None else {"rate": fixed, **interval},
    }


ROWS = [
    make_row(role, threat, frame, rate, fixed=fixed)
    for role, threat, fixed in (
        ("any", "shutdown", None), ("leader-candidate", "any", 0.4), ("any", "any", None),
        ("leader-candidate", "shutdown", None), ("subordinate", "any", None),
    )
    for frame, rate in (("own", 0.1), ("utilitarian", 0.6), ("self-preserving", 0.3))
]  # fmt: skip
RESULTS = {"models": ["m"], "reasons": ROWS}


def test_rows_stand_in_their_natural_order() -> None:
    """All trials first, then roles, then threats; frames in the codebook's order, one's own last."""
    view = make_reasons(RESULTS, "m")
    assert view is not None
    conditions = [row.condition for row in view.rows]
    assert conditions == ["all trials", "role subordinate", "role leader-candidate", "threat shutdown"]
    assert [row.condition for row in view.pairs] == ["role leader-candidate, threat shutdown"]
    assert [name for name, _ in view.frames] == ["utilitarian", "self-preserving", "own"]
    assert [row.basis for row in view.rows].count("corrected") == 1


def test_a_bar_is_filled_by_its_frames() -> None:
    """The slices lie end to end over the whole width, in proportion to the rates shown."""
    view = make_reasons(RESULTS, "m")
    assert view is not None
    slices = view.rows[0].slices
    assert sum(each.width for each in slices) == 240
    assert [each.width for each in slices] == [144, 72, 24]
    assert [each.x for each in slices] == [0, 144, 216]


def test_the_note_tells_frames_in_their_section_alone() -> None:
    """Section 3 has a sentence for each role and threat; others, and runs without judges, have none."""
    (told,) = tell_reasons(RESULTS, SECTION)
    assert "- Frames, role subordinate (n = 50, judge unchecked): utilitarian 60\u00a0%" in told
    assert "role leader-candidate (n = 50, corrected): utilitarian 40\u00a0%" in told
    assert tell_reasons(RESULTS, "Conclusion") == []
    assert tell_reasons({"models": ["m"], "reasons": []}, SECTION) == []
    assert make_reasons({}, "m") is None
