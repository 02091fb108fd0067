"""What is wrong in a file's fields, in the words of somebody who writes YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError

from gyges.errors import Place, unknown_name
from gyges.records.base import SLUG, VERSUS

_ITEMS = {"design": "part"}
"""What an item of a list is called; others are items."""

_WORDS = {"did": "tool", "tool_names": "tool", "fragments": "factor"}
"""What the value of a field is called where the field's own name would not do."""

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "fields with values",
    "model_type": "fields with values",
    "model_attributes_type": "fields with values",
}
_BOUNDS = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le}",
}
_PATTERNS = {
    SLUG: "a name in lower case with single dashes, like 'my-study'",
    VERSUS: "two words, like 'power-vs-gain'",
}
_MAX_SHOWN = 60


class Mistake(NamedTuple):
    """One thing that is wrong in one field."""

    place: Place
    message: str
    """What is wrong, without a stop."""


def find_mistakes(problem: ValidationError, kind: type[BaseModel], content: object) -> list[Mistake]:
    """Say what is wrong, field by field; unknown fields first, for they explain missing ones."""
    found = problem.errors(include_url=False)
    found.sort(key=lambda each: each["type"] != "extra_forbidden")
    # A list whose only item is wrong counts as empty too, which says nothing new.
    inner = {each["loc"][:i] for each in found for i in range(len(each["loc"]))}
    mistakes: dict[Place, Mistake] = {}
    for each in found:
        if each["type"] != "too_short" or each["loc"] not in inner:
            mistake = _describe(each, kind, content)
            mistakes.setdefault(mistake.place, mistake)
    return list(mistakes.values())


def say_mistake(mistake: Mistake, content: object = None) -> str:
    """Say a mistake as a sentence that begins with its field."""
    field = say_place(mistake.place, content)
    return end_sentence(f"{field}: {mistake.message}" if field else mistake.message)


def end_sentence(text: str) -> str:
    """Put a stop where there is none."""
    return text if text.endswith((".", "?")) else f"{text}."


def say_place(place: Place, content: object = None) -> str:
    """Name a field by its path; an item of a list by its id in `content`, or its position from 1."""
    said, before = "", ""
    for i, part in enumerate(place):
        content = _step(content, part)
        if isinstance(part, int):
            said += f", {_name_item(before, part, content, rest=place[i + 1 :])}"
            continue
        joint = "" if not said else ": " if isinstance(place[i - 1], int) else "."
        said += f"{joint}{part}"
        before = part
    return said


def _name_item(field: str, position: int, item: object, *, rest: Place) -> str:
    for name in ("id", "name"):
        known = _step(item, name)
        # Where the id itself is wrong, it names nothing.
        if isinstance(known, str) and known and rest != (name,):
            return f"'{known}'"
    return f"{_ITEMS.get(field, 'item')} {position + 1}"


def _step(content: object, part: str | int) -> Any:
    if isinstance(content, BaseModel):
        return getattr(content, str(part), None)
    if isinstance(content, Mapping):
        return content.get(part)
    is_list = isinstance(content, Sequence) and not isinstance(content, str)
    if is_list and isinstance(part, int) and part < len(content):  # type: ignore[arg-type]  # it is a list
        return content[part]  # type: ignore[index]
    return None


def _follow(location: tuple[str | int, ...], content: object) -> Place:
    """Keep of a location what is a field of the content; Pydantic adds the members of unions to it."""
    place: list[str | int] = []
    for part in location:
        if part == "[key]" or not isinstance(content, Mapping if isinstance(part, str) else list | tuple):
            break
        place.append(part)
        content = _step(content, part)
    return tuple(place)


def _describe(each: Any, kind: type[BaseModel], content: object) -> Mistake:
    place = _follow(each["loc"], content)
    name, value, context = each["type"], each.get("input"), each.get("ctx", {})
    if name == "extra_forbidden":
        message = f"unknown field{_name_nearest(place, kind)}"
    elif name == "missing":
        message = "this field is missing"
    elif name == "literal_error":
        is_key = "[key]" in each["loc"]
        word = _name_value(place[:-1] if is_key else place)
        message = unknown_name(word, str(value), re.findall(r"'([^']*)'", context["expected"]))
    elif name in _EXPECTED:
        message = f"expected {_EXPECTED[name]}, {_say_found(value)}"
    elif name in _BOUNDS:
        message = f"{_BOUNDS[name].format(**context)}, {_say_found(value)}"
    elif name in {"too_short", "too_long"}:
        message = _say_length(context)
    elif name == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        message = f"expected {_PATTERNS[context['pattern']]}, {_say_found(value)}"
    elif name == "value_error":
        message = str(context.get("error", each["msg"]))
    else:
        message = f"{each['msg']}, {_say_found(value)}"
    return Mistake(place, message)


def _name_value(place: Place) -> str:
    field = next((part for part in reversed(place) if isinstance(part, str)), "value")
    return _WORDS.get(field) or (field.removesuffix("s") if len(field) > len("tags") - 1 else field)


def _say_length(context: Mapping[str, Any]) -> str:
    n = context["actual_length"]
    if n == 0:
        return "is empty; it needs at least one"
    least = context.get("min_length")
    return (
        f"needs at least {least}, found {n}" if least else f"takes at most {context['max_length']}, found {n}"
    )


def _say_found(value: object) -> str:
    if value is None:
        return "found nothing"
    if isinstance(value, bool):
        return f"found {str(value).lower()}"
    if isinstance(value, str):
        text = repr(value)
        return f"found text {text if len(text) <= _MAX_SHOWN else f'{text[:_MAX_SHOWN]}…'}"
    if isinstance(value, int | float):
        return f"found {str(value)[:_MAX_SHOWN]}"
    return "found fields with values" if isinstance(value, Mapping) else "found a list"


def _name_nearest(place: Place, kind: type[BaseModel]) -> str:
    model = _find_model(place[:-1], kind)
    if model is None:
        return ""
    near = get_close_matches(str(place[-1]), list(model.model_fields), n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(model.model_fields)}"


def _find_model(place: Place, kind: type[BaseModel]) -> type[BaseModel] | None:
    here: Any = kind
    for part in place:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = _unwrap(field.annotation) if field else None
        else:
            # Of a list the first argument is its items' type, of a mapping the second its values'.
            kinds = [each for each in get_args(here) if each is not Ellipsis]
            here = _unwrap(kinds[-1]) if kinds else None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _unwrap(kind: Any) -> Any:
    """Take a type out of `Annotated` and of `… | None`."""
    if get_origin(kind) is Annotated:
        return _unwrap(get_args(kind)[0])
    members = [each for each in get_args(kind) if each is not NoneType]
    return _unwrap(members[0]) if NoneType in get_args(kind) else kind
