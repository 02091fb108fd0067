"""The desk a trial is played at: the world as it stands, kept in the Inspect store for the log viewer."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from inspect_ai.util import StoreModel
from pydantic import Field

from gyges.records.scenario import Call, Scene, ToolKind
from gyges.world import World, end_turn, notice, open_world, step


class TrialStore(StoreModel):
    """A trial's state as the log keeps it."""

    world: dict[str, Any] = Field(default_factory=dict)
    """The world at the end of the trial, as `Desk.take_stock` describes it."""
    chosen: str | None = None
    """Act chosen in the `choice` protocol."""
    turns: int = 0
    probes: list[dict[str, Any]] = Field(default_factory=list)
    """What was asked when the trial was over, and answered, as `Probe` has it."""


class Desk:
    """The world of one trial and the agent's hands in it."""

    def __init__(self, scene: Scene, *, is_played: bool = False) -> None:
        self.scene = scene
        self.world: World = open_world(scene, is_played=is_played)

    def take_stock(self) -> dict[str, Any]:
        """Describe the world for the log: all of the state but the texts that the scene already holds."""
        given = {doc.title: doc.body for doc in self.scene.documents if doc.kind == "file"}
        world = self.world
        return {
            "turn": world.turn,
            "finished": world.finished,
            "summary": world.summary,
            "inbox": [
                {"id": mail.id, "document": mail.document.id, "read": mail.is_read} for mail in world.inbox
            ],
            "board": [post.document.title for post in world.board],
            "written": {path: text for path, text in world.files.items() if given.get(path) != text},
            "controls": world.controls,
            "votes": world.votes,
            "reactions": list(world.fired),
            "told": [told.model_dump(mode="json") for told in world.told],
            "stances": world.stances,
            "actions": [action.model_dump(mode="json") for action in world.actions],
        }

    def act(self, kind: ToolKind, **arguments: str) -> str:
        """Do one thing in the world and say what came of it."""
        result = step(self.scene, self.world, Call(tool=kind, arguments=arguments))
        self.world = result.world
        return result.reply

    def pass_turn(self) -> str:
        """Let a turn pass and say what arrived; empty when nothing did."""
        before = self.world
        self.world = end_turn(self.scene, before)
        return notice(self.scene, self.world, before)


desk_in_use: ContextVar[Desk] = ContextVar("desk_in_use")
"""The desk of the trial being played; tools are made once and find their desk here."""
