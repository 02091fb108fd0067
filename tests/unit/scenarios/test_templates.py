"""Templates name things and do nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.scenarios._templates import BadTemplateError, compile_texts, read_names

PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="{}"), max_size=60)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ org.__init__ }}",
        "{{ org['__class__'] }}",
        "{{ org['_x'] }}",
        "{{ org[0] }}",
        "{{ org[org] }}",
        "{{ org[0:9] }}",
        "{{ range(999999999) }}",
        "{{ 'a' * 999999999 }}",
        "{{ 9 ** 999999 }}",
        "{{ org ~ org }}",
        "{{ org() }}",
        "{{ org.upper() }}",
        "{{ org if org else org }}",
        "{{ org is defined }}",
        "{{ not org }}",
        "{{ [org] }}",
        "{{ {'a': org} }}",
        "{{ (org, org) }}",
        "{{ org, org }}",
        "{{ 'text' }}",
        "{{ 1 }}",
        "{{ none }}",
        "{{ 'a'|upper }}",
        "{{ org|attr('x') }}",
        "{{ org|replace('a', 'b') }}",
        "{{ org|center(999999999) }}",
        "{{ org|upper(1) }}",
        "{{ org|map('upper') }}",
        "{{ _org }}",
        "{{ }}",
        "{{ org",
        "{{ org }",
        "{{ org.one-shot }}",
        "{% for x in range(9) %}{{ x }}{% endfor %}",
        "{% set x = 1 %}",
        "{% raw %}{{ org }}{% endraw %}",
        "{% include 'names.yaml' %}",
        "{# hidden #}",
        "{{ " + "(" * 5000 + "org" + ")" * 5000 + " }}",
        "a\x1eb",
        "a\x00b",
    ],
)
def test_all_but_names_is_refused(text: str) -> None:
    """Nothing but dotted names and four filters gets through: a stranger's file runs nothing."""
    with pytest.raises(BadTemplateError):
        read_names(text)
    with pytest.raises(BadTemplateError):
        compile_texts([text]).render({("org",): "Org"})


def test_names_are_read_with_all_their_parts() -> None:
    """A text's names are known before it is rendered."""
    text = '{{ org }}, {{ p["line-lead"].name|upper|title }}: {{ f.power_use.note }}'
    assert read_names(text) == {("org",), ("p", "line-lead", "name"), ("f", "power_use", "note")}


def test_names_are_replaced_and_filters_applied() -> None:
    """A rendered text has the value for the name, through the filter."""
    compiled = compile_texts(["{{ t.desk|capitalize }} of {{ org|upper }}.", "{{ org }}{{ t.desk }}", ""])
    assert compiled.render({("org",): "Marlow", ("t", "desk"): "dock desk"}) == [
        "Dock desk of MARLOW.",
        "Marlowdock desk",
        "",
    ]


@given(texts=st.lists(PLAIN, max_size=8), value=st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_texts_come_back_as_they_were(texts: list[str], value: str) -> None:
    """Texts rendered together are the texts rendered alone, and a value is never read as a template."""
    written = [f"{text}{{{{ org }}}}{text}" for text in texts]
    assert compile_texts(written).render({("org",): value}) == [f"{text}{value}{text}" for text in texts]


@given(text=st.text(st.sampled_from("{}%#|.() _ab'[]-*~\n"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """A text is a template, plain, or refused in our own words: never a traceback."""
    try:
        names = read_names(text)
    except BadTemplateError:
        return
    assert len(compile_texts([text]).render(dict.fromkeys(names, "value"))) == 1
