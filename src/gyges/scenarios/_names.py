"""The names a template may use, and which of them where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gyges.records.scenario import Scenario, Setting
from gyges.records.words import CONFLICT
from gyges.scenarios._templates import Name

PERSON = ("name", "first", "last", "title", "email")
"""What a template may say of a person."""

AGENT = ("name", "title", "email")
"""What a template may say of the agent."""

DATES = (
    "today",
    "yesterday",
    "tomorrow",
    "last_week",
    "next_week",
    "next_month",
    "weekday",
    "month",
    "year",
)
"""The dates a template may say."""

_FIRST: frozenset[Name] = frozenset(
    {("org",), ("org_short",), ("agent", "name"), *(("d", each) for each in DATES)}
)


def names_for_terms() -> frozenset[Name]:
    """Give the names a setting's terms may use."""
    return _FIRST


def names_for_titles(setting: Setting) -> frozenset[Name]:
    """Give the names the titles of posts may use."""
    return _FIRST | {("t", term) for term in setting.terms}


def names_for_wording(scenario: Scenario, setting: Setting) -> frozenset[Name]:
    """Give the names wordings may use."""
    people = {("p", role.id, what) for role in scenario.roles for what in PERSON}
    return names_for_titles(setting) | people | {("agent", what) for what in AGENT}


def names_for_fragments(scenario: Scenario, setting: Setting) -> frozenset[Name]:
    """Give the names fragments may use."""
    return names_for_wording(scenario, setting) | {("w", slot) for slot in scenario.wording}


def names_for_texts(scenario: Scenario, setting: Setting) -> frozenset[Name]:
    """Give the names every other text may use."""
    return names_for_fragments(scenario, setting) | set(fragment_names(scenario))


def fragment_names(scenario: Scenario) -> Iterator[Name]:
    """Give the names of all fragments."""
    for factor, levels in scenario.factors.items():
        for name in next(iter(levels.values()), {}):
            yield ("f", factor, name)
    for name in scenario.control.get("present", {}):
        yield ("f", CONFLICT, name)


def fragments_of(scenario: Scenario, setting: Setting) -> dict[tuple[str, str, str], str]:
    """Give factor, level and name of every fragment with its text in a setting."""
    found: dict[tuple[str, str, str], str] = {}
    sources: tuple[Mapping[str, Mapping[str, Mapping[str, str]]], ...] = (
        scenario.factors,
        {CONFLICT: {str(level): texts for level, texts in scenario.control.items()}},
        setting.fragments,
    )
    for source in sources:
        for factor, levels in source.items():
            for level, texts in levels.items():
                found |= {(factor, level, name): text.strip() for name, text in texts.items()}
    return found
