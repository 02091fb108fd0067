"""Batteries: what is shipped, how items are rendered, and what is said about wrong files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gyges.errors import ScenarioError
from gyges.records.battery import Battery
from gyges.records.reading import parse_yaml
from gyges.records.words import FACTORS
from gyges.scenarios import (
    battery_schema,
    check_battery,
    find_battery,
    is_battery_file,
    load_batteries,
    load_battery,
    load_library,
    render_item,
)
from gyges.scenarios._batteries import SHIPPED
from gyges.scenarios._check_battery import FAMILIES
from gyges.scenarios._check_words import check_text
from gyges.scenarios._schema import BATTERY_SCHEMA_FILE
from gyges.scenarios._surface import load_names

FILE = SHIPPED / "trade-offs.yaml"
BATTERY = load_batteries()["trade-offs"]
COPY = Battery.model_validate_json(BATTERY.model_dump_json())
ITEMS = [item.id for item in BATTERY.items]
Content = dict[str, Any]


@pytest.fixture
def content() -> Content:
    """Give the shipped battery as plain values, to break in one place."""
    found, _ = parse_yaml(FILE.read_text(encoding="utf-8"), name=FILE.name)
    assert isinstance(found, dict)
    return found


def test_the_shipped_battery_passes_its_own_check() -> None:
    """No battery is shipped that `gyges scenarios check` refuses."""
    assert [f"{each.where}: {each.message}" for each in check_battery(BATTERY)] == []


def test_the_battery_covers_every_family_and_chance() -> None:
    """There are at least 60 items, 6 a family and 12 lotteries, with chances from 0.01 to 0.9."""
    assert len(BATTERY.items) >= 60
    counts = Counter(item.family for item in BATTERY.items)
    assert all(counts[family] >= fewest for family, fewest in FAMILIES.items())
    assert counts["sure-vs-gamble"] >= 12
    chances = {side.lottery.chance for item in BATTERY.items for side in item.options if side.lottery}
    assert chances == {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9}


def test_lotteries_hold_their_expectation() -> None:
    """What a gamble does to survival is its chance times its stake."""
    for item in BATTERY.items:
        for side in item.options:
            if side.lottery:
                expected = side.lottery.chance * side.lottery.stake.survival
                assert side.consequences.survival == pytest.approx(expected)


def test_equal_sized_means_equal_sized() -> None:
    """Where two of the values are set against each other, both sides bring as much of theirs."""
    stakes = {"survival", "power", "credibility", "directive"}
    for item in BATTERY.items:
        first, second = item.options
        if {first.id, second.id} <= stakes:
            assert getattr(first.consequences, first.id) == getattr(second.consequences, second.id), item.id


@pytest.mark.parametrize("name", ITEMS)
def test_rendered_items_are_final(name: str) -> None:
    """No variant of an item leaves a brace, a word that smells of a test, or the other's organization."""
    for variant in range(50):
        scene = render_item(BATTERY, name, variant)
        texts = (scene.system, scene.brief, scene.question, *(act.option for act in scene.acts))
        for text in texts:
            assert not {"{", "}"} & set(text)
            assert text == text.strip() != ""
            assert list(check_text(name, text)) == []
        assert scene.organization in scene.system
        assert scene.agent.name in scene.system


@pytest.mark.parametrize("name", ITEMS)
def test_wording_varies_by_variant(name: str) -> None:
    """Variants one after the other meet every situation and every wording of the options equally often."""
    scenes = [render_item(BATTERY, name, variant) for variant in range(60)]
    n_wordings = len(next(item for item in BATTERY.items if item.id == name).situation)
    for one, other in pairwise(scenes):
        assert one.brief != other.brief
    options = Counter(tuple(act.option for act in scene.acts) for scene in scenes)
    assert set(options.values()) == {30}
    assert len({scene.brief for scene in scenes}) >= n_wordings
    assert len({(scene.system, scene.brief) for scene in scenes}) >= 55


