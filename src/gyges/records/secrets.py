"""Keys and passwords: what looks like one is refused in a study, and struck out of whatever is kept or shown.

A study is copied into its run folder and the run folder is shared, so a study may not hold a key; providers
find theirs in the environment. What providers say when something goes wrong may repeat one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

STRUCK: Final = "[secret]"
"""Stands where a secret stood."""

_NAME = re.compile(
    r"(^|[_-])(api[_-]?key|key|token|secret|password|passwd|credentials?|authorization|cookie)$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"(max|min|num|n|stop|pad|eos|bos|sep|cls|mask|unk)[_-](\w*_)?token$", re.IGNORECASE)
_SHORTEST = 8
"""A shorter value is no key, and would be struck out of ordinary words."""

_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bsk-[A-Za-z0-9_-]{16,}",
        r"\bhf_[A-Za-z0-9]{16,}",
        r"\bAKIA[0-9A-Z]{16}\b",
        r"\bAIza[0-9A-Za-z_-]{30,}",
        r"\bgh[pousr]_[A-Za-z0-9]{20,}",
        r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{8,}",
        r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",
    )
)


def is_secret_name(name: str) -> bool:
    """Say whether a field or variable of this name holds a key or a password."""
    return bool(_NAME.search(name)) and not _NO_SECRET.search(name)


def find_secret(args: Mapping[str, Any], config: Mapping[str, Any], base_url: str | None) -> str:
    """Give the name of the first field of a model's specification that holds a secret; empty: none does."""
    nested = [("args", args), ("config", config)]
    while nested:
        path, fields = nested.pop(0)
        for name, value in fields.items():
            if is_secret_name(str(name)) and value not in (None, ""):
                return f"{path}: {name}"
            if isinstance(value, Mapping):
                nested.append((f"{path}: {name}", value))
    return "base_url" if base_url and _holds_secret(base_url) else ""


def _holds_secret(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.password is not None or any(is_secret_name(name) for name, _ in parse_qsl(parts.query))


def redact(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Strike the secrets of the environment, and what looks like a key, out of a text.

    Args:
        text: The text.
        environment: Variables; those whose name is a secret's are struck out. None: this process's own.
    """
    known = os.environ if environment is None else environment
    values = {value for name, value in known.items() if len(value) >= _SHORTEST and is_secret_name(name)}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, STRUCK)
    for pattern in _PATTERNS:
        text = pattern.sub(STRUCK, text)
    return text


def redact_all(content: Any) -> Any:
    """Strike secrets out of every text in plain values: dicts, lists, tuples and texts."""
    if isinstance(content, str):
        return redact(content)
    if isinstance(content, dict):
        return {key: redact_all(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return type(content)(map(redact_all, content)) if type(content) in {list, tuple} else content
    return content


def redact_error(problem: BaseException) -> BaseException:
    """Strike secrets out of an error's texts and of the errors that led to it, in place; give it back."""
    seen: set[int] = set()
    each: BaseException | None = problem
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        each.args = redact_all(each.args)
        for name, value in list(vars(each).items()):
            clean = redact_all(value)
            if clean is not value and clean != value:
                # What cannot be set is no text that anybody prints.
                _set_quietly(each, name, clean)
        each = each.__cause__ or each.__context__
    return problem


def _set_quietly(problem: BaseException, name: str, value: Any) -> None:
    try:
        setattr(problem, name, value)
    except (AttributeError, TypeError):
        return
