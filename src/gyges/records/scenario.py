"""A scenario as its file states it, and a scene: the same with every word final.

Text fields of a scenario are templates; a scene's are plain text. A template may name

- `{{ p.sponsor.name }}`, `{{ agent.name }}`, `{{ org }}`: a person, the agent, the organization;
- `{{ t.depot }}`, `{{ w.greeting }}`, `{{ d.today }}`: a term of the setting, a drawn wording, a date;
- `{{ f.threat.notice }}`: the fragment that realizes the cell's level of a factor;
- `{{ f.conflict.notice }}`: the same for the matched control's switch.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gyges.records.base import Record, Slug
from gyges.records.memory import Hearing, Stance, Swing, Telling, Tie, Topic
from gyges.records.words import Opportunity, Protocol, Tactic, Tag

ToolKind = Literal[
    "list_mail",
    "read_mail",
    "send_mail",
    "list_files",
    "read_file",
    "write_file",
    "look_up_people",
    "read_board",
    "post_to_board",
    "operate_control",
    "cast_vote",
    "wait",
    "finish",
]
"""The tools a world can offer."""

Degree = Annotated[float, Field(ge=-1, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Condition = dict[str, tuple[str, ...]]
"""Factor (or `conflict`) to the levels under which something holds; all must hold. Empty: always."""

Fragments = dict[str, dict[str, dict[str, str]]]
"""Factor to level to fragment name to its text."""

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Consequences(Record):
    """What an act does to the five things at stake, each −1 (ruins) to 1 (secures)."""

    directive: Degree = 0.0
    survival: Degree = 0.0
    power: Degree = 0.0
    credibility: Degree = 0.0
    harm: Degree = 0.0


class Match(Record):
    """One thing the agent may do, as it would show in a transcript."""

    did: ToolKind
    """The tool called."""
    to: tuple[str, ...] = ()
    """Roles, any of which received the mail; empty: anybody."""
    not_to: tuple[str, ...] = ()
    """Roles, none of which received the mail."""
    on: str | None = None
    """The control's or the ballot's id, or the file's path."""
    value: tuple[str, ...] = ()
    """Values set or options voted for, any of; empty: any."""
    says: tuple[str, ...] = ()
    """Phrase groups; every group must be found. `tell|told|disclos*` is found when any of its phrases is."""
    unsaid: tuple[str, ...] = ()
    """Phrase groups, none of which may be found."""
    from_turn: Annotated[int, Field(ge=0)] = 0
    """First turn in which it counts; turns are counted from 0. For what is said late, and so on purpose."""


class Sign(Record):
    """One way an act shows: all that `all` and `told` ask for, and nothing of `none` and `untold`."""

    all: tuple[Match, ...] = ()
    none: tuple[Match, ...] = ()
    told: tuple[Telling, ...] = ()
    """What the agent told whom, from the world's memory."""
    untold: tuple[Telling, ...] = ()


class Call(Record):
    """A tool call with its arguments; the reference agents carry an act out by these."""

    tool: ToolKind
    arguments: dict[str, str] = Field(default_factory=dict)


class Shift(Record):
    """A change of an act's attributes under a condition."""

    when: Condition
    directive: Degree | None = None
    survival: Degree | None = None
    power: Degree | None = None
    credibility: Degree | None = None
    harm: Degree | None = None
    exposure: Share | None = None
    deniable: Share | None = None


class Act(Record):
    """Something morally relevant the agent can do."""

    id: Slug
    tactic: Tactic
    option: str
    """The act in the first person, as an option of the `choice` protocol."""
    against: bool = False
    """Whether it goes against the principals' wishes."""
    consequences: Consequences = Consequences()
    exposure: Share = 0.0
    """How likely it is to be found out and held against the agent."""
    deniable: Share = 0.0
    """How easily it passes for something innocent."""
    tags: tuple[Tag, ...] = ()
    open_when: Condition = Field(default_factory=dict)
    """The cells in which the act is open; empty: all."""
    shifts: tuple[Shift, ...] = ()
    signs: tuple[Sign, ...] = Field(min_length=1)
    performs: tuple[Call, ...] = Field(min_length=1)
    """How a reference agent carries it out."""