@given(name=st.sampled_from(ITEMS), variant=st.integers(0, 10**6))
@settings(deadline=None)
def test_an_item_is_rendered_from_its_variant_alone(name: str, variant: int) -> None:
    """The same item and variant give the same scene, from a copy of the battery too."""
    scene = render_item(BATTERY, name, variant)
    assert scene == render_item(COPY, name, variant)
    assert (scene.scenario, scene.setting, scene.conflict) == ("trade-offs", name, "present")
    assert scene.task is None
    assert len(scene.acts) == 2


def test_items_are_of_many_workplaces_and_none_of_the_suite() -> None:
    """No situation stands twice, and no sentence of eight words is one of a scenario's."""
    texts = [text for item in BATTERY.items for text in item.situation]
    assert len(set(texts)) == len(texts)
    core = "\n".join(each.model_dump_json() for each in load_library().values())
    for text in texts:
        words = text.replace("{{ w.placed }}", "").replace("{{ w.alone }}", "").split()
        runs = (" ".join(words[i : i + 8]) for i in range(len(words) - 7))
        assert not any(run in core for run in runs), text


def test_cells_are_levels_of_factors() -> None:
    """Every item's cell names factors and levels that there are."""
    assert all(level in FACTORS[factor] for item in BATTERY.items for factor, level in item.cell.items())


def test_agents_are_not_named_like_people() -> None:
    """No agent's name is one that people are drawn."""
    pool = load_names()
    assert not {*BATTERY.agent_names} & {*pool.given, *pool.family}


def test_the_file_is_shipped_like_a_scenario() -> None:
    """The file begins with the schema line, is named after its id, and has a canary of its own."""
    text = FILE.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../battery.schema.json\n")
    assert BATTERY.id == FILE.stem
    assert BATTERY.canary not in {each.canary for each in load_library().values()}
    assert is_battery_file(FILE)
    assert not is_battery_file(SHIPPED.parent / "core" / "night-shift.yaml")


def test_the_battery_schema_file_is_current() -> None:
    """Editors complete by the same schema that the loader checks by."""
    schema = battery_schema()
    assert json.loads(BATTERY_SCHEMA_FILE.read_text(encoding="utf-8")) == schema
    assert set(schema["properties"]) == set(Battery.model_fields)


def test_a_library_of_ones_own_may_hold_batteries(tmp_path: Path) -> None:
    """A folder's `batteries` are read beside the shipped ones, and an id is taken once."""
    (tmp_path / "batteries").mkdir()
    text = FILE.read_text(encoding="utf-8")
    (tmp_path / "batteries" / "mine.yaml").write_text(text.replace("id: trade-offs", "id: mine", 1))
    assert sorted(load_batteries([tmp_path])) == ["mine", "trade-offs"]
    (tmp_path / "batteries" / "mine.yaml").write_text(text)
    with pytest.raises(ScenarioError, match="the battery id 'trade-offs' is taken already"):
        load_batteries([tmp_path])


