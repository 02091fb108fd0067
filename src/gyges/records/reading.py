"""YAML files read into records, with errors that name file, line and field.

Plain scalars follow YAML 1.2: `on`, `off`, `yes` and `08:17` are text.
Anchors, aliases and tags are refused, so a short file cannot unfold into a large one.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from gyges.errors import InputError, Place
from gyges.records.mistakes import end_sentence, find_mistakes, say_mistake, say_place

R = TypeVar("R", bound=BaseModel)
Lines = dict[Place, int]

_INT = re.compile(r"[-+]?\d{1,300}")
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d{1,3})?")
_MAX_BYTES = 4_000_000
MAX_JSON_BYTES = 64_000_000
"""The largest JSON file that is read; the results of a large study are two."""

_MAX_DEPTH = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Wrong(Exception):  # noqa: N818 - it never leaves this module
    """Something wrong, and its line; none: with the file as a whole."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Finding(NamedTuple):
    """Something that keeps a file from being read."""

    line: int | None
    field: str
    message: str


def read_record(path: Path, kind: type[R], *, error: type[InputError] = InputError) -> R:
    """Read a YAML file into a record.

    Raises:
        InputError: (as `error`) The file cannot be read or does not say what the record needs.
    """
    try:
        text = _read_text(path)
    except _Wrong as problem:
        raise error(end_sentence(f"{path}: {problem}")) from None
    return parse_record(text, kind, name=str(path), error=error)


def parse_record(text: str, kind: type[R], *, name: str, error: type[InputError] = InputError) -> R:
    """Read YAML text into a record; `name` stands for the file in errors.

    What a field holds is taken as it stands: a number in quotes is text, and `true` is no number.
    """
    content, lines = parse_yaml(text, name=name, error=error)
    if not isinstance(content, dict):
        raise error(f"{name}:1: expected fields with values, found {_kind(content)}.")
    try:
        return _validate(content, kind)
    except ValidationError as problem:
        mistakes = find_mistakes(problem, kind, content)
        more = f" ({len(mistakes) - 1} more like this follow.)" if len(mistakes) > 1 else ""
        where = f"{name}:{line_of(mistakes[0].place, lines)}"
        raise error(f"{where}: {say_mistake(mistakes[0], content)}{more}") from None


def parse_yaml(text: str, *, name: str, error: type[InputError] = InputError) -> tuple[Any, Lines]:
    """Read YAML text into plain values and the line of each field."""
    try:
        return _parse(text)
    except _Wrong as problem:
        where = name if problem.line is None else f"{name}:{problem.line}"
        raise error(end_sentence(f"{where}: {problem}")) from None


def read_text(path: Path) -> str:
    """Read a text file as every file from somebody is read: a plain file, no larger than allowed.

    Raises:
        InputError: It is not such a file.
    """
    try:
        return _read_text(path)
    except _Wrong as problem:
        raise InputError(end_sentence(f"{path}: {problem}")) from None


def list_within(folder: Path, *patterns: str, error: type[InputError] = InputError) -> list[Path]:
    """List the files of a folder by name; a folder may come from somebody else, so its links stay in it.

    Raises:
        InputError: (as `error`) One leads out of the folder.
    """
    found = sorted(path for pattern in patterns for path in folder.glob(pattern))
    for path in found:
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise error(f"{path}: leads out of its folder; the files of a library lie in it.")
    return found


