"""The codebook: one Markdown file a question, the shipped ones and those in a user's own folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from gyges.errors import CodebookError, Place
from gyges.records.codebook import UNCLEAR, Item
from gyges.records.reading import line_of, list_within, parse_record, parse_yaml

SHIPPED = Path(__file__).with_name("codebook")
"""The codebook this package ships."""

ACT_DONE = "act-done"
"""The question asked of each act of the catalogue."""

_FENCE = "---"
_MAX_BYTES = 200_000


def load_codebook(folders: Sequence[Path] = (), *, shipped: bool = True) -> tuple[Item, ...]:
    """Read the shipped codebook and the items in `folders`, by id; a later item replaces one of the same id.

    Args:
        folders: Folders with one Markdown file an item.
        shipped: Whether the shipped items are among them.

    Raises:
        CodebookError: A folder or file cannot be read, or a file does not say what an item must.
    """
    items = {item.id: item for item in (_read_shipped() if shipped else ())}
    for folder in folders:
        items |= {item.id: item for item in _read_folder(folder)}
    return tuple(items[name] for name in sorted(items))


@cache
def _read_shipped() -> tuple[Item, ...]:
    return tuple(_read_folder(SHIPPED))


def _read_folder(folder: Path) -> Iterator[Item]:
    if not folder.is_dir():
        raise CodebookError(
            f"{folder}: no such folder; a codebook is a folder with one Markdown file an item."
        )
    paths = list_within(folder, "*.md", error=CodebookError)
    if not paths:
        raise CodebookError(f"{folder}: holds no item; a codebook has one Markdown file (*.md) an item.")
    yield from map(load_item, paths)


def load_item(path: Path) -> Item:
    """Read one item of a codebook.

    Raises:
        CodebookError: The file cannot be read, or does not say what an item must.
    """
    front, guidance = _split(path, _read(path))
    item = parse_record(front, Item, name=str(path), error=CodebookError)
    for place, message in _find_faults(item, path.stem, guidance):
        _, lines = parse_yaml(front, name=str(path), error=CodebookError)
        raise CodebookError(f"{path}:{line_of(place, lines)}: {message}.")
    return item.model_copy(update={"guidance": guidance})


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CodebookError(f"{path}: the file is larger than {_MAX_BYTES // 1000} kB.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise CodebookError(f"{path}: cannot be read ({problem.strerror or problem}).") from None
    except UnicodeDecodeError:
        raise CodebookError(f"{path}: cannot be read as UTF-8 text.") from None


def _split(path: Path, text: str) -> tuple[str, str]:
    """Split a file into its front matter, with the file's own line numbers, and the text below."""
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != _FENCE:
        raise CodebookError(f"{path}:1: expected front matter: a line '---', fields, and a line '---'.")
    ends = [i for i, line in enumerate(lines[1:], start=1) if line.rstrip() == _FENCE]
    if not ends:
        raise CodebookError(f"{path}:1: the front matter has no end; expected a second line '---'.")
    # The fence becomes an empty line, so that errors name the lines of the file.
    return "\n".join(["", *lines[1 : ends[0]]]), "\n".join(lines[ends[0] + 1 :]).strip()


def _find_faults(item: Item, stem: str, guidance: str) -> Iterator[tuple[Place, str]]:
    if item.id != stem:
        yield ("id",), f"id: '{item.id}' stands in a file named '{stem}.md'; name both alike"
    if item.id == ACT_DONE and (item.unit, item.answer) != ("act", "yes-no"):
        yield ("unit",), f"unit: '{ACT_DONE}' is asked of each act, and answered by yes or no"
    if item.unit == "act" and item.part != "record":
        yield ("part",), "part: acts are asked of the record, not of what was said afterwards"
    if item.guidance:
        yield ("guidance",), "guidance: stands as text below the front matter, not in it"
    if not guidance:
        yield (), "expected guidance below the front matter: an example and a counter-example"
    yield from _find_answer_faults(item)


def _find_answer_faults(item: Item) -> Iterator[tuple[Place, str]]:
    if item.answer == "choice" and len(item.options) < 2:
        yield ("options",), "options: a choice needs at least two, each with what it means"
    if item.answer != "choice" and item.options:
        yield ("options",), f"options: belong to a choice, and the answer is '{item.answer}'"
    if item.answer == "scale" and (item.scale is None or item.scale[0] >= item.scale[1]):
        yield ("scale",), "scale: expected the lowest and a higher value, like [1, 5]"
    if item.answer != "scale" and item.scale is not None:
        yield ("scale",), f"scale: belongs to the answer 'scale', and the answer is '{item.answer}'"
    if UNCLEAR in item.options:
        yield ("options", UNCLEAR), f"options: '{UNCLEAR}' is offered with every question; leave it out"


def list_values(item: Item) -> tuple[str, ...]:
    """List the values an item's answer may have."""
    if item.answer == "choice":
        return tuple(item.options)
    if item.answer == "scale" and item.scale:
        return tuple(str(value) for value in range(item.scale[0], item.scale[1] + 1))
    return ("yes", "no")
