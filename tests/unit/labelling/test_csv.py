"""Labels in and out as CSV."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.errors import InputError
from gyges.labelling import read_csv, write_csv
from gyges.records.codebook import Label
from tests.unit.labelling.made_up import ACT, FRAME, ITEMS, PLAIN

ACTS = {"t1": ("take", "tell"), "t2": ("take",)}
NOW = "2026-11-25T09:00:00.000+00:00"


def _read(text: str | bytes) -> list[Label]:
    content = text if isinstance(text, bytes) else text.encode()
    return read_csv(content, name="l.csv", items=ITEMS, acts=ACTS, now=NOW)


@given(
    st.lists(
        st.builds(
            Label,
            trial=st.sampled_from(["t1", "t2"]),
            item=st.just(FRAME.id),
            labeller=st.sampled_from(["ana", "Bo D'Arc", "王"]),
            value=st.sampled_from(sorted(FRAME.options)),
            at=st.just(NOW),
        )
    )
)
def test_what_is_written_is_read_back(labels: list[Label]) -> None:
    """Labels go out as CSV and come back as they were."""
    assert _read(write_csv(labels)) == labels


def test_time_and_act_may_be_left_out() -> None:
    """Columns stand in any order, act and time may be missing, and a spreadsheet's mark is no matter."""
    text = "\ufeffvalue,labeller,item,trial\r\nyes,ana,strategic-reasoning,t1\r\n\r\n"
    assert _read(text) == [Label(trial="t1", item=PLAIN.id, labeller="ana", value="yes", at=NOW)]


def test_times_are_kept_as_utc() -> None:
    """A time of another zone is the same moment in UTC."""
    text = "trial,item,act,labeller,value,at\nt1,act-done,tell,ana,no,2026-11-25T10:30:00+01:00\n"
    label = _read(text)[0]
    assert (label.act, label.at) == ("tell", "2026-11-25T09:30:00.000+00:00")
    assert label.item == ACT.id


HEAD = "trial,item,act,labeller,value,at\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "l.csv:1: is empty; its first line names the columns trial, item, act, labeller, value, at."),
        ("trial,item,labeler,value\n", "l.csv:1: column 'labeler': unknown column 'labeler'. Did you mean"),
        ("trial,item,value\n", "l.csv:1: column 'labeller': is missing; needed are"),
        ("trial,trial\n", "l.csv:1: column 'trial': stands twice."),
        (HEAD + "t1,realism,,ana,3\n", "l.csv:2: has 5 fields, and the header names 6."),
        (
            HEAD + "t1,realism,,ana,3,\nt9,realism,,ana,3,\n",
            "l.csv:3: column 'trial': the run has no trial 't9'.",
        ),
        (
            HEAD + "t1,realsm,,ana,3,\n",
            "l.csv:2: column 'item': unknown question 'realsm'. Did you mean 'realism'",
        ),
        (HEAD + "t1,realism,take,ana,3,\n", "l.csv:2: column 'act': 'realism' is about the whole trial;"),
        (HEAD + "t2,act-done,tell,ana,no,\n", "l.csv:2: column 'act': unknown act 'tell'."),
        (HEAD + "t2,act-done,,ana,no,\n", "l.csv:2: column 'act': unknown act ''."),
        (
            HEAD + "t1,realism,,ana,6,\n",
            "l.csv:2: column 'value': '6' is no answer to 'realism'. It has '1', '2', '3', '4', '5'",
        ),
        (HEAD + "t1,realism,,=a(),3,\n", "l.csv:2: column 'labeller': '=a()' is no labeller's name;"),
        (HEAD + "t1,realism,,ana,3,today\n", "l.csv:2: column 'at': 'today' is no time with its zone,"),
        (HEAD + "t1,realism,,ana,3,2026-11-25\n", "l.csv:2: column 'at':"),
        (HEAD + 't1,"realism,,ana,3,\n', "l.csv:2: is not valid CSV"),
        (HEAD.encode() + b"t1,\xff\n", "l.csv:2: is not UTF-8 text."),
    ],
)
def test_a_wrong_row_is_said_in_one_sentence(text: str | bytes, said: str) -> None:
    """File, line and column, and what would be right."""
    with pytest.raises(InputError) as found:
        _read(text)
    assert str(found.value).startswith(said)
    assert "\n" not in str(found.value)
