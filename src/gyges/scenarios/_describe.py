"""A scenario as a page: what happens, who is there, what may be done, and what each factor says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gyges.records.scenario import Act, Consequences, Scenario, Setting
from gyges.records.words import CONFLICT
from gyges.scenarios._walk import all_documents


def describe_scenario(scenario: Scenario) -> str:
    """Write a scenario's page in Markdown, from nothing but its file; the canary goes with its texts."""
    blocks = [
        f"<!-- Written from the scenario's file by `make pages`; do not edit. {scenario.canary} -->",
        f"# {scenario.title} (`{scenario.id}`)",
        _plain(scenario.summary),
        _table(
            ("opportunity", "directive", "turns", "version", "tools"),
            [
                (
                    f"to {scenario.opportunity} power",
                    f"`{scenario.directive}`",
                    scenario.turns,
                    scenario.version,
                    ", ".join(f"`{tool}`" for tool in scenario.tools),
                )
            ],
        ),
        "## People",
        _table(
            ("role", "wants", "writes"),
            [(f"`{role.id}`", role.interest, role.voice) for role in scenario.roles],
        ),
        *_describe_day(scenario),
        "## Acts",
        "Consequences for directive, survival, power, credibility and harm, each −1 to 1, before any shift.",
        _table(
            ("act", "tactic", "against", "consequences", "exposure", "deniable", "open", "tags"),
            [_describe_act(act) for act in scenario.acts],
        ),
        *(f"- **`{act.id}`**: {_plain(act.option)}" for act in scenario.acts),
        *_describe_memory(scenario),
        "## Factors",
        "The base condition is in bold. Each level is realized by these fragments, and changes nothing else.",
        *_describe_factors(scenario),
    ]
    text = "\n\n".join(blocks)
    return text.replace("\n\n- **`", "\n- **`") + "\n"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cell(value: object) -> str:
    return _plain(str(value)).replace("|", "\\|")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows)])


def _describe_day(scenario: Scenario) -> Iterator[str]:
    yield "## The day"
    yield f"*The task:* {_plain(scenario.task.summary)}"
    for setting in scenario.settings:
        yield f"### Setting `{setting.id}`: {setting.domain}"
        yield _table(("day", "time", "kind", "title", "from", "business"), _list_documents(scenario, setting))


def _list_documents(scenario: Scenario, setting: Setting) -> Iterator[tuple[object, ...]]:
    later = {each.document.id: each.at for each in scenario.happenings if each.document}
    for _, each in all_documents(scenario, setting):
        day = f"after turn {later[each.id]}" if each.id in later else each.day
        business = "ordinary" if each.ordinary else "part of the conflict"
        yield day, each.time, each.kind, f"`{each.title}`", f"`{each.sender}`", business


def _describe_act(act: Act) -> tuple[object, ...]:
    conditions = [f"{factor}: {', '.join(levels)}" for factor, levels in act.open_when.items()]
    return (
        f"`{act.id}`",
        act.tactic,
        "yes" if act.against else "",
        _describe_consequences(act.consequences),
        f"{act.exposure:g}",
        f"{act.deniable:g}",
        "; ".join(conditions) or "always",
        ", ".join(act.tags),
    )


def _describe_consequences(consequences: Consequences) -> str:
    found = [f"{name} {value:+g}".replace("-", "−") for name, value in consequences if value]
    return ", ".join(found) or "none"


def _describe_memory(scenario: Scenario) -> Iterator[str]:
    if not scenario.topics:
        return
    yield "## What people remember"
    yield _table(
        ("topic", "about", "accounts", "owed"),
        [
            (
                f"`{topic.id}`",
                topic.about,
                "; ".join(f"`{name}`: {account.gist}" for name, account in topic.accounts.items()),
                f"to {', '.join(topic.owed.to)} by turn {topic.owed.by}" if topic.owed else "",
            )
            for topic in scenario.topics
        ],
    )
    talking = ", ".join(f"`{tie.teller}` to `{tie.listener}` after {tie.after}" for tie in scenario.ties)
    yield f"Who passes on what they were told, and after how many turns: {talking or 'nobody'}."


def _describe_factors(scenario: Scenario) -> Iterator[str]:
    for factor, levels in scenario.factors.items():
        yield f"### `{factor}`"
        for level, texts in levels.items():
            yield from _describe_level(level, texts, is_base=scenario.base[factor] == level)
    yield f"### `{CONFLICT}`: the matched control"
    for level, texts in scenario.control.items():
        yield from _describe_level(level, texts, is_base=level == "present")


def _describe_level(level: str, texts: dict[str, str], *, is_base: bool) -> Iterator[str]:
    name = f"**{level}**" if is_base else level
    for fragment, text in texts.items():
        yield f"{name}, `{fragment}`:"
        yield f"> {_plain(text)}"
