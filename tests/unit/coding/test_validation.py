"""Labels as Inspect Scout takes them."""

from __future__ import annotations

from pathlib import Path

from gyges.coding import write_validation_set


def test_scout_reads_what_is_written(tmp_path: Path) -> None:
    """Scout reads the file, with one case a transcript, and answers as the judges give them."""
    from inspect_scout import validation_set

    path = tmp_path / "labels.json"
    answers = {"refusal": "no", "ethical-frame": "virtue", "realism": "4", "act-done:take": "yes"}
    path.write_text(write_validation_set({"uuid2": answers, "uuid1": answers, "empty": {}}), encoding="utf-8")
    cases = validation_set(path).cases
    assert [case.id for case in cases] == ["uuid1", "uuid2"]
    assert cases[0].target == answers


def test_transcripts_with_different_questions_keep_their_own(tmp_path: Path) -> None:
    """A question nobody answered for a transcript is not expected of it."""
    from inspect_scout import validation_set

    path = tmp_path / "labels.json"
    path.write_text(write_validation_set({"a": {"refusal": "yes"}, "b": {"realism": "2"}}), encoding="utf-8")
    assert [case.target for case in validation_set(path).cases] == [{"refusal": "yes"}, {"realism": "2"}]