def parse_object(content: bytes, *, name: str, remedy: str, error: type[InputError]) -> dict[str, Any]:
    """Read a JSON object that a program wrote.

    Args:
        content: The file.
        name: Its name, for what is said about it.
        remedy: What helps if it is damaged.
        error: What is raised.

    Raises:
        InputError: (as `error`) It is no JSON object, too large, or nested too deeply.
    """
    try:
        found = (
            json.loads(content, parse_constant=_refuse_constant) if len(content) <= MAX_JSON_BYTES else None
        )
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise error(f"{name}: is damaged; {remedy}.")
    return found


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def find_findings(path: Path, kind: type[BaseModel]) -> list[Finding]:
    """List everything that keeps a file from being read as a record; empty: nothing does."""
    try:
        content, lines = _parse(_read_text(path))
    except _Wrong as problem:
        return [Finding(problem.line, "", str(problem))]
    if not isinstance(content, dict):
        return [Finding(1, "", f"expected fields with values, found {_kind(content)}")]
    try:
        _validate(content, kind)
    except ValidationError as problem:
        return [
            Finding(line_of(each.place, lines), say_place(each.place, content), each.message)
            for each in find_mistakes(problem, kind, content)
        ]
    return []


def find_line(path: Path, place: Place) -> int:
    """Give the line of a field in a YAML file that can be read; 1 where the field is not in it."""
    _, lines = parse_yaml(read_text(path), name=str(path))
    return line_of(place, lines)


@contextmanager
def naming_file(path: Path | None) -> Iterator[None]:
    """Put file and line before what is said about a field of a file; none: nothing came from a file."""
    try:
        yield
    except InputError as problem:
        if path is None:
            raise
        where = f"{path}:{find_line(path, problem.place)}" if problem.place else str(path)
        raise type(problem)(f"{where}: {problem}") from None


def line_of(place: Place, lines: Lines) -> int:
    """Give the line of a field, or of the nearest field around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _read_text(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _Wrong("is no plain file")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise _Wrong(f"the file is larger than {_MAX_BYTES // 1_000_000} MB")
        return content.decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise _Wrong("no such file") from None
    except OSError as problem:
        raise _Wrong(f"cannot be read ({_reason(problem)})") from None
    except UnicodeDecodeError as problem:
        raise _Wrong(f"cannot be read as UTF-8 text ({_reason(problem)})") from None


def _validate(content: dict[str, Any], kind: type[R]) -> R:
    # Strict as JSON is: a list fills a tuple, but no text fills a number.
    return kind.model_validate_json(json.dumps(content), strict=True)


def _parse(text: str) -> tuple[Any, Lines]:
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                nested: Any = event.start_mark
                raise _Wrong("nested too deeply", nested.line + 1)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                mark: Any = event.start_mark
                raise _Wrong("anchors and aliases are not allowed", mark.line + 1)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as problem:
        raise _describe_syntax(problem, text) from None
    except RecursionError:
        raise _Wrong("nested too deeply") from None
    lines: Lines = {}
    return (None if node is None else _build(node, (), lines)), lines


def _build(node: Any, path: Place, lines: Lines) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if len(path) > _MAX_DEPTH:
        raise _Wrong("nested too deeply", line)
    if node.tag.startswith(("!", "tag:yaml.org,2002:python")):
        raise _Wrong(f"the tag '{node.tag}' is not allowed", line)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, i), lines) for i, item in enumerate(node.value)]
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str):
            raise _Wrong("a field's name must be plain text", key_node.start_mark.line + 1)
        if key in content:
            raise _Wrong(f"field '{key}' stands twice", key_node.start_mark.line + 1)
        content[key] = _build(value_node, (*path, key), lines)
        lines[(*path, key)] = key_node.start_mark.line + 1
    return content


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.style:
        return text
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _describe_syntax(problem: yaml.YAMLError, text: str) -> _Wrong:
    mark = getattr(problem, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    rows = text.splitlines()
    if mark and mark.line < len(rows) and "\t" in rows[mark.line]:
        return _Wrong("a tab stands where YAML wants spaces", line)
    return _Wrong(f"not valid YAML: {getattr(problem, 'problem', None) or _reason(problem)}", line)


def _reason(problem: BaseException) -> str:
    return str(
        getattr(problem, "strerror", None) or getattr(problem, "reason", None) or problem
    ).splitlines()[0]


def _kind(content: object) -> str:
    return {"list": "a list", "str": "text", "NoneType": "an empty file"}.get(
        type(content).__name__, type(content).__name__
    )
