"""What the documentation shows works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from typer.main import get_command

from gyges.cli import app
from gyges.prepare import prepare_study
from gyges.pricing import PriceTable
from gyges.records.reading import parse_yaml
from gyges.records.scenario import Act, Document, Scenario
from gyges.records.study import Study
from gyges.records.words import FACTORS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def _blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, text)
        for page in PAGES
        for kind, text in _BLOCK.findall(page.read_text(encoding="utf-8"))
        if kind == language
    ]


def _commands() -> list[list[str]]:
    shown = [*_blocks("sh"), *_blocks("")]
    lines = [line.split("#")[0].strip() for _, text in shown for line in text.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("gyges ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page exists."""
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_commands_shown_have_these_options() -> None:
    """Every command line shown is one that the program knows, with its options."""
    shown = _commands()
    assert len(shown) >= 5
    for words in shown:
        command = get_command(app)
        rest = words[1:]
        while hasattr(command, "commands") and rest and rest[0] in command.commands:
            command = command.commands[rest.pop(0)]
        known = {name for param in command.params for name in param.opts}
        asked = {word.split("=")[0] for word in rest if word.startswith("-")}
        assert command.name != "gyges", words
        assert asked <= known, words


def test_yaml_shown_is_valid() -> None:
    """Every YAML block is a study that resolves, prices, or acts, documents, levels or fields."""
    blocks = _blocks("yaml")
    assert blocks
    for page, text in blocks:
        content, _ = parse_yaml(text, name=page)
        if isinstance(content, list):
            kinds: Any = Act | Document
            assert [TypeAdapter(kinds).validate_python(each).id for each in content], page
            continue
        if set(content) <= set(FACTORS):
            continue
        if set(content) == {"prices"}:
            PriceTable.model_validate(content)
            continue
        if set(content) <= set(Scenario.model_fields) - set(Study.model_fields):
            for field, value in content.items():
                kind: Any = Scenario.model_fields[field].annotation
                TypeAdapter(kind).validate_python(value)
            continue
        study = Study.model_validate(content)
        if not study.library:
            assert prepare_study(study).plan.table.height >= study.trials, page


@pytest.mark.slow
@pytest.mark.parametrize(("page", "code"), _blocks("python"))
def test_python_shown_runs(page: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block runs as it stands and prints something."""
    exec(compile(code, page, "exec"), {})
    assert capsys.readouterr().out.strip()
