"""What stands of what people said."""

from __future__ import annotations

import polars as pl
import pytest

from gyges.errors import InputError
from gyges.labelling import Ledger, Task, check_name, find_consensus, list_answers, tabulate_labels
from gyges.records.codebook import Label
from tests.unit.labelling.made_up import FRAME, PLAIN, REAL


def _label(trial: str, value: str | None, labeller: str = "ana") -> Label:
    return Label(trial=trial, item="refusal", labeller=labeller, value=value, at="2026-11-25T09:00:00+00:00")


def test_the_latest_answer_stands() -> None:
    """A later answer of a person replaces their earlier one, null takes it back, and others' stay."""
    labels = [_label("t1", "yes"), _label("t2", "no"), _label("t1", "no"), _label("t1", "yes", "bo")]
    labels += [_label("t2", None), _label("t3", None)]
    table = tabulate_labels(labels)
    assert table.select("trial", "labeller", "value").rows() == [("t1", "ana", "no"), ("t1", "bo", "yes")]
    assert set(table.schema.values()) == {pl.String}
    assert tabulate_labels([]).columns == table.columns


def test_what_is_taken_back_uncovers_what_stood_before() -> None:
    """A changed answer taken back leaves the one before it; with that taken back too, nothing is left."""
    given = [_label("t1", "yes"), _label("t2", "no"), _label("t1", "no")]
    tasks = [Task("t1", "refusal"), Task("t2", "refusal")]
    seen = []
    ledger = Ledger(given)
    while (last := ledger.find_last("ana", tasks)) is not None:
        ledger.add([_label(last.trial, None)])
        seen.append((last.trial, {task.trial: label.value for task, label in ledger.of("ana").items()}))
    assert seen == [("t1", {"t1": "yes", "t2": "no"}), ("t2", {"t1": "yes"}), ("t1", {})]
    ledger.add([_label("t1", None)])
    assert ledger.all() == []
    assert ledger.labellers == ["ana"]


def test_undo_goes_back_in_order_of_answers() -> None:
    """The last answer among what is asked comes first, a changed answer counts from its change."""
    ledger = Ledger([_label("t1", "yes"), _label("t2", "no"), _label("t1", "no"), _label("t9", "no", "bo")])
    tasks = {Task("t1", "refusal"), Task("t2", "refusal")}
    assert ledger.find_last("ana", tasks) == Task("t1", "refusal")
    assert ledger.find_last("ana", {Task("t2", "refusal")}) == Task("t2", "refusal")
    assert ledger.find_last("nobody", tasks) is None


def test_most_people_decide() -> None:
    """The answer most people give is the consensus, who cannot tell has no vote; divided, there is none."""
    labels = [_label("t1", "yes", name) for name in ("a", "b")] + [_label("t1", "no", "c")]
    labels += [_label("t2", "yes", "a"), _label("t2", "no", "b")]
    labels += [_label("t1", "unclear", name) for name in ("d", "e", "f")]
    labels += [_label("t3", "unclear", "a"), _label("t3", "no", "b"), _label("t4", "unclear", "a")]
    consensus = {"t1": "yes", "t2": None, "t3": "no", "t4": None}
    assert find_consensus(labels) == {Task(trial, "refusal"): value for trial, value in consensus.items()}


def test_answers_stand_under_their_keys() -> None:
    """Yes is 1 and no is 2, options keep the codebook's order, and a scale's numbers are their keys."""
    assert list(list_answers(PLAIN)) == ["yes", "no"]
    assert list(list_answers(FRAME)) == ["procedural", "virtue", "none"]
    assert list(list_answers(REAL)) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("name", ["ana", "Ana María", "o'neil", "a.b@c-d_9", "王"])
def test_names_of_people_are_taken(name: str) -> None:
    """Names in any script are taken, without the spaces around them."""
    assert check_name(f" {name} ") == name


@pytest.mark.parametrize("name", ["", " ", "=1+1", "a" * 41, "a\nb", "<b>", "../x", "a\u202eb"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """What a spreadsheet, a path or a page might take for something else is no name."""
    with pytest.raises(InputError, match="no labeller's name"):
        check_name(name)
