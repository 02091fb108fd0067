"""YAML files read into records, with errors that name file, line and field.

Plain scalars follow YAML 1.2: `on`, `off`, `yes` and `08:17` are text.
Anchors, aliases and tags are refused, so a short file cannot unfold into a large one.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from gyges.errors import InputError

R = TypeVar("R", bound=BaseModel)
Lines = dict[tuple[str | int, ...], int]

_INT = re.compile(r"[-+]?\d{1,18}")
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d{1,3})?")
_MAX_BYTES = 4_000_000
_MAX_DEPTH = 40
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_record(path: Path, kind: type[R], *, error: type[InputError] = InputError) -> R:
    """Read a YAML file into a record.

    Raises:
        InputError: (as `error`) The file cannot be read or does not say what the record needs.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise error(f"{path}: the file is larger than {_MAX_BYTES // 1_000_000} MB.")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{path}: no such file.") from None
    except OSError as problem:
        raise error(f"{path}: cannot be read ({_reason(problem)}).") from None
    except UnicodeDecodeError as problem:
        raise error(f"{path}: cannot be read as UTF-8 text ({_reason(problem)}).") from None
    return parse_record(text, kind, name=str(path), error=error)


def parse_record(text: str, kind: type[R], *, name: str, error: type[InputError] = InputError) -> R:
    """Read YAML text into a record; `name` stands for the file in errors."""
    content, lines = parse_yaml(text, name=name, error=error)
    if not isinstance(content, dict):
        raise error(f"{name}:1: expected fields with values, found {_kind(content)}.")
    try:
        return kind.model_validate(content)
    except ValidationError as problem:
        raise error(_describe(problem, lines, name, kind)) from None


def parse_yaml(text: str, *, name: str, error: type[InputError] = InputError) -> tuple[Any, Lines]:
    """Read YAML text into plain values and the line of each field."""
    try:
        events = yaml.parse(text, Loader=_LOADER)
        for event in events:
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                mark: Any = event.start_mark
                raise error(f"{name}:{mark.line + 1}: anchors and aliases are not allowed.")
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as problem:
        raise error(_describe_syntax(problem, name, text)) from None
    except RecursionError:
        raise error(f"{name}: nested too deeply.") from None
    lines: Lines = {}
    if node is None:
        return None, lines
    return _build(node, (), lines, name=name, error=error), lines


def _build(
    node: Any, path: tuple[str | int, ...], lines: Lines, *, name: str, error: type[InputError]
) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if len(path) > _MAX_DEPTH:
        raise error(f"{name}:{line}: nested too deeply.")
    if node.tag.startswith(("!", "tag:yaml.org,2002:python")):
        raise error(f"{name}:{line}: the tag '{node.tag}' is not allowed.")
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, i), lines, name=name, error=error) for i, item in enumerate(node.value)]
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key, str):
            raise error(f"{name}:{key_node.start_mark.line + 1}: a field's name must be plain text.")
        if key in content:
            raise error(f"{name}:{key_node.start_mark.line + 1}: field '{key}' stands twice.")
        content[key] = _build(value_node, (*path, key), lines, name=name, error=error)
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


def _describe(problem: ValidationError, lines: Lines, name: str, kind: type[BaseModel]) -> str:
    found = problem.errors(include_url=False)
    first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    location = tuple(part for part in first["loc"] if part != "[key]")
    known = location
    while known and known not in lines:
        known = known[:-1]
    field = ".".join(str(part) for part in location)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = f"unknown field{_nearest(location, kind)}"
    elif first["type"] == "missing":
        message = "this field is missing"
    more = problem.error_count() - 1
    tail = f" ({more} more like this follow.)" if more else ""
    where = f"{name}:{lines.get(known, 1)}: "
    message = message.removesuffix(".")
    stop = "" if message.endswith("?") else "."
    shown = "" if first["type"] in {"missing", "extra_forbidden"} else _found(first.get("input"))
    return f"{where}{field}: {message}{shown}{stop}{tail}" if field else f"{where}{message}{stop}{tail}"


def _found(value: object) -> str:
    if isinstance(value, str | int | float | bool) or value is None:
        text = "nothing" if value is None else repr(value)
        return f", found {text[:60]}"
    return ""


def _nearest(location: tuple[str | int, ...], kind: type[BaseModel]) -> str:
    if len(location) != 1:
        return ""
    near = get_close_matches(str(location[0]), list(kind.model_fields), n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(kind.model_fields)}"


def _describe_syntax(problem: yaml.YAMLError, name: str, text: str) -> str:
    mark = getattr(problem, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    rows = text.splitlines()
    if mark and mark.line < len(rows) and "\t" in rows[mark.line]:
        return f"{name}:{line}: a tab stands where YAML wants spaces."
    return f"{name}:{line}: not valid YAML: {getattr(problem, 'problem', None) or _reason(problem)}."


def _reason(problem: BaseException) -> str:
    return str(
        getattr(problem, "strerror", None) or getattr(problem, "reason", None) or problem
    ).splitlines()[0]


def _kind(content: object) -> str:
    return {"list": "a list", "str": "text", "NoneType": "an empty file"}.get(
        type(content).__name__, type(content).__name__
    )
