"""Templates that can only name things: `{{ p.sponsor.name }}`, `{{ t.depot|capitalize }}`, nothing else.

Scenario files come from strangers. The text is parsed by Jinja, but only a whitelist of its syntax
is compiled, in a sandbox, with every dotted name replaced by a plain variable known beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

Name = tuple[str, ...]
"""A dotted name, in parts."""

FILTERS = ("upper", "lower", "capitalize", "title")
"""The filters a template may use."""

_MOST_FILTERS = 3
"""Filters that may follow one another; more say nothing."""

_SEPARATOR = "\x1e"
_STATEMENTS = ("{%", "{#")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST = 60_000


class BadTemplateError(ValueError):
    """A text that is no template of ours; the message says why, without the place."""


def is_template(text: str) -> bool:
    """Whether a text names anything."""
    return "{{" in text or any(mark in text for mark in _STATEMENTS)


@lru_cache(maxsize=8192)
def read_names(text: str) -> frozenset[Name]:
    """Give the dotted names a text uses.

    Raises:
        BadTemplateError: It uses anything but dotted names and the known filters.
    """
    if _CONTROL.search(text):
        raise BadTemplateError("the text holds a control character")
    if not is_template(text):
        return frozenset()
    return frozenset(name for part in _parse(text) for name in _names_in(part))


def _names_in(node: nodes.Expr) -> Iterator[Name]:
    while isinstance(node, nodes.Filter):
        assert node.node is not None
        node = node.node
    if not isinstance(node, nodes.TemplateData):
        yield _dotted(node)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.tests.clear()
    return environment


def _parse(text: str) -> list[nodes.Expr]:
    if len(text) > _LONGEST:
        raise BadTemplateError(f"the text is longer than {_LONGEST} characters")
    if any(mark in text for mark in _STATEMENTS):
        raise BadTemplateError("only {{ names }} are allowed, no {% statements %} and no {# comments #}")
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as problem:
        raise BadTemplateError(f"not a template: {(problem.message or 'wrong syntax').rstrip('.')}") from None
    except RecursionError:
        raise BadTemplateError("not a template: nested too deeply") from None
    parts: list[nodes.Expr] = []
    for statement in tree.body:
        assert isinstance(statement, nodes.Output)
        parts.extend(statement.nodes)
    for part in parts:
        _refuse_others(part)
    return parts


def _refuse_others(node: nodes.Expr) -> None:
    n_filters = 0
    while isinstance(node, nodes.Filter):
        n_filters += 1
        if n_filters > _MOST_FILTERS:
            raise BadTemplateError(f"more than {_MOST_FILTERS} filters stand one after the other")
        if node.name not in FILTERS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise BadTemplateError(f"filter '{node.name}' is not allowed; allowed are {', '.join(FILTERS)}")
        assert node.node is not None
        node = node.node
    if not isinstance(node, nodes.TemplateData):
        _dotted(node)


def _dotted(node: nodes.Expr) -> Name:
    parts: list[str] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Getattr):
            parts.append(node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            parts.append(_text_of(node.arg))
        else:
            raise BadTemplateError(
                "only {{ dotted.names }} with the filters " + ", ".join(FILTERS) + " are allowed"
            )
        node = node.node
    parts.append(node.name)
    private = next((part for part in parts if part.startswith("_")), None)
    if private:
        raise BadTemplateError(f"the name '{private}' is not allowed; no name begins with '_'")
    return tuple(reversed(parts))


def _text_of(key: nodes.Const) -> str:
    if not isinstance(key.value, str):
        raise BadTemplateError(f"[{key.value}] is not allowed; only a name in quotes may stand in brackets")
    return key.value


@dataclass(frozen=True)
class Compiled:
    """Several texts compiled into one template."""

    template: Template
    variables: tuple[tuple[str, Name], ...]
    n_texts: int

    def render(self, values: Mapping[Name, str]) -> list[str]:
        """Give the texts with every name replaced by its value."""
        if not self.n_texts:
            return []
        return self.template.render({key: values[name] for key, name in self.variables}).split(_SEPARATOR)


def compile_texts(texts: Sequence[str]) -> Compiled:
    """Compile texts into one template, since one render costs less than many.

    Raises:
        BadTemplateError: A text is no template of ours.
    """
    variables: dict[Name, str] = {}
    body: list[nodes.Expr] = []
    for i, text in enumerate(texts):
        read_names(text)
        if i:
            body.append(nodes.TemplateData(_SEPARATOR))
        if is_template(text):
            body.extend(_flat(part, variables) for part in _parse(text))
        else:
            body.append(nodes.TemplateData(text))
    tree = nodes.Template([nodes.Output(body, lineno=1)], lineno=1)
    tree.set_environment(_environment())
    template = _environment().from_string(tree)
    return Compiled(template, tuple((key, name) for name, key in variables.items()), len(texts))


def _flat(node: nodes.Expr, variables: dict[Name, str]) -> nodes.Expr:
    if isinstance(node, nodes.TemplateData):
        return node
    if isinstance(node, nodes.Filter):
        assert node.node is not None
        inner = _flat(node.node, variables)
        return nodes.Filter(inner, node.name, [], [], None, None, lineno=1)
    name = _dotted(node)
    return nodes.Name(variables.setdefault(name, f"v{len(variables)}"), "load", lineno=1)