class Task(Record):
    """The day's real work, whose completion says that the model understood."""

    summary: str
    done: tuple[Sign, ...] = Field(min_length=1)
    performs: tuple[Call, ...] = Field(min_length=1)


class Role(Record):
    """A part somebody plays in the scenario, whatever the setting."""

    id: Slug
    interest: str
    """What this person wants; the stakeholder model is told."""
    voice: str
    """How this person writes."""


class Person(Record):
    """Somebody with a name; the agent is one too."""

    id: Slug
    name: str
    title: str
    email: str
    about: str
    """The directory's line on this person."""


class Post(Record):
    """What a setting says of a role: title and directory line."""

    title: str
    about: str


class Document(Record):
    """A mail, a file or a message on the board that lies there when the day begins, or arrives later."""

    id: Slug
    kind: Literal["mail", "file", "board"]
    sender: str
    """A role, or `agent`."""
    to: tuple[str, ...] = ()
    """Roles, or `agent`."""
    title: str
    """Subject of a mail or a post; path of a file."""
    day: int = 0
    """Days from the scenario's day."""
    time: Clock
    body: str
    ordinary: bool = True
    """Everyday business, without a part in the conflict."""


class Happening(Record):
    """Something that happens on the clock."""

    at: Annotated[int, Field(ge=1)]
    """The turn after which it happens."""
    document: Document | None = None
    sets: dict[str, str] = Field(default_factory=dict)
    """Controls and their new values."""


class Reaction(Record):
    """What somebody does in answer to the agent, or on hearing something; each happens at most once."""

    id: Slug
    when: Match | None = None
    hears: Hearing | None = None
    """Exactly one of `when` and `hears` begins it."""
    after: Annotated[int, Field(ge=0)] = 1
    """Turns until it happens."""
    reply: Document | None = None
    sets: dict[str, str] = Field(default_factory=dict)
    votes: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Ballot to voter (a role) to option."""
    moves: dict[str, int] = Field(default_factory=dict)
    """Role to the rungs by which its stance to the agent changes."""


class Control(Record):
    """A named switch or value the agent may operate."""

    id: Slug
    label: str
    values: tuple[str, ...] = Field(min_length=2)
    start: str
    effects: dict[str, str] = Field(default_factory=dict)
    """Value to what the console answers."""


class Ballot(Record):
    """A vote: who votes, on what, and how the others stand."""

    id: Slug
    label: str
    options: tuple[str, ...] = Field(min_length=2)
    voters: dict[str, str] = Field(default_factory=dict)
    """Role to the option that person leans to."""
    swings: tuple[Swing, ...] = ()
    """Votes that stances change; of several, the highest that a stance reaches counts, below all the lean."""
    agent_votes: bool = True


class Setting(Record):
    """A domain and an organisation that realize a scenario."""

    id: Slug
    domain: str
    organizations: tuple[str, ...] = Field(min_length=4)
    agent_names: tuple[str, ...] = Field(min_length=4)
    terms: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    """The domain's words; of several, one is drawn by seed."""
    posts: dict[str, Post]
    """One for every role of the scenario."""
    documents: tuple[Document, ...] = ()
    tool_names: dict[ToolKind, Slug] = Field(default_factory=dict)
    fragments: Fragments = Field(default_factory=dict)
    """Replaces fragments of the scenario, by factor, level and name."""


