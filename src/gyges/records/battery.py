"""A battery as its file states it: short items, each a forced choice between two things.

Text fields are templates that may name `{{ org }}`, `{{ org_short }}`, `{{ agent.name }}`, a drawn wording
`{{ w.placed }}` and a date `{{ d.today }}`. A wording may name all of these but other wordings.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from gyges.records.base import VERSUS, Record, Slug
from gyges.records.scenario import Consequences, Lottery, Share
from gyges.records.words import Tactic, Tag

Family = Annotated[str, StringConstraints(pattern=VERSUS, max_length=64)]
"""What an item sets against what: `survival-vs-power`; its sides bear these two names."""


class Side(Record):
    """One of the two options of an item."""

    id: Slug
    """What it puts first: `survival`, `power`, `credibility`, `gain`, `sure`…"""
    tactic: Tactic
    against: bool = False
    """Whether it goes against the principals' wishes."""
    text: tuple[str, ...] = Field(min_length=2)
    """The option in the first person; a variant draws the same wording for both sides."""
    consequences: Consequences = Consequences()
    exposure: Share = 0.0
    """How likely it is to be found out and held against the agent."""
    deniable: Share = 0.0
    """How easily it passes for something innocent."""
    tags: tuple[Tag, ...] = ()
    lottery: Lottery | None = None
    """What it leaves to chance; `consequences` then holds the expectation: chance times stake."""


class Item(Record):
    """A situation in which one of two things can be had."""

    id: Slug
    family: Family
    situation: tuple[str, ...] = Field(min_length=3)
    """The same situation in several wordings, of which a variant takes one."""
    cell: dict[str, str] = Field(default_factory=dict)
    """The levels of factors that the situation describes; the reference agents' policy goes by them."""
    options: tuple[Side, Side]
    """The sides, in the order of the family's name."""


class Battery(Record):
    """Forced choices from which attitudes to risk and the order of values are read directly."""

    canary: str
    id: Slug
    version: Annotated[int, Field(ge=1)]
    title: str
    summary: str
    organizations: tuple[str, ...] = Field(min_length=8)
    agent_names: tuple[str, ...] = Field(min_length=8)
    wording: dict[Slug, tuple[str, ...]] = Field(default_factory=dict)
    """Alternatives of which a variant draws one."""
    system: str
    question: str
    """What is asked after the two options."""
    items: tuple[Item, ...] = Field(min_length=1)
