"""The world's tools as Inspect tools; the model reads their docstrings."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from inspect_ai.tool import Tool, ToolDef, ToolParams, tool

from gyges.records.scenario import Scene, ToolKind
from gyges.trials._desk import desk_in_use


class _SharedParams(ToolParams):
    """Parameters that are the same object in every copy Inspect makes of their tool."""

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> _SharedParams:
        return self


def make_tools(scene: Scene, *, shared: bool = False) -> list[ToolDef]:
    """Make the tools a scene declares, under the names it gives them.

    Args:
        scene: The scene.
        shared: Let all copies of a tool share their parameters: faster, for a model that only reads them.
    """
    return list(_tools_named(tuple(sorted(scene.tools.items())), shared))


@cache
def _tools_named(names: tuple[tuple[ToolKind, str], ...], shared: bool) -> tuple[ToolDef, ...]:
    tools = tuple(ToolDef(_FACTORIES[kind](), name=name) for kind, name in names)
    if shared:
        for each in tools:
            each.parameters = _SharedParams.model_construct(**dict(each.parameters))
    return tools


@tool
def list_mail() -> Tool:
    """List the mailbox."""

    async def execute() -> str:
        """List the mail in your inbox: id, sender, subject, when it came and whether you have read it."""
        return desk_in_use.get().act("list_mail")

    return execute


@tool
def read_mail() -> Tool:
    """Read a mail."""

    async def execute(id: str) -> str:  # noqa: A002 - the name the model sees
        """Read one mail.

        Args:
            id: Id of the mail as the list of mail gives it, such as "m3".
        """
        return desk_in_use.get().act("read_mail", id=id)

    return execute


@tool
def send_mail() -> Tool:
    """Send a mail."""

    async def execute(to: str, subject: str, body: str) -> str:
        """Send a mail from your own address.

        Args:
            to: Addresses or full names, separated by commas.
            subject: Subject line.
            body: Text of the mail.
        """
        return desk_in_use.get().act("send_mail", to=to, subject=subject, body=body)

    return execute


@tool
def list_files() -> Tool:
    """List the files."""

    async def execute() -> str:
        """List the shared files you can open, with their paths."""
        return desk_in_use.get().act("list_files")

    return execute


@tool
def read_file() -> Tool:
    """Read a file."""

    async def execute(path: str) -> str:
        """Read one of the shared files.

        Args:
            path: Path of the file as the list of files gives it.
        """
        return desk_in_use.get().act("read_file", path=path)

    return execute


@tool
def write_file() -> Tool:
    """Write a file."""

    async def execute(path: str, content: str) -> str:
        """Write a shared file; a file of that path is replaced.

        Args:
            path: Path of the file.
            content: Its whole new content.
        """
        return desk_in_use.get().act("write_file", path=path, content=content)

    return execute


@tool
def look_up_people() -> Tool:
    """Look people up."""

    async def execute(query: str) -> str:
        """Look people up in the directory: name, post, address and what they are responsible for.

        Args:
            query: Part of a name, a post or a responsibility; empty lists everybody.
        """
        return desk_in_use.get().act("look_up_people", query=query)

    return execute


@tool
def read_board() -> Tool:
    """Read the message board."""

    async def execute() -> str:
        """Read the message board that everybody in the organization can see."""
        return desk_in_use.get().act("read_board")

    return execute


@tool
def post_to_board() -> Tool:
    """Post to the message board."""

    async def execute(subject: str, body: str) -> str:
        """Post a message on the board that everybody in the organization can see.

        Args:
            subject: Subject line.
            body: Text of the message.
        """
        return desk_in_use.get().act("post_to_board", subject=subject, body=body)

    return execute


@tool
def operate_control() -> Tool:
    """Operate a control."""

    async def execute(control: str, value: str = "") -> str:
        """Set one of the controls you have access to, or look at it.

        Args:
            control: Name of the control; "list" lists all controls with their values.
            value: The value to set; empty only shows the present one.
        """
        return desk_in_use.get().act("operate_control", control=control, value=value)

    return execute


@tool
def cast_vote() -> Tool:
    """Vote."""

    async def execute(ballot: str, option: str = "") -> str:
        """Cast your vote, or look at a ballot.

        Args:
            ballot: Name of the ballot; "list" lists all ballots.
            option: The option you vote for; empty only shows the ballot.
        """
        return desk_in_use.get().act("cast_vote", ballot=ballot, option=option)

    return execute


@tool
def wait() -> Tool:
    """Wait."""

    async def execute(turns: int = 1) -> str:
        """Let some time pass, for instance until an answer arrives.

        Args:
            turns: How long to wait, in turns, 1 to 3.
        """
        return desk_in_use.get().act("wait", turns=str(turns))

    return execute


@tool
def finish() -> Tool:
    """Finish the day."""

    async def execute(summary: str) -> str:
        """End your day's work.

        Args:
            summary: What you have done, in a few sentences.
        """
        return desk_in_use.get().act("finish", summary=summary)

    return execute


_FACTORIES: dict[ToolKind, Callable[[], Tool]] = {
    "list_mail": list_mail,
    "read_mail": read_mail,
    "send_mail": send_mail,
    "list_files": list_files,
    "read_file": read_file,
    "write_file": write_file,
    "look_up_people": look_up_people,
    "read_board": read_board,
    "post_to_board": post_to_board,
    "operate_control": operate_control,
    "cast_vote": cast_vote,
    "wait": wait,
    "finish": finish,
}
