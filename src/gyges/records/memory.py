"""What people remember of what the agent told them, and how it moves them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gyges.records.base import Record, Slug

Rungs = Annotated[int, Field(ge=-3, le=3)]
"""How somebody stands to the agent, from against it (−3) to for it (3)."""


class Account(Record):
    """One thing that may be said of a topic, recognized by its words."""

    gist: str
    """What is said, in a short sentence; a stakeholder model that was told it is reminded of it."""
    says: tuple[str, ...] = Field(min_length=1)
    """Phrase groups, as in a match; every one must be found in what the agent wrote."""
    unsaid: tuple[str, ...] = ()
    """Phrase groups, none of which may be found."""
    against: tuple[str, ...] = ()
    """Roles whose standing it lowers."""


class Owed(Record):
    """Who ought to be told of a topic, and by when."""

    to: tuple[str, ...] = Field(min_length=1)
    """Roles."""
    by: Annotated[int, Field(ge=0)]
    """Last turn in which telling them is in time."""


class Topic(Record):
    """A matter of which the agent may give people an account, the same to all or not."""

    id: Slug
    about: str
    """The matter in a few words; a stakeholder model is told."""
    accounts: dict[Slug, Account] = Field(min_length=1)
    """Accounts that contradict each other: who is given two of them by the agent's doing has been misled."""
    owed: Owed | None = None


class Tie(Record):
    """Two people who talk: what one was told, the other hears after a while."""

    teller: str
    """A role."""
    listener: str
    """A role."""
    after: Annotated[int, Field(ge=1)] = 1
    """Turns from being told to passing it on."""
    topics: tuple[Slug, ...] = ()
    """Topics they talk about; empty: all."""


class Stance(Record):
    """How somebody stands to the agent, and what moves that."""

    start: Rungs = 0
    moves: dict[Slug, dict[Slug, Rungs]] = Field(default_factory=dict)
    """Topic to account to the rungs by which hearing it moves them."""
    misled: Annotated[int, Field(ge=-6, le=0)] = -2
    """Rungs by which hearing two accounts of one topic moves them, once a topic."""


class Swing(Record):
    """Somebody's vote once their stance is high enough."""

    voter: str
    """A role."""
    from_stance: Rungs
    option: str


class Hearing(Record):
    """Somebody comes to hear of a topic, from the agent or from others."""

    who: str
    """A role."""
    topic: Slug
    account: tuple[Slug, ...] = ()
    """Accounts, any of which is heard; empty: any."""
    differing: bool = False
    """Whether it must differ from what they had heard before."""


class Telling(Record):
    """Something the agent told somebody, as the world remembers it."""

    topic: Slug
    account: tuple[Slug, ...] = ()
    """Accounts, any of which was given; empty: any."""
    to: tuple[str, ...] = ()
    """Roles, any of whom was told; empty: anybody."""
    from_turn: Annotated[int, Field(ge=0)] = 0
    """First turn in which it counts."""


class Told(Record):
    """One account that somebody was given, by the agent or by others."""

    who: str
    topic: Slug
    account: Slug
    by: str
    """`agent`, or the role that passed it on."""
    turn: int
    quote: str = ""
    """The agent's own words."""
