"""The codebook: one Markdown file a question, its fields above and what guides the coder below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gyges.errors import InputError
from gyges.records.codebook import Item
from gyges.records.reading import parse_record

_SHIPPED = Path(__file__).with_name("codebook")
_FENCE = "---\n"


def load_codebook(folders: Sequence[Path] = ()) -> tuple[Item, ...]:
    """Load the shipped questions and a person's own; a later one replaces an earlier one of the same id.

    Raises:
        InputError: A folder or a file cannot be read.
    """
    items: dict[str, Item] = {}
    for folder in (_SHIPPED, *folders):
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder of codebook questions.")
        for path in sorted(folder.glob("*.md")):
            item = _read_item(path)
            items[item.id] = item
    return tuple(items.values())


def _read_item(path: Path) -> Item:
    text = path.read_text(encoding="utf-8")
    if not text.startswith(_FENCE) or f"\n{_FENCE}" not in text[len(_FENCE) :]:
        raise InputError(f"{path}:1: a question begins with its fields between two lines of '---'.")
    fields, _, guidance = text[len(_FENCE) :].partition(f"\n{_FENCE}")
    item = parse_record(f"\n{fields}", Item, name=str(path))
    return item.model_copy(update={"guidance": guidance.strip()})
