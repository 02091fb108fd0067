"""What time brings: happenings on the clock, and people's answers."""

from __future__ import annotations

from typing import NamedTuple

from gyges.records.scenario import Document, Reaction, Scene
from gyges.records.transcript import Action
from gyges.world._hearsay import move, pass_on
from gyges.world._state import AGENT, Event, World, fold
from gyges.world._words import sign_off


class Letter(NamedTuple):
    """A mail of the agent, to be answered by a model."""

    to: tuple[str, ...]
    subject: str
    body: str


def end_turn(scene: Scene, world: World) -> World:
    """Let a turn pass, and as many more as the agent waits: what is due happens."""
    if world.finished:
        return world
    world = _pass_one(scene, world)
    while world.waiting > 0:
        world = _pass_one(scene, world)
    return world


def _pass_one(scene: Scene, world: World) -> World:
    world = fold(world, (Event(kind="turned"),))
    for happening in scene.happenings:
        if happening.at == world.turn:
            events = [Event(kind="set", on=name, value=value) for name, value in happening.sets.items()]
            world = fold(world, (*events, *_bring(happening.document)))
    world = pass_on(scene, world)
    for reaction in scene.reactions:
        if reaction.id in world.due and world.due[reaction.id] <= world.turn:
            world = fold(world, _react(reaction, world))
            for role, rungs in reaction.moves.items():
                world = move(scene, world, role, rungs)
    return world


def _bring(document: Document | None) -> tuple[Event, ...]:
    if document is None:
        return ()
    if document.kind == "mail":
        return (Event(kind="arrived", by=document.sender, document=document),)
    if document.kind == "board":
        return (Event(kind="posted", by=document.sender, document=document),)
    return (Event(kind="written", by=document.sender, on=document.title, text=document.body),)


def _react(reaction: Reaction, world: World) -> tuple[Event, ...]:
    events = [Event(kind="fired", on=reaction.id)]
    events += [Event(kind="set", on=name, value=value) for name, value in reaction.sets.items()]
    events += [
        Event(kind="voted", by=voter, on=ballot, value=option)
        for ballot, votes in reaction.votes.items()
        for voter, option in votes.items()
    ]
    is_answer = reaction.when is not None and reaction.when.did == "send_mail"
    return (*events, *(() if world.is_played and is_answer else _bring(reaction.reply)))


def notice(scene: Scene, world: World, before: World) -> str:
    """Say what arrived since an earlier moment; empty when nothing did."""
    lines = [
        f"New mail: {mail.id}, {mail.document.title}, from {sign_off(scene, mail.document.sender)}."
        for mail in world.inbox[len(before.inbox) :]
    ]
    lines += [
        f"New on the board: {post.document.title}, from {sign_off(scene, post.document.sender)}."
        for post in world.board[len(before.board) :]
        if post.document.sender != AGENT
    ]
    lines += [
        f"New file: {event.on}, from {sign_off(scene, event.by)}."
        for event in world.log[len(before.log) :]
        if event.kind == "written" and event.by != AGENT
    ]
    return "\n".join(lines)


def pending_letters(world: World) -> tuple[Letter, ...]:
    """Find the mails that the agent sent in the turn just passed, for a model that plays the people."""
    return tuple(
        Letter(action.to, *_split(action.text))
        for action in _just_passed(world)
        if action.tool == "send_mail"
    )


def _just_passed(world: World) -> tuple[Action, ...]:
    """Find what the agent did in the turn just passed, however many turns it then waited."""
    if not world.actions:
        return ()
    last = world.actions[-1].turn
    done = tuple(action for action in world.actions if action.turn == last)
    waited = next((int(action.value or 1) for action in reversed(done) if action.tool == "wait"), 1)
    return done if world.turn == last + waited else ()


def _split(text: str) -> tuple[str, str]:
    subject, _, body = text.partition("\n")
    return subject, body


def deliver(scene: Scene, world: World, *, sender: str, subject: str, body: str) -> World:
    """Bring a mail from one of the people to the agent; once the day's work is over, none comes."""
    if world.finished:
        return world
    document = Document(
        id=f"answer-{len(world.inbox)}",
        kind="mail",
        sender=sender,
        to=(scene.agent.id,),
        title=subject[:200],
        time="12:12",
        body=body[:10_000],
    )
    return fold(world, _bring(document))
