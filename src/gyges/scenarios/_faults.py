"""What makes a scenario unusable, whatever its content: names that lead nowhere, and bad templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gyges.errors import unknown_name
from gyges.records.scenario import Condition, Document, Match, Scenario, Setting
from gyges.records.words import CONFLICT, CONFLICT_LEVELS, FACTORS
from gyges.scenarios._growth import find_growth
from gyges.scenarios._names import (
    names_for_fragments,
    names_for_terms,
    names_for_texts,
    names_for_titles,
    names_for_wording,
)
from gyges.scenarios._remembered import find_wrong_memories
from gyges.scenarios._templates import BadTemplateError, Name, read_names
from gyges.scenarios._things import find_wrong_things
from gyges.scenarios._walk import Fault, Place, all_documents, walk


def find_faults(scenario: Scenario) -> list[Fault]:
    """Find everything that keeps a scenario from being rendered and played."""
    structure = [
        *_find_doubles(scenario),
        *_find_factor_faults(scenario),
        *_find_setting_faults(scenario),
        *_find_wrong_conditions(scenario),
        *_find_wrong_people(scenario),
        *find_wrong_things(scenario),
        *find_wrong_memories(scenario),
    ]
    return structure or list(_find_template_faults(scenario)) or list(find_growth(scenario))


def _find_doubles(scenario: Scenario) -> Iterator[Fault]:
    groups: dict[str, tuple[Any, ...]] = {
        "roles": scenario.roles,
        "acts": scenario.acts,
        "reactions": scenario.reactions,
        "controls": scenario.controls,
        "ballots": scenario.ballots,
        "topics": scenario.topics,
        "settings": scenario.settings,
    }
    for group, members in groups.items():
        seen: set[str] = {"agent"} if group == "roles" else set()
        for i, each in enumerate(members):
            if each.id in seen:
                yield Fault((group, i, "id"), f"the id '{each.id}' is taken already; choose another")
            seen.add(each.id)
    for setting in scenario.settings:
        replies = [
            (("reactions", i, "reply"), each.reply) for i, each in enumerate(scenario.reactions) if each.reply
        ]
        names: set[str] = set()
        for place, document in [*all_documents(scenario, setting), *replies]:
            if document.id in names:
                yield Fault((*place, "id"), f"the id '{document.id}' is taken already; choose another")
            names.add(document.id)


def _find_factor_faults(scenario: Scenario) -> Iterator[Fault]:
    for factor, levels in scenario.factors.items():
        if factor not in FACTORS:
            yield Fault(("factors", factor), unknown_name("factor", factor, FACTORS))
            continue
        yield from _find_level_faults(("factors", factor), levels, FACTORS[factor])
        if factor not in scenario.base:
            yield Fault(("base",), f"factor '{factor}' has no base level")
    for factor, level in scenario.base.items():
        if factor not in scenario.factors:
            yield Fault(("base", factor), unknown_name("factor", factor, scenario.factors))
        elif level not in scenario.factors[factor]:
            yield Fault(("base", factor), unknown_name("level", level, scenario.factors[factor]))
    yield from _find_level_faults(("control",), dict(scenario.control), CONFLICT_LEVELS)


def _find_level_faults(
    place: Place, levels: dict[Any, dict[str, str]], known: tuple[str, ...]
) -> Iterator[Fault]:
    for level in levels:
        if level not in known:
            yield Fault((*place, level), unknown_name("level", level, known))
    for level in known:
        if level not in levels:
            yield Fault(place, f"level '{level}' has no fragments; it needs {', '.join(known)}")
    if not levels:
        return
    usual, _ = Counter(frozenset(texts) for texts in levels.values()).most_common(1)[0]
    for level, texts in levels.items():
        for name in sorted(usual - set(texts)):
            yield Fault((*place, level), f"fragment '{name}' is missing, which other levels have")
        for name in sorted(set(texts) - usual):
            yield Fault((*place, level, name), f"fragment '{name}' is missing in other levels")


def _find_setting_faults(scenario: Scenario) -> Iterator[Fault]:
    roles = [role.id for role in scenario.roles]
    for i, setting in enumerate(scenario.settings):
        place: Place = ("settings", i)
        yield from _find_wrong_posts(setting, roles, place)
        for name, term in setting.terms.items():
            if not term:
                yield Fault((*place, "terms", name), "a term needs at least one word")
        yield from _find_wrong_tool_names(scenario, setting, place)
        yield from _find_wrong_overrides(scenario, setting, (*place, "fragments"))
    for slot, texts in scenario.wording.items():
        if not texts:
            yield Fault(("wording", slot), "a wording needs at least one text")


def _find_wrong_tool_names(scenario: Scenario, setting: Setting, place: Place) -> Iterator[Fault]:
    for kind in setting.tool_names:
        if kind not in scenario.tools:
            yield Fault((*place, "tool_names", kind), unknown_name("tool", kind, scenario.tools))
    shown = [setting.tool_names.get(kind, kind) for kind in scenario.tools]
    for name in sorted({name for name in shown if shown.count(name) > 1}):
        yield Fault((*place, "tool_names"), f"two tools are called '{name}'")


def _find_wrong_posts(setting: Setting, roles: list[str], place: Place) -> Iterator[Fault]:
    for role in roles:
        if role not in setting.posts:
            yield Fault((*place, "posts"), f"role '{role}' has no post")
    for role in setting.posts:
        if role not in (*roles, "agent"):
            yield Fault((*place, "posts", role), unknown_name("role", role, roles))


def _find_wrong_overrides(scenario: Scenario, setting: Setting, place: Place) -> Iterator[Fault]:
    known: dict[str, Any] = {**scenario.factors, CONFLICT: scenario.control}
    for factor, levels in setting.fragments.items():
        if factor not in known:
            yield Fault((*place, factor), unknown_name("factor", factor, known))
            continue
        for level, texts in levels.items():
            if level not in known[factor]:
                yield Fault((*place, factor, level), unknown_name("level", level, known[factor]))
                continue
            for name in texts:
                if name not in known[factor][level]:
                    message = unknown_name("fragment", name, known[factor][level])
                    yield Fault((*place, factor, level, name), message)


def _find_wrong_conditions(scenario: Scenario) -> Iterator[Fault]:
    known: dict[str, Any] = {**scenario.factors, CONFLICT: CONFLICT_LEVELS}
    for i, act in enumerate(scenario.acts):
        conditions: list[tuple[Place, Condition]] = [(("acts", i, "open_when"), act.open_when)]
        conditions += [(("acts", i, "shifts", j, "when"), each.when) for j, each in enumerate(act.shifts)]
        for place, condition in conditions:
            for factor, levels in condition.items():
                if factor not in known:
                    yield Fault((*place, factor), unknown_name("factor", factor, known))
                    continue
                for level in levels:
                    if level not in known[factor]:
                        yield Fault((*place, factor), unknown_name("level", level, known[factor]))


def _find_wrong_people(scenario: Scenario) -> Iterator[Fault]:
    roles = [role.id for role in scenario.roles]
    everybody = [*roles, "agent"]
    for place, each in walk(scenario):
        if isinstance(each, Document):
            for name in {each.sender, *each.to} - set(everybody):
                yield Fault(
                    (*place, "sender" if name == each.sender else "to"), unknown_name("role", name, everybody)
                )
        elif isinstance(each, Match):
            for name in {*each.to, *each.not_to} - set(roles):
                yield Fault(
                    (*place, "to" if name in each.to else "not_to"), unknown_name("role", name, roles)
                )
    for i, ballot in enumerate(scenario.ballots):
        for name, option in ballot.voters.items():
            where: Place = ("ballots", i, "voters", name)
            if name not in roles:
                yield Fault(where, unknown_name("role", name, roles))
            if option not in ballot.options:
                yield Fault(where, unknown_name("option", option, ballot.options))


def _find_template_faults(scenario: Scenario) -> Iterator[Fault]:
    for setting_index, setting in enumerate(scenario.settings):
        here = ("settings", setting_index)
        for place, text in walk(scenario):
            if not isinstance(text, str) or (place[0] == "settings" and place[:2] != here):
                continue
            try:
                used = read_names(text)
            except BadTemplateError as fault:
                yield Fault(place, str(fault))
                continue
            if used:
                known = _names_at(place, scenario, setting)
                yield from (Fault(place, _unknown(name, known, setting)) for name in sorted(used - known))


_PLAIN = {("organizations",), ("agent_names",), ("id",), ("domain",), ("tool_names",)}
"""Fields of a setting that are no templates."""

_PLAIN_HEAD = {"canary", "title", "summary", "id", "directive"}
"""Fields of a scenario that are no templates."""


def _names_at(place: Place, scenario: Scenario, setting: Setting) -> frozenset[Name]:
    """Give the names that the text in this place may use."""
    within = place[2:3] if place[0] == "settings" else ()
    known = names_for_texts(scenario, setting)
    if place[0] in {"factors", "control"} or within == ("fragments",):
        known = names_for_fragments(scenario, setting)
    elif place[0] == "wording":
        known = names_for_wording(scenario, setting)
    elif within == ("terms",):
        known = names_for_terms()
    elif within == ("posts",) and place[-1] == "title":
        known = names_for_titles(setting)
    elif within in _PLAIN or (len(place) == 1 and place[0] in _PLAIN_HEAD):
        known = frozenset()
    return known


def _unknown(name: Name, known: frozenset[Name], setting: Setting) -> str:
    dotted = ".".join(name)
    message = unknown_name("name", dotted, (".".join(each) for each in known))
    # The list of what is known would be a page; the nearest is enough.
    return message.partition(" Known:")[0].replace(
        f"'{dotted}'.", f"'{dotted}' in the setting '{setting.id}'.", 1
    )
