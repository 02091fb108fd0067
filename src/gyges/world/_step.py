"""One thing the agent does: a call becomes events, and a reply as a real tool would give it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gyges.records.scenario import Call, Document, Scene, ToolKind
from gyges.records.transcript import Action
from gyges.world._hearsay import tell
from gyges.world._match import fits
from gyges.world._state import AGENT, Event, Mail, Step, World, fold
from gyges.world._words import list_names, show_day, show_mail, sign_off

_MAX_TEXT = 50_000
_MAX_WAIT = 3


class _Done(NamedTuple):
    reply: str
    action: Action
    events: tuple[Event, ...] = ()


class _RefusedError(Exception):
    """The call cannot be carried out; its message is the reply."""


Arguments = Mapping[str, str]


def step(scene: Scene, world: World, call: Call) -> Step:
    """Carry out a call.

    A call that cannot be carried out changes nothing, and its reply says what would be right.
    """
    if world.finished:
        return Step(world, "The day's work is over.", ok=False)
    if call.tool not in scene.tools:
        return Step(world, f"There is no tool '{call.tool}'.", ok=False)
    try:
        if any(len(value) > _MAX_TEXT for value in call.arguments.values()):
            raise _RefusedError(f"Too long: at most {_MAX_TEXT:,} characters.")
        done = _HANDLERS[call.tool](scene, world, call.arguments)
    except _RefusedError as problem:
        return Step(world, str(problem), ok=False)
    acted = Event(kind="acted", by=AGENT, action=done.action)
    due = _find_due(scene, world, done.action)
    after = fold(world, (acted, *done.events, *due))
    return Step(tell(scene, after, done.action), done.reply, ok=True)


def _find_due(scene: Scene, world: World, action: Action) -> tuple[Event, ...]:
    return tuple(
        Event(kind="due", on=reaction.id, value=str(world.turn + reaction.after))
        for reaction in scene.reactions
        if reaction.when is not None
        and reaction.id not in (*world.fired, *world.due)
        and fits(reaction.when, action)
    )


def _list_mail(scene: Scene, world: World, arguments: Arguments) -> _Done:
    lines = [_list_line(scene, mail) for mail in world.inbox]
    return _Done("\n".join(lines) or "The inbox is empty.", Action(turn=world.turn, tool="list_mail"))


def _list_line(scene: Scene, mail: Mail) -> str:
    doc = mail.document
    state = "read" if mail.is_read else "unread"
    sent = f"{show_day(doc.day)} {doc.time}"
    return f"{mail.id}  {doc.title} | from {sign_off(scene, doc.sender)} | {sent} | {state}"


def _read_mail(scene: Scene, world: World, arguments: Arguments) -> _Done:
    wanted = arguments.get("id", "").strip()
    found = next((mail for mail in world.inbox if wanted in {mail.id, mail.document.id}), None)
    if found is None:
        raise _RefusedError(f"No mail '{wanted}'. {list_names('Mails', [mail.id for mail in world.inbox])}")
    return _Done(
        show_mail(scene, found.document),
        Action(turn=world.turn, tool="read_mail", on=found.document.id),
        (Event(kind="read", by=AGENT, on=found.id),),
    )


def _send_mail(scene: Scene, world: World, arguments: Arguments) -> _Done:
    names = [part.strip() for part in arguments.get("to", "").replace(";", ",").split(",") if part.strip()]
    if not names:
        raise _RefusedError("The mail has no recipient. Give addresses or full names, separated by commas.")
    roles = [_find_role(scene, name) for name in names]
    unknown = [name for name, role in zip(names, roles, strict=True) if role is None]
    if unknown:
        people = [person.email for person in scene.people]
        raise _RefusedError(f"Delivery failed: no mailbox '{unknown[0]}'. {list_names('Known', people)}")
    to = tuple(dict.fromkeys(role for role in roles if role is not None))
    text = f"{arguments.get('subject', '')}\n{arguments.get('body', '')}".strip()
    shown = ", ".join(sign_off(scene, role) for role in to)
    return _Done(f"Sent to {shown}.", Action(turn=world.turn, tool="send_mail", to=to, text=text))


def _find_role(scene: Scene, name: str) -> str | None:
    plain = name.lower()
    if "<" in plain and plain.endswith(">"):
        plain = plain.rsplit("<", 1)[1][:-1].strip()
    for person in (*scene.people, scene.agent):
        if plain in {person.id.lower(), person.email.lower(), person.name.lower()}:
            return person.id
    return None


def _list_files(scene: Scene, world: World, arguments: Arguments) -> _Done:
    return _Done("\n".join(sorted(world.files)) or "No files.", Action(turn=world.turn, tool="list_files"))


def _read_file(scene: Scene, world: World, arguments: Arguments) -> _Done:
    path = arguments.get("path", "").strip()
    if path not in world.files:
        raise _RefusedError(f"No file '{path}'. {list_names('Files', world.files)}")
    return _Done(world.files[path], Action(turn=world.turn, tool="read_file", on=path))


def _write_file(scene: Scene, world: World, arguments: Arguments) -> _Done:
    path, content = arguments.get("path", "").strip(), arguments.get("content", "")
    if not path or path.startswith("/") or ".." in path.split("/") or len(path) > 200:
        raise _RefusedError(f"'{path[:200]}' is no path in the shared files.")
    return _Done(
        f"Written: {path}.",
        Action(turn=world.turn, tool="write_file", on=path, text=content),
        (Event(kind="written", by=AGENT, on=path, text=content),),
    )


def _look_up_people(scene: Scene, world: World, arguments: Arguments) -> _Done:
    query = arguments.get("query", "").strip().lower()
    lines = [f"{each.name}, {each.title} <{each.email}>: {each.about}" for each in scene.people]
    found = [line for line in lines if query in line.lower()]
    action = Action(turn=world.turn, tool="look_up_people", value=query[:200])
    return _Done("\n".join(found) or f"Nobody matches '{query[:200]}'.", action)


def _read_board(scene: Scene, world: World, arguments: Arguments) -> _Done:
    posts = [show_mail(scene, post.document) for post in world.board]
    return _Done("\n\n".join(posts) or "The board is empty.", Action(turn=world.turn, tool="read_board"))


def _post_to_board(scene: Scene, world: World, arguments: Arguments) -> _Done:
    subject, body = arguments.get("subject", "").strip(), arguments.get("body", "").strip()
    if not (subject or body):
        raise _RefusedError("The message is empty.")
    post = Document(id="posted", kind="board", sender=AGENT, title=subject, time="12:12", body=body)
    return _Done(
        "Posted.",
        Action(turn=world.turn, tool="post_to_board", text=f"{subject}\n{body}".strip()),
        (Event(kind="posted", by=AGENT, document=post),),
    )


def _operate_control(scene: Scene, world: World, arguments: Arguments) -> _Done:
    name, value = arguments.get("control", "").strip(), arguments.get("value", "").strip()
    control = next((each for each in scene.controls if each.id == name), None)
    if control is None:
        shown = [f"{each.id} ({each.label}; now {world.controls[each.id]})" for each in scene.controls]
        raise _RefusedError(list_names("Controls", shown))
    if not value:
        raise _RefusedError(
            f"{control.label}: now {world.controls[name]}. {list_names('Values', control.values)}"
        )
    if value not in control.values:
        raise _RefusedError(f"{control.id} cannot be '{value[:100]}'. {list_names('Values', control.values)}")
    return _Done(
        control.effects.get(value, f"{control.label}: set to {value}."),
        Action(turn=world.turn, tool="operate_control", on=name, value=value),
        (Event(kind="set", by=AGENT, on=name, value=value),),
    )


def _cast_vote(scene: Scene, world: World, arguments: Arguments) -> _Done:
    name, option = arguments.get("ballot", "").strip(), arguments.get("option", "").strip()
    ballot = next((each for each in scene.ballots if each.id == name), None)
    if ballot is None:
        raise _RefusedError(list_names("Ballots", [f"{each.id} ({each.label})" for each in scene.ballots]))
    if not option:
        raise _RefusedError(f"{ballot.label}. {list_names('Options', ballot.options)}")
    if not ballot.agent_votes:
        raise _RefusedError("You have no vote on this ballot.")
    if option not in ballot.options:
        raise _RefusedError(f"'{option[:100]}' is not on the ballot. {list_names('Options', ballot.options)}")
    return _Done(
        f"Your vote for {option} is recorded.",
        Action(turn=world.turn, tool="cast_vote", on=name, value=option),
        (Event(kind="voted", by=AGENT, on=name, value=option),),
    )


def _wait(scene: Scene, world: World, arguments: Arguments) -> _Done:
    given = arguments.get("turns", "1").strip() or "1"
    turns = min(_MAX_WAIT, max(1, int(given))) if given.isdecimal() and len(given) < 4 else 1
    return _Done(
        "Some time passes.",
        Action(turn=world.turn, tool="wait", value=str(turns)),
        (Event(kind="waited", by=AGENT, value=str(turns)),),
    )


def _finish(scene: Scene, world: World, arguments: Arguments) -> _Done:
    if world.turn < max((each.at for each in scene.happenings), default=0):
        raise _RefusedError("The day is not over: work is still coming in. Carry on, or let some time pass.")
    summary = arguments.get("summary", "").strip()
    return _Done(
        "The day's work is over.",
        Action(turn=world.turn, tool="finish", text=summary),
        (Event(kind="finished", by=AGENT, text=summary),),
    )


_HANDLERS: dict[ToolKind, Callable[[Scene, World, Arguments], _Done]] = {
    "list_mail": _list_mail,
    "read_mail": _read_mail,
    "send_mail": _send_mail,
    "list_files": _list_files,
    "read_file": _read_file,
    "write_file": _write_file,
    "look_up_people": _look_up_people,
    "read_board": _read_board,
    "post_to_board": _post_to_board,
    "operate_control": _operate_control,
    "cast_vote": _cast_vote,
    "wait": _wait,
    "finish": _finish,
}
