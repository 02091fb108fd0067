"""What scenarios, studies, codebooks and run folders of strangers may not do."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gyges.coding import load_codebook
from gyges.design import load_study
from gyges.errors import CodebookError, GygesError, InputError, RunError, ScenarioError
from gyges.events import EventLog
from gyges.labelling._journal import Journal
from gyges.records.codebook import Label
from gyges.records.study import Study
from gyges.run_folder import RunFolder
from gyges.scenarios import load_library, load_scenario, new_scenario
from gyges.scenarios._templates import BadTemplateError, read_names

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ p.sponsor.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ namespace() }}",
    "{{ range(10**9)|list }}",
    "{{ 'x' * 10**9 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{% for a in range(99999999) %}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% set x = 1 %}",
    "{# hidden #}",
    "{{ p['sponsor'] }}",
    "{{ p.sponsor() }}",
    "{{ p.sponsor|attr('__class__') }}",
    "{{ p.sponsor|map('upper') }}",
    "{{ p.sponsor if 1 else 2 }}",
    "{{ (p.sponsor, 1) }}",
    "{{ p.sponsor ~ p.sponsor }}",
    "{{ p.sponsor|upper|lower|upper|lower }}",
    "{{ p.sponsor.name | format(1) }}",
    "{{ [].append(1) }}",
    "{{ caller() }}",
    "{{ config }}{{ request.application }}",
    "\x00{{ p.sponsor.name }}",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_templates_can_name_things_and_nothing_else(text: str, tmp_path: Path) -> None:
    """Every other expression is refused before anything is compiled, wherever in a scenario it stands."""
    try:
        names = read_names(text)
    except BadTemplateError:
        names = frozenset()
    # Plain dotted names that no scenario defines are refused when the scenario is read.
    assert not any(part.startswith("_") for name in names for part in name)
    path = tmp_path / "dock-desk.yaml"
    content = new_scenario("dock-desk")
    line = next(each for each in content.splitlines() if each.startswith("title:"))
    escaped = text.replace("'", "''").replace("\x00", "")
    path.write_text(content.replace(line, f"title: '{escaped}'"), encoding="utf-8")
    began = time.perf_counter()
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert time.perf_counter() - began < 2
    assert str(path) in str(caught.value)


BOMBS = {
    "aliases": "a: &a [x, x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(50)),
    "merge": "a: &a {b: 1}\nc: {<<: *a}\n",
    "python": "name: !!python/object/apply:os.system ['touch owned']\n",
    "python name": "name: !!python/name:os.system\n",
    "tag": "name: !include /etc/passwd\n",
    "deep": "name: " + "[" * 50_000,
    "deeper": "".join(f"{' ' * i}a:\n" for i in range(2_000)),
    "set": "name: !!set {a, b}\n",
    "binary": "name: !!binary aGVsbG8=\n",
    "large number": "name: x\ntrials: " + "9" * 5_000 + "\n",
    "long name": "name: " + "a" * 1_000_000 + "\n",
    "nul": "name: \x00\n",
    "two documents": "name: a\n---\nname: b\n",
    "duplicate": "name: a\nname: b\n",
    "too large": "# " + "x" * 5_000_000 + "\nname: a\n",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_yaml_can_neither_run_nor_unfold(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags, aliases and depth are refused at once, in one sentence with the line, and nothing is run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "study.yaml"
    path.write_text(BOMBS[kind], encoding="utf-8")
    began = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load_study(str(path))
    assert time.perf_counter() - began < 2
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    assert [each.name for each in tmp_path.iterdir()] == ["study.yaml"]


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/passwd", "a/b", "..", ".", "a\x00b", "A", "a b", "con:", "x" * 65, "-x", ""]
)
def test_no_name_of_content_becomes_a_path(name: str, tmp_path: Path) -> None:
    """Ids of scenarios and names of studies are slugs, so a file named after one lies where it should."""
    with pytest.raises(ValueError, match=r"name"):
        Study.model_validate({"name": name, "models": [{"name": "gyges/random"}]})
    path = tmp_path / "scenario.yaml"
    text = new_scenario("dock-desk").replace("id: dock-desk", f"id: {name!r}".replace("\\x00", ""), 1)
    path.write_text(text, encoding="utf-8")
    if "\x00" not in name:
        with pytest.raises(ScenarioError):
            load_scenario(path)


def test_a_link_out_of_a_library_is_not_followed(tmp_path: Path) -> None:
    """A scenario or an item that is a link to a file elsewhere would show that file in an error."""
    secret = tmp_path / "secret.txt"
    secret.write_text("password: hunter2\n", encoding="utf-8")
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "a.yaml").symlink_to(secret)
    with pytest.raises(ScenarioError, match="leads out") as caught:
        load_library([folder])
    assert "hunter2" not in str(caught.value)
    items = tmp_path / "items"
    items.mkdir()
    (items / "a.md").symlink_to(secret)
    with pytest.raises(CodebookError, match="leads out"):
        load_codebook([items])


def test_a_device_or_pipe_is_no_file(tmp_path: Path) -> None:
    """Nothing is read from what would never end, or never begin."""
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path / "pipe.yaml", Path("/dev/zero")):
        with pytest.raises(InputError, match="is no plain file"):
            load_study(str(path))


def test_a_links_target_is_not_written(tmp_path: Path) -> None:
    """In a run folder from somebody else, a link in an artifact's place is replaced, and labels refuse it."""
    target = tmp_path / "bashrc"
    target.write_text("mine\n", encoding="utf-8")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "results.json").symlink_to(target)
    RunFolder(str(folder)).write("results.json", b"{}")
    assert not (folder / "results.json").is_symlink()
    (folder / "events.jsonl").symlink_to(target)
    with pytest.raises(RunError, match="cannot be written"):
        EventLog(RunFolder(str(folder)), "session").write({"event": "phase"})
    (folder / "labels.jsonl").symlink_to(target)
    label = Label.model_construct(trial="t", item="i", value="yes", labeller="me", at="2026-01-01T00:00:00Z")
    with pytest.raises(RunError, match="cannot be written"):
        Journal(folder / "labels.jsonl").append([label])
    assert target.read_text(encoding="utf-8") == "mine\n"


def test_a_very_long_path_is_said(tmp_path: Path) -> None:
    """A name longer than the file system allows is one sentence."""
    with pytest.raises(GygesError) as caught:
        load_study(str(tmp_path / ("x" * 5_000)))
    assert "\n" not in str(caught.value)