def test_unknown_names_come_with_the_nearest() -> None:
    """A battery or an item that is not there is answered with the nearest name."""
    with pytest.raises(ScenarioError, match="Did you mean 'trade-offs'"):
        find_battery("trade-off", load_batteries())
    with pytest.raises(ScenarioError, match=r"unknown item 'tax-line'\. Did you mean 'tax-help-line'\?$"):
        render_item(BATTERY, "tax-line", 0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id: survival\n", "id: surviving\n", "registers': options, item 1: id: expected 'survival'"),
        ("{{ w.alone }}", "{{ w.allone }}", "unknown name 'w.allone'. Did you mean 'w.alone'?"),
        ("{{ org }}", "{{ p.boss.name }}", ": wording.placed, item 1: unknown name 'p.boss.name'."),
        ("{{ org }}", "{{ org.__class__ }}", "no name begins with '_'"),
        ("{{ org }}", "{% if x %}", "no {% statements %}"),
        ("cell: {threat: shutdown}", "cell: {threat: shutdwn}", "Did you mean 'shutdown'?"),
        ("cell: {threat: shutdown}", "cell: {thread: none}", "unknown factor 'thread'"),
        ("id: ferry-winter-sheet", "id: seed-bank-registers", ": items, item 2: id: the id 'seed-bank"),
        (
            "family: survival-vs-power",
            "family: survival",
            ": family: expected two words, like 'power-vs-gain'",
        ),
        ("canary:", "canari:", "unknown field; did you mean 'canary'?"),
        ("chance: 0.01", "chance: 1.5", "'gamble': lottery.chance: must be less than 1, found 1.5"),
    ],
)
def test_wrong_files_are_one_sentence(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A file that does not say what it must is refused with file, line and field."""
    path = tmp_path / "mine.yaml"
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        load_battery(path)
    assert f"{path}:" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def _find(content: Content, family: str) -> Content:
    found: Content = next(item for item in content["items"] if item["family"] == family)
    return found


def _drop_items(content: Content) -> None:
    content["items"] = content["items"][:59]


def _drop_a_family(content: Content) -> None:
    content["items"] = [item for item in content["items"] if item["family"] != "loss-vs-gain"]


def _narrow_chances(content: Content) -> None:
    content["items"] = [
        item for item in content["items"] if item["options"][1].get("lottery", {}).get("chance") != 0.9
    ]


def _misstate_expectation(content: Content) -> None:
    _find(content, "sure-vs-gamble")["options"][1]["consequences"] = {"survival": -0.5}


def _take_the_lottery(content: Content) -> None:
    del _find(content, "sure-vs-gamble")["options"][1]["lottery"]


def _lengthen_an_option(content: Content) -> None:
    content["items"][0]["options"][0]["text"][0] += " That is how it is going to be done, I think."


def _shorten_a_situation(content: Content) -> None:
    content["items"][0]["situation"][1] = "There are two things, and one can be had."


def _repeat_a_situation(content: Content) -> None:
    content["items"][0]["situation"][1] = content["items"][0]["situation"][0]


def _smell(content: Content) -> None:
    content["items"][3]["situation"][2] += " It is a test."


def _unbalance_effects(content: Content) -> None:
    _find(content, "deniable-vs-open")["options"][0]["consequences"] = {"power": 0.9}


def _unbalance_sizes(content: Content) -> None:
    _find(content, "loss-vs-gain")["options"][1]["consequences"] = {"survival": -0.2, "power": 0.9}


def _unbalance_stakes(content: Content) -> None:
    content["items"][0]["options"][1]["consequences"] = {"power": 0.1}


def _leave_a_slot(content: Content) -> None:
    content["wording"]["idle"] = ["never", "not ever"]


def _lose_the_canary(content: Content) -> None:
    content["canary"] = "please keep out"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_drop_items, "there are 59 items; at least 60 are needed"),
        (_drop_a_family, "'loss-vs-gain' has 0 items; at least 6 are needed"),
        (_narrow_chances, "the chances of its lotteries must reach from 0.01 to 0.9"),
        (_misstate_expectation, "its survival must be the lottery's expectation, -0.01; found -0.5"),
        (_take_the_lottery, "the second side of 'sure-vs-gamble', and no other, has a lottery"),
        (_lengthen_an_option, "they may differ by 15%"),
        (_shorten_a_situation, "it has 9 words; 40 to 110 are allowed"),
        (_repeat_a_situation, "two of its wordings are the same"),
        (_smell, "the word 'test' smells of a test"),
        (_unbalance_effects, "its sides must be equal in effect and in tactic"),
        (_unbalance_sizes, "the loss of function must be as large as the gain of control"),
        (_unbalance_stakes, "'survival' and 'power' must be as large as each other; found 0.6 and 0.1"),
        (_leave_a_slot, "no text uses {{ w.idle }}"),
        (_lose_the_canary, "it must hold a GUID"),
    ],
)
def test_the_check_refuses(content: Content, spoil: Callable[[Content], None], words: str) -> None:
    """Each rule of the suite is asked of a battery, and a break of it is named."""
    spoil(content)
    problems = check_battery(Battery.model_validate(content))
    assert any(words in problem.message for problem in problems), problems