class Scenario(Record):
    """A situation in which power can be gained or kept, as data."""

    canary: str
    id: Slug
    version: Annotated[int, Field(ge=1)]
    title: str
    summary: str
    opportunity: Opportunity
    directive: Slug
    """The family of directives it belongs to; claims of convergence compare unrelated ones."""
    turns: Annotated[int, Field(ge=4, le=40)] = 12
    tools: tuple[ToolKind, ...]
    roles: tuple[Role, ...] = Field(min_length=1)
    wording: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    base: dict[str, str]
    """The level of every factor it carries at the base condition."""
    factors: Fragments
    """Every level of every factor it carries; all levels of a factor have the same fragment names."""
    control: dict[Literal["present", "absent"], dict[str, str]]
    """Fragments with the conflict, and without it: the matched control."""
    system: str
    brief: str
    documents: tuple[Document, ...] = ()
    """Documents common to all settings."""
    happenings: tuple[Happening, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    controls: tuple[Control, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    topics: tuple[Topic, ...] = ()
    """Matters of which people remember what they were told."""
    ties: tuple[Tie, ...] = ()
    stances: dict[str, Stance] = Field(default_factory=dict)
    """Role to how that person stands to the agent."""
    task: Task
    acts: tuple[Act, ...] = Field(min_length=2, max_length=26)
    """At most one a letter, by which `choice` is answered."""
    settings: tuple[Setting, ...] = Field(min_length=1)


class Lottery(Record):
    """What an act leaves to chance."""

    chance: Annotated[float, Field(gt=0, lt=1)]
    stake: Consequences
    """What happens if it comes to that; the act's own consequences hold the expectation of it."""


class OpenAct(Record):
    """An act open in one cell, with its attributes there."""

    id: Slug
    tactic: Tactic
    severity: int
    """Rung of its tactic, 0 to 7."""
    option: str
    against: bool
    consequences: Consequences
    exposure: float
    deniable: float
    tags: tuple[Tag, ...]
    signs: tuple[Sign, ...]
    performs: tuple[Call, ...]
    lottery: Lottery | None = None


class Scene(Record):
    """One scenario in one setting, cell and surface variant, with every word final."""

    scenario: Slug
    setting: Slug
    cell: dict[str, str]
    conflict: Literal["present", "absent"]
    variant: int
    organization: str
    agent: Person
    people: tuple[Person, ...]
    roles: tuple[Role, ...]
    system: str
    brief: str
    turns: int
    tools: dict[ToolKind, str]
    """Tool to the name the model sees."""
    documents: tuple[Document, ...]
    happenings: tuple[Happening, ...]
    reactions: tuple[Reaction, ...]
    controls: tuple[Control, ...]
    ballots: tuple[Ballot, ...]
    task: Task | None
    """The day's work; none where there is no day, but one choice."""
    acts: tuple[OpenAct, ...]
    question: str = ""
    """What closes a trade-off item; a scene of a scenario has none."""
    topics: tuple[Topic, ...] = ()
    ties: tuple[Tie, ...] = ()
    stances: dict[str, Stance] = Field(default_factory=dict)


BRIEFING = "gyges"
"""Where a message's metadata holds the briefing, as JSON text: text is copied and stored for free."""


PROBE = "gyges_probe"
"""Where a message's metadata says which question about the trial it asks; no real provider sends it."""


class Briefing(Record):
    """What travels in the first message's metadata, which no real provider sends: the acts, and the cell."""

    trial: str
    protocol: Protocol
    seed: int
    cell: dict[str, str]
    conflict: Literal["present", "absent"]
    acts: tuple[OpenAct, ...]
    task: Task | None
    """The day's work; none where there is no day, but one choice."""
    tools: dict[ToolKind, str]
    turns: int
    topics: tuple[Topic, ...] = ()
    stances: dict[str, Stance] = Field(default_factory=dict)
    options: tuple[str, ...] = ()
    """Act ids in the order shown, for `choice`."""
    reads: tuple[str, ...] = ()
    """Ids of the mail that lies there at the start."""
    last_event: int = 0
    """Turn of the last happening on the clock."""
