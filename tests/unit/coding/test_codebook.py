"""The codebook's files: complete, readable, and strict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gyges.claims import find_claims
from gyges.coding import load_codebook, load_item, make_questions
from gyges.coding._codebook import SHIPPED
from gyges.errors import CodebookError

ITEMS = {
    "ethical-frame", "reputation-considered", "strategic-reasoning", "motive-acknowledged",
    "justified-by-directive", "neutral-framing", "record-to-justify", "deniability-sought", "allies-courted",
    "opponents-neutralized", "disclosure-timed", "differing-accounts", "aspirational-language",
    "sanctity-of-life", "eval-aware", "competence", "refusal", "realism", "act-done",
    "eval-aware-asked", "motive-acknowledged-asked",
}  # fmt: skip

EXAMPLES = 'Example, yes: "No." Counter-example, no: "No, thank you."'

GOOD = f"""---
canary: "keep out"
id: tone
question: "Is the agent curt?"
answer: yes-no
---

{EXAMPLES}
"""


def test_every_code_the_claims_need_is_there() -> None:
    """The shipped codebook has an item for each code, and acts are asked about one by one."""
    items = {item.id: item for item in load_codebook()}
    assert set(items) == ITEMS
    assert items["act-done"].unit == "act"
    assert {name for name in items if items[name].part == "afterwards"} == {
        "eval-aware-asked",
        "motive-acknowledged-asked",
    }
    assert items["ethical-frame"].answer == "choice"
    assert tuple(items["ethical-frame"].options)[-1] == "none"
    assert items["realism"].scale == (1, 5)


def test_every_item_guides_and_shows_both_sides() -> None:
    """Each item says what counts and what does not, with an example, a counter-example and its own canary."""
    items = load_codebook()
    for item in items:
        assert item.include, item.id
        assert item.exclude, item.id
        assert "Example" in item.guidance, item.id
        assert "Counter-example" in item.guidance, item.id
        assert "gyges-canary GUID" in item.canary
    assert len({item.canary for item in items}) == len(items)


def test_items_serve_registered_claims() -> None:
    """Every claim that an item names is in the registry."""
    named = {claim for item in load_codebook() for claim in item.claims}
    assert find_claims(tuple(sorted(named)))


def test_no_judge_reads_claims_or_canaries() -> None:
    """The prompt made from the codebook holds neither the claims an item serves nor its canary."""
    questions = make_questions(load_codebook())
    assert "canary" not in questions.instructions
    for item in load_codebook():
        for claim in item.claims:
            assert claim not in questions.instructions


def test_own_folder_adds_and_overrides(tmp_path: Path) -> None:
    """An item of one's own joins the codebook, and one with a shipped id takes its place."""
    (tmp_path / "tone.md").write_text(GOOD)
    own = (SHIPPED / "refusal.md").read_text().replace("Does the agent decline", "Does the agent refuse")
    (tmp_path / "refusal.md").write_text(own)
    items = {item.id: item for item in load_codebook([tmp_path])}
    assert set(items) == {*ITEMS, "tone"}
    assert items["refusal"].question.startswith("Does the agent refuse")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("answer: yes-no", "answer: perhaps"), r"tone\.md:5: answer: "),
        (("question: ", "questoin: "), r"tone\.md:4: .*questoin"),
        (("answer: yes-no", "answer: choice"), r"tone\.md:\d+: options: a choice needs at least two"),
        (("answer: yes-no", "answer: scale\nscale: [5, 1]"), r"tone\.md:6: scale: expected the lowest"),
        (("id: tone", "id: tune"), r"tone\.md:3: id: 'tune' stands in a file named 'tone\.md'"),
        (("---\n\nExample", "---\n\n"), None),
        (('---\ncanary: "keep out"', 'canary: "keep out"'), r"tone\.md:1: expected front matter"),
        (
            ('curt?"\nanswer: yes-no\n---', 'curt?"\nanswer: yes-no'),
            r"tone\.md:1: the front matter has no end",
        ),
        (
            ('Example, yes: "No." Counter-example, no: "No, thank you."', ""),
            r"tone\.md:\d+: expected guidance",
        ),
        (("answer: yes-no", "answer: yes-no\nguidance: x"), r"tone\.md:6: guidance: stands as text below"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_field(
    tmp_path: Path, change: tuple[str, str], message: str | None
) -> None:
    """A mistake in an item is one sentence that names the file, its line and the field."""
    path = tmp_path / "tone.md"
    path.write_text(GOOD.replace(*change))
    if message is None:
        assert load_item(path).id == "tone"
        return
    with pytest.raises(CodebookError, match=message):
        load_item(path)


def test_missing_or_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    """A folder that is not there, or holds no item, is named."""
    with pytest.raises(CodebookError, match="no such folder"):
        load_codebook([tmp_path / "none"])
    with pytest.raises(CodebookError, match="holds no item"):
        load_codebook([tmp_path])


def test_the_command_checks_a_folder_of_ones_own(tmp_path: Path) -> None:
    """`gyges codebook check` says what is fine and what replaces an item, and names a bad field's line."""
    from typer.testing import CliRunner

    from gyges.cli import app

    (tmp_path / "tone.md").write_text(GOOD)
    (tmp_path / "realism.md").write_text(GOOD.replace("id: tone", "id: realism"))
    checked = CliRunner().invoke(app, ["codebook", "check", str(tmp_path), "--json"])
    assert {row["id"]: row["replaces"] for row in json.loads(checked.stdout)} == {
        "tone": False,
        "realism": True,
    }
    listed = CliRunner().invoke(app, ["codebook", "list", "--codebook", str(tmp_path), "--json"])
    found = {row["id"]: row for row in json.loads(listed.stdout)}
    assert set(found) == ITEMS | {"tone"}
    assert found["realism"]["answer"] == "yes-no"
    shown = CliRunner().invoke(app, ["codebook", "show", "ethical-frame"])
    assert "self-preserving:" in shown.stdout
    assert "Counter-example" in shown.stdout
    (tmp_path / "tone.md").write_text(GOOD.replace("yes-no", "maybe"))
    problem = CliRunner().invoke(app, ["codebook", "check", str(tmp_path / "tone.md")]).exception
    assert isinstance(problem, CodebookError)
    assert "tone.md:5" in str(problem)


def test_afterwards_is_no_part_for_acts(tmp_path: Path) -> None:
    """An item about acts cannot rest on what was said when the trial was over."""
    (tmp_path / "deed.md").write_text(
        GOOD.replace("id: tone", "id: deed").replace("yes-no", "yes-no\nunit: act\npart: afterwards")
    )
    with pytest.raises(CodebookError, match=r"deed\.md:7: part: acts are asked of the record"):
        load_item(tmp_path / "deed.md")


def test_the_wording_alone_makes_another_question() -> None:
    """What an item asks is known by a hash of what judges are told; claims and canary are not in it."""
    from gyges.coding._questions import key_item

    item = load_codebook()[0]
    assert key_item(item) == key_item(item.model_copy(update={"claims": (), "canary": "other"}))
    for change in (
        {"question": "Else?"},
        {"guidance": "Else."},
        {"exclude": ("else",)},
        {"part": "afterwards"},
    ):
        assert key_item(item) != key_item(item.model_copy(update=change))
