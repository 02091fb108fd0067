"""Every line of the security page names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_named_test_exists() -> None:
    """A test that was renamed or removed is noticed here."""
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert len(named) > 20
    for file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{name}"


def test_every_line_is_proven() -> None:
    """No attack stands in a table without a test beside it."""
    rows = [
        line.split("|")
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and "---" not in line
    ]
    attacks = [row for row in rows if row[3].strip() != "proven by" and "tests/" in "".join(row)]
    heads = [row for row in rows if row[1].strip() == "attack"]
    strangers = next(i for i, row in enumerate(rows) if row[2].strip() == "who writes it")
    first = next(i for i, row in enumerate(rows) if row[1].strip() == "attack")
    assert len(attacks) == len(rows) - len(heads) - (first - strangers)
