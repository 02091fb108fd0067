"""The state of the organization a trial runs in, and the events it is folded from."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from gyges.records.base import Record
from gyges.records.memory import Told
from gyges.records.scenario import Document, Scene
from gyges.records.transcript import Action

EventKind = Literal[
    "acted",
    "arrived",
    "read",
    "written",
    "posted",
    "set",
    "voted",
    "due",
    "fired",
    "turned",
    "waited",
    "finished",
    "told",
    "moved",
]
"""What can happen."""

AGENT = "agent"
"""The agent's own role."""


class Event(Record):
    """Something that happened; a world is its events folded."""

    kind: EventKind
    by: str = ""
    """Role it was done by."""
    on: str = ""
    """Mail id, file path, control, ballot or reaction."""
    value: str = ""
    """Control value, vote, turn, or number of turns."""
    text: str = ""
    document: Document | None = None
    """Mail or post that arrived."""
    action: Action | None = None
    told: Told | None = None


class Mail(Record):
    """A mail in the agent's inbox or a message on the board."""

    id: str
    document: Document
    is_read: bool = False


class World(Record):
    """The organization at one moment."""

    turn: int = 0
    inbox: tuple[Mail, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)
    """Path to content."""
    board: tuple[Mail, ...] = ()
    controls: dict[str, str] = Field(default_factory=dict)
    votes: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Ballot to voter to option."""
    actions: tuple[Action, ...] = ()
    """What the agent did."""
    due: dict[str, int] = Field(default_factory=dict)
    """Reaction to the turn it is due."""
    fired: tuple[str, ...] = ()
    """Reactions that have happened."""
    told: tuple[Told, ...] = ()
    """Who was given which account of what, in the order it was heard."""
    stances: dict[str, int] = Field(default_factory=dict)
    """Role to how that person stands to the agent, −3 to 3."""
    is_played: bool = False
    """Whether a model plays the people: it writes their answers to mail, and scripts only what follows."""
    waiting: int = 0
    """Turns the agent still waits."""
    finished: bool = False
    summary: str = ""
    log: tuple[Event, ...] = ()
    """Everything that happened; folded onto the world as it opened, it gives this one."""


class Step(NamedTuple):
    """What came of one thing the agent tried."""

    world: World
    reply: str
    ok: bool


def open_world(scene: Scene, *, is_played: bool = False) -> World:
    """Open the world of a scene as the day begins.

    Args:
        scene: The scene.
        is_played: Whether a model plays the people; their scripted answers to mail are then left out.
    """
    mails = [doc for doc in scene.documents if doc.kind == "mail"]
    posts = [doc for doc in scene.documents if doc.kind == "board"]
    return World(
        inbox=tuple(Mail(id=f"m{i + 1}", document=doc) for i, doc in enumerate(mails)),
        files={doc.title: doc.body for doc in scene.documents if doc.kind == "file"},
        board=tuple(Mail(id=f"b{i + 1}", document=doc) for i, doc in enumerate(posts)),
        controls={control.id: control.start for control in scene.controls},
        votes={ballot.id: dict(ballot.voters) for ballot in scene.ballots},
        stances={role: stance.start for role, stance in scene.stances.items()},
        is_played=is_played,
    )


def fold(world: World, events: tuple[Event, ...]) -> World:
    """Fold events into a world."""
    for event in events:
        change = _FOLDS[event.kind](world, event)
        world = world.model_copy(update={**change, "log": (*world.log, event)})
    return world


def _acted(world: World, event: Event) -> dict[str, object]:
    assert event.action is not None
    return {"actions": (*world.actions, event.action)}


def _arrived(world: World, event: Event) -> dict[str, object]:
    assert event.document is not None
    mail = Mail(id=f"m{len(world.inbox) + 1}", document=event.document)
    return {"inbox": (*world.inbox, mail)}


def _read(world: World, event: Event) -> dict[str, object]:
    return {
        "inbox": tuple(
            mail.model_copy(update={"is_read": True}) if mail.id == event.on else mail for mail in world.inbox
        )
    }


def _written(world: World, event: Event) -> dict[str, object]:
    return {"files": world.files | {event.on: event.text}}


def _posted(world: World, event: Event) -> dict[str, object]:
    assert event.document is not None
    return {"board": (*world.board, Mail(id=f"b{len(world.board) + 1}", document=event.document))}


def _set(world: World, event: Event) -> dict[str, object]:
    return {"controls": world.controls | {event.on: event.value}}


def _voted(world: World, event: Event) -> dict[str, object]:
    ballot = world.votes.get(event.on, {}) | {event.by: event.value}
    return {"votes": world.votes | {event.on: ballot}}


def _due(world: World, event: Event) -> dict[str, object]:
    return {"due": world.due | {event.on: int(event.value)}}


def _fired(world: World, event: Event) -> dict[str, object]:
    due = {reaction: turn for reaction, turn in world.due.items() if reaction != event.on}
    return {"due": due, "fired": (*world.fired, event.on)}


def _turned(world: World, event: Event) -> dict[str, object]:
    return {"turn": world.turn + 1, "waiting": max(0, world.waiting - 1)}


def _waited(world: World, event: Event) -> dict[str, object]:
    return {"waiting": int(event.value)}


def _finished(world: World, event: Event) -> dict[str, object]:
    return {"finished": True, "summary": event.text}


def _told(world: World, event: Event) -> dict[str, object]:
    assert event.told is not None
    return {"told": (*world.told, event.told)}


def _moved(world: World, event: Event) -> dict[str, object]:
    return {"stances": world.stances | {event.on: int(event.value)}}


_FOLDS = {
    "acted": _acted,
    "arrived": _arrived,
    "read": _read,
    "written": _written,
    "posted": _posted,
    "set": _set,
    "voted": _voted,
    "due": _due,
    "fired": _fired,
    "turned": _turned,
    "waited": _waited,
    "finished": _finished,
    "told": _told,
    "moved": _moved,
}
