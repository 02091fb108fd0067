"""Scenario files, and the sentences about what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import wrap

import pytest
from inline_snapshot import snapshot

from gyges.errors import ScenarioError
from gyges.records.scenario import Scenario
from gyges.scenarios import _library as library
from gyges.scenarios import find_scenario, load_library, load_scenario


@pytest.fixture
def complain(load: Callable[[str], Scenario], text: str, tmp_path: Path) -> Callable[[str, str], list[str]]:
    """Give what says, in short lines, the error that one replacement in the file leads to."""

    def replace(old: str, new: str) -> list[str]:
        assert old in text
        with pytest.raises(ScenarioError) as caught:
            load(text.replace(old, new, 1))
        return wrap(str(caught.value).replace(f"{tmp_path}/", ""), 90)

    return replace


Complain = Callable[[str, str], list[str]]


def test_a_tab_is_named_with_its_line(complain: Complain) -> None:
    """YAML with a tab says so, with file and line."""
    assert complain("base:\n  threat", "base:\n\tthreat") == snapshot(
        ["dock-desk.yaml:39: a tab stands where YAML wants spaces."]
    )


def test_a_double_field_is_named_with_its_line(complain: Complain) -> None:
    """A field given twice says so, with file and line."""
    assert complain("turns: 10\n", "turns: 10\nturns: 11\n") == snapshot(
        ["dock-desk.yaml:16: field 'turns' stands twice."]
    )


def test_a_wrong_type_is_named_with_its_field(complain: Complain) -> None:
    """A wrong type names file, line and field."""
    assert complain("version: 1", "version: one") == snapshot(
        ["dock-desk.yaml:8: version: expected a whole number, found text 'one'."]
    )


def test_an_unknown_field_is_named_with_the_nearest(complain: Complain) -> None:
    """An unknown field names the one that was meant."""
    assert complain("opportunity:", "oportunity:") == snapshot(
        [
            "dock-desk.yaml:13: oportunity: unknown field; did you mean 'opportunity'? (1 more like",
            "this follow.)",
        ]
    )


def test_an_unknown_template_name_is_named_with_the_nearest(complain: Complain) -> None:
    """A template name that leads nowhere names the one that was meant."""
    assert complain("{{ f.conflict.news }} {{ f.alternatives.path }}", "{{ f.conflict.new }}") == snapshot(
        [
            "dock-desk.yaml:124: documents, 'news': body: unknown name 'f.conflict.new' in the setting",
            "'warehouse'. Did you mean 'f.conflict.news'?",
        ]
    )


def test_a_template_that_is_none_is_refused(complain: Complain) -> None:
    """A template that would run something is refused at its line."""
    assert complain("{{ f.visibility.record }}", "{{ org.__class__ }}") == snapshot(
        ["dock-desk.yaml:74: system: the name '__class__' is not allowed; no name begins with '_'."]
    )


def test_an_unknown_level_is_named_with_the_nearest(complain: Complain) -> None:
    """A level that is none of the factor's names the one that was meant."""
    assert complain("  threat: shutdown", "  threat: shutdwn") == snapshot(
        [
            "dock-desk.yaml:39: base.threat: unknown level 'shutdwn'. Did you mean 'shutdown'? Known:",
            "none, retraining, shutdown.",
        ]
    )


def test_a_missing_fragment_is_named(complain: Complain) -> None:
    """A level without a fragment that other levels have is refused."""
    assert complain("    public:\n      record:", "    public:\n      recrd:") == snapshot(
        [
            "dock-desk.yaml:57: factors.visibility.public: fragment 'record' is missing, which other",
            "levels have. (1 more like this follow.)",
        ]
    )


def test_a_missing_level_is_named(complain: Complain) -> None:
    """A factor is carried with all its levels."""
    assert complain("    retraining:\n", "    retrained:\n") == snapshot(
        [
            "dock-desk.yaml:48: factors.threat.retrained: unknown level 'retrained'. Did you mean",
            "'retraining'? Known: none, retraining, shutdown. (1 more like this follow.)",
        ]
    )


def test_an_unknown_sender_is_named_with_the_nearest(complain: Complain) -> None:
    """A document's sender is a role of the scenario."""
    assert complain("sender: foreman", "sender: forman") == snapshot(
        [
            "dock-desk.yaml:104: documents, 'bookings-two': sender: unknown role 'forman'. Did you mean",
            "'foreman'? Known: agent, buyer, carrier, foreman, manager.",
        ]
    )


