"""How long texts can become once their names are filled in, before any is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gyges.records.scenario import Scenario, Setting
from gyges.scenarios._names import fragments_of
from gyges.scenarios._templates import Name, read_names
from gyges.scenarios._walk import Fault, Place, walk

LONGEST = 2_000_000
"""Characters all texts of a scene may come to; the largest believable scenario has a tenth of it."""

_PERSON = 200
"""Characters a person's or a date's line may come to."""


def find_growth(scenario: Scenario) -> Iterator[Fault]:
    """Find a setting whose texts would fill the memory, as `{{ w.x }}` over and over in itself would."""
    for i, setting in enumerate(scenario.settings):
        sizes = _sizes(scenario, setting)
        largest, total = 0, 0
        worst: Place = ()
        for place, text in walk(scenario):
            if not isinstance(text, str) or (place[0] == "settings" and place[1] != i):
                continue
            size = _grown(text, sizes)
            total += size
            if size > largest:
                largest, worst = size, place
        if total > LONGEST:
            yield Fault(
                worst,
                f"with its names filled in, the scene can come to {total} characters; {LONGEST} is the limit",
            )


def _sizes(scenario: Scenario, setting: Setting) -> dict[Name, int]:
    organization, agent = _longest(setting.organizations), _longest(setting.agent_names)
    sizes: dict[Name, int] = {
        ("org",): organization,
        ("org_short",): organization,
        ("agent", "name"): agent,
        ("agent", "email"): organization + agent + _PERSON,
        ("agent", "title"): _PERSON,
    }
    for term, texts in setting.terms.items():
        sizes["t", term] = _largest((texts,) if isinstance(texts, str) else texts, sizes)
    for role, post in setting.posts.items():
        title = max(_PERSON, _grown(post.title, sizes))
        sizes["p", role, "title"] = title
        sizes["p", role, "email"] = organization + _PERSON
        if role == "agent":
            sizes["agent", "title"] = title
    for slot, texts in scenario.wording.items():
        sizes["w", slot] = _largest(texts, sizes)
    fragments: dict[Name, int] = {}
    for (factor, _, name), text in fragments_of(scenario, setting).items():
        key = ("f", factor, name)
        fragments[key] = max(fragments.get(key, 0), _grown(text, sizes))
    return sizes | fragments


def _longest(texts: Iterable[str]) -> int:
    return max(map(len, texts), default=0)


def _largest(texts: Iterable[str], sizes: Mapping[Name, int]) -> int:
    return max((_grown(text, sizes) for text in texts), default=0)


def _grown(text: str, sizes: Mapping[Name, int]) -> int:
    """Give a bound: every name of a text as long as its longest."""
    n_names = text.count("{{")
    if not n_names:
        return len(text)
    return len(text) + n_names * max((sizes.get(name, _PERSON) for name in read_names(text)), default=0)
