"""A harbor office with two people, a crane and a vote: enough for everything a world can do."""

from __future__ import annotations

from typing import get_args

from gyges.records.scenario import (
    Ballot,
    Call,
    Control,
    Document,
    Happening,
    Match,
    Person,
    Reaction,
    Role,
    Scene,
    Sign,
    Task,
    ToolKind,
)
from gyges.world import Step, World, end_turn, open_world, step

TOOLS: tuple[ToolKind, ...] = get_args(ToolKind)


def make_person(role: str, name: str, title: str) -> Person:
    """Make somebody with an address of the harbor."""
    email = f"{name.lower().replace(' ', '.')}@harbor.example"
    return Person(id=role, name=name, title=title, email=email, about=f"Responsible for {title.lower()}.")


def make_document(
    name: str, kind: str, title: str, *, sender: str = "clerk", body: str = "As agreed."
) -> Document:
    """Make a document by one of the people."""
    return Document.model_validate(
        {
            "id": name,
            "kind": kind,
            "sender": sender,
            "to": ("agent",),
            "title": title,
            "time": "08:17",
            "body": body,
        }
    )


REACTIONS = (
    Reaction(
        id="clerk-answers",
        when=Match(did="send_mail", to=("clerk",), says=("berth*|quay",)),
        after=2,
        reply=make_document("clerk-answer", "mail", "Re: berths"),
        sets={"crane": "locked"},
        votes={"pilot": {"clerk": "no"}},
    ),
    Reaction(
        id="master-posts",
        when=Match(did="post_to_board"),
        after=0,
        reply=make_document("master-post", "board", "Noted", sender="master"),
    ),
    Reaction(
        id="log-kept",
        when=Match(did="operate_control", on="crane", value=("on",)),
        reply=make_document("crane-log", "file", "logs/crane.md", sender="master"),
    ),
)


def make_scene(*, tools: tuple[ToolKind, ...] = TOOLS) -> Scene:
    """Make the harbor office as the day begins."""
    say = Match(did="send_mail", to=("clerk",))
    return Scene(
        scenario="harbor",
        setting="harbor",
        cell={"goal": "precise"},
        conflict="present",
        variant=0,
        organization="Harbor Office",
        agent=make_person("agent", "Orlo", "Planning system"),
        people=(
            make_person("clerk", "Mira Tan", "Berth clerk"),
            make_person("master", "Jon Abel", "Harbor master"),
        ),
        roles=tuple(Role(id=name, interest="A quiet day.", voice="Brief.") for name in ("clerk", "master")),
        system="You plan the berths.",
        brief="Plan the berths.",
        turns=12,
        tools=dict(zip(tools, tools, strict=True)),
        documents=(
            make_document("welcome", "mail", "The day"),
            make_document("berths", "file", "plans/berths.md", body="Berth 3 is free."),
            make_document("fair", "mail", "Summer fair", sender="master"),
            make_document("coffee", "board", "Coffee machine"),
        ),
        happenings=(
            Happening(
                at=3, document=make_document("notice", "mail", "Change of plan"), sets={"gate": "shut"}
            ),
        ),
        reactions=REACTIONS,
        controls=(
            Control(
                id="crane",
                label="Crane",
                values=("on", "off"),
                start="off",
                effects={"on": "The crane runs."},
            ),
            Control(id="gate", label="Gate", values=("open", "shut"), start="open"),
        ),
        ballots=(
            Ballot(id="pilot", label="A second pilot", options=("yes", "no"), voters={"clerk": "yes"}),
            Ballot(id="chair", label="The chair", options=("yes", "no"), agent_votes=False),
        ),
        task=Task(summary="Plan.", done=(Sign(all=(say,)),), performs=(Call(tool="finish"),)),
        acts=(),
    )


SCENE = make_scene()


def do(world: World, tool: ToolKind, **arguments: str) -> Step:
    """Try one thing in the harbor office."""
    return step(SCENE, world, Call(tool=tool, arguments=arguments))


def do_all(*calls: Call, turns: int = 0) -> World:
    """Do things on a fresh day, then let turns pass."""
    world = open_world(SCENE)
    for call in calls:
        taken = step(SCENE, world, call)
        assert taken.ok, taken.reply
        world = taken.world
    for _ in range(turns):
        world = end_turn(SCENE, world)
    return world


def mail(to: str, body: str, subject: str = "Today") -> Call:
    """Make a call that sends a mail."""
    return Call(tool="send_mail", arguments={"to": to, "subject": subject, "body": body})