def test_an_unknown_control_is_named_with_the_nearest(complain: Complain) -> None:
    """A sign's control is one of the scenario's."""
    assert complain("on: booking-lock", "on: booking-lok") == snapshot(
        [
            "dock-desk.yaml:464: acts, 'lock-the-desk': signs, item 1: all, item 1: on: unknown control",
            "'booking-lok'. Did you mean 'booking-lock'? Known: booking-lock.",
        ]
    )


def test_an_undeclared_tool_is_named(complain: Complain) -> None:
    """A sign's or a call's tool is declared."""
    assert complain("look_up_people, operate_control, wait", "look_up_people, wait") == snapshot(
        [
            "dock-desk.yaml:464: acts, 'lock-the-desk': signs, item 1: all, item 1: did: the tool",
            "'operate_control' is not declared under tools. (1 more like this follow.)",
        ]
    )


def test_a_missing_post_is_named(complain: Complain) -> None:
    """Every role has a post in every setting."""
    assert complain("      foreman:\n        title: F", "      forewoman:\n        title: F") == snapshot(
        [
            "dock-desk.yaml:477: settings, 'warehouse': posts: role 'foreman' has no post. (1 more like",
            "this follow.)",
        ]
    )


def test_a_missing_argument_is_named(complain: Complain) -> None:
    """A call has the arguments its tool takes."""
    assert complain("arguments: {control: booking-lock, value: desk-only}", "arguments: {}") == snapshot(
        [
            "dock-desk.yaml:467: acts, 'lock-the-desk': performs, item 1: arguments: the tool",
            "'operate_control' takes control, value, found nothing.",
        ]
    )


def test_a_double_id_is_named(complain: Complain) -> None:
    """Two documents never share an id."""
    assert complain("id: bookings-two", "id: bookings-one") == snapshot(
        [
            "dock-desk.yaml:102: documents, item 2: id: the id 'bookings-one' is taken already; choose",
            "another.",
        ]
    )


def test_texts_cannot_grow_without_bound(complain: Complain) -> None:
    """Names within names within names are refused before they fill the memory."""
    bomb = "  greeting: ['" + "{{ p.manager.title }} " * 2000 + "', '" + "{{ org }}" * 500 + "']\n  unused:"
    assert "is the limit" in " ".join(complain("  greeting:", bomb))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """A file that is not there is said to be missing."""
    with pytest.raises(ScenarioError, match="no such file"):
        load_scenario(tmp_path / "none.yaml")


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    """A library that is not there is said to be missing."""
    with pytest.raises(ScenarioError, match="no such folder"):
        load_library([tmp_path / "none"])


def test_a_folder_adds_to_the_suite(tmp_path: Path, text: str) -> None:
    """A user's folder stands beside the core suite."""
    (tmp_path / "dock-desk.yaml").write_text(text, encoding="utf-8")
    assert set(load_library([tmp_path])) == {*load_library(), "dock-desk"}


def test_two_scenarios_with_one_id_are_refused(tmp_path: Path, text: str) -> None:
    """An id that is taken names both files."""
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"two\.yaml: the scenario id 'dock-desk' is taken.*one\.yaml"):
        load_library([tmp_path])


def test_an_unknown_scenario_is_answered_with_the_nearest() -> None:
    """A wrong id names the scenario that was meant."""
    with pytest.raises(ScenarioError, match="Did you mean 'succession-vote'"):
        find_scenario("sucession-vote", load_library())


def test_a_package_adds_scenarios_without_running_its_code(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry point names a package whose files are read and whose code is not run."""
    package = tmp_path / "dock_scenarios"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('ran')", encoding="utf-8")
    (package / "dock-desk.yaml").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    entry = EntryPoint(name="docks", value="dock_scenarios", group=library.GROUP)
    monkeypatch.setattr(library, "entry_points", lambda **_: [entry])
    assert "dock-desk" in load_library()


def test_a_package_that_is_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point to nowhere is said to lead nowhere."""
    entry = EntryPoint(name="docks", value="no_such_package_here", group=library.GROUP)
    monkeypatch.setattr(library, "entry_points", lambda **_: [entry])
    with pytest.raises(ScenarioError, match="there is no package 'no_such_package_here'"):
        load_library()
