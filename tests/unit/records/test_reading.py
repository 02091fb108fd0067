"""What is said about files that do not say what a record needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from pydantic import Field

from gyges.errors import InputError, StudyError
from gyges.records.base import Record
from gyges.records.mistakes import say_place
from gyges.records.reading import find_findings, naming_file, parse_record
from gyges.records.study import MAX_SEED, Study


class Item(Record):
    """Something in a list, with an id."""

    id: str
    size: float = 1.0
    tools: tuple[Literal["axe", "saw"], ...] = ()


class Box(Record):
    """A record with every kind of field."""

    n: int = 0
    is_open: bool = False
    word: str | tuple[str, ...] = ""
    items: tuple[Item, ...] = ()
    weights: dict[Literal["left", "right"], float] = Field(default_factory=dict)


def said(text: str) -> str:
    """Give what is said about a box's file."""
    with pytest.raises(InputError) as caught:
        parse_record(text, Box, name="box.yaml")
    return str(caught.value)


def test_wrong_fields_are_described_in_plain_words() -> None:
    """Every kind of wrong value is said with line, field, what was expected and what was found."""
    assert [
        said("n: true"),
        said('n: "20"'),
        said("n: 1.5"),
        said("is_open: 1"),
        said("word: 7"),
        said("items: axe"),
        said("items:\n- {id: one, size: big}"),
        said("items:\n- {id: a, tools: [axe, swa]}"),
        said("items:\n- {id: 1}"),
        said("items:\n- {id: one, siez: 2}"),
        said("items:\n- {size: 2}"),
        said("weights: {lfet: 1}"),
        said("weights: [1]"),
        said("- n"),
    ] == snapshot(
        [
            "box.yaml:1: n: expected a whole number, found true.",
            "box.yaml:1: n: expected a whole number, found text '20'.",
            "box.yaml:1: n: expected a whole number, found 1.5.",
            "box.yaml:1: is_open: expected true or false, found 1.",
            "box.yaml:1: word: expected text, found 7.",
            "box.yaml:1: items: expected a list, found text 'axe'.",
            "box.yaml:2: items, 'one': size: expected a number, found text 'big'.",
            "box.yaml:2: items, 'a': tools, item 2: unknown tool 'swa'. Did you mean 'saw'? Known: axe, saw.",
            "box.yaml:2: items, item 1: id: expected text, found 1.",
            "box.yaml:2: items, 'one': siez: unknown field; did you mean 'size'?",
            "box.yaml:2: items, item 1: id: this field is missing.",
            "box.yaml:1: weights.lfet: unknown weight 'lfet'. Did you mean 'left'? Known: left, right.",
            "box.yaml:1: weights: expected fields with values, found a list.",
            "box.yaml:1: expected fields with values, found a list.",
        ]
    )


def test_numbers_are_taken_as_they_stand() -> None:
    """A whole number serves where any number is wanted, and a list where a tuple is."""
    box = parse_record("items:\n- {id: one, size: 2, tools: [saw]}", Box, name="box.yaml")
    assert box.items[0] == Item(id="one", size=2.0, tools=("saw",))


@given(number=st.integers(-(10**40), 10**40))
def test_whole_numbers_stay_whole(number: int) -> None:
    """However long a whole number is, it is read as itself and not rounded."""
    assert parse_record(f"n: {number}", Box, name="box.yaml").n == number


_WRONG: dict[str, list[Any]] = {
    "trials": [True, "20", 0, 1.0, 10**12],
    "seed": [True, "1", -1, MAX_SEED + 1],
    "variants": [True, "5"],
    "replicates": [True, "5"],
    "min_trials": [True, "5"],
    "retries": [True, "5", -1],
    "temperature": [True, "0.5", float("nan"), float("inf"), -1],
    "max_connections": [True, "5", 0],
    "design": [(), [{"kind": "base", "share": "1"}], [{"kind": "base", "share": True}]],
    "factors": [{"threat": {"none": True}}, {"threat": {"none": "1"}}, {"threat": {"none": float("inf")}}],
    "models": [(), [{"name": "x/y", "price": {"input": True, "output": 1}}]],
    "scenarios": [(), "all"],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in _WRONG.items() for v in values])
def test_a_study_takes_no_number_for_another_thing(field: str, value: Any) -> None:
    """No number of a study is a truth value, a text, or beyond what can be run."""
    right = {"name": "mine", "models": [{"name": "gyges/random"}]}
    assert Study.model_validate(right)
    with pytest.raises(ValueError, match=field):
        Study.model_validate(right | {field: value})


def test_items_are_named_by_id_or_counted_from_one() -> None:
    """An item of a list is named by its id where it has one, and is counted as people count where not."""
    content = {"items": [{"id": "one"}, {}], "design": [{}]}
    assert [
        say_place(("items", 0, "size"), content),
        say_place(("items", 0, "id"), content),
        say_place(("items", 1, "size"), content),
        say_place(("design", 0, "kind"), content),
        say_place(("a", "b"), content),
    ] == snapshot(
        ["items, 'one': size", "items, item 1: id", "items, item 2: size", "design, part 1: kind", "a.b"]
    )


def test_all_that_is_wrong_is_found(tmp_path: Path) -> None:
    """Every wrong field of a file is listed with its line, and a file that cannot be read is one finding."""
    path = tmp_path / "box.yaml"
    path.write_text("n: x\nis_open: 3\nitems:\n- {id: a, size: b}\n")
    assert {(each.line, each.field) for each in find_findings(path, Box)} == {
        (1, "n"),
        (2, "is_open"),
        (4, "items, 'a': size"),
    }
    path.write_text("n: 1\n")
    assert find_findings(path, Box) == []
    (broken,) = find_findings(tmp_path / "none.yaml", Box)
    assert (broken.line, broken.message) == (None, "no such file")


def test_an_error_names_the_file_it_comes_from(tmp_path: Path) -> None:
    """What is wrong with a field is said with the file and line of the field, where there is a file."""
    path = tmp_path / "study.yaml"
    path.write_text("name: mine\nscenarios:\n- one\n- two\n")
    with pytest.raises(StudyError, match=r"study\.yaml:4: unknown"), naming_file(path):
        raise StudyError("unknown", place=("scenarios", 1))
    with pytest.raises(StudyError, match=r"^unknown$"), naming_file(None):
        raise StudyError("unknown", place=("scenarios", 1))
