"""How the world words its replies."""

from __future__ import annotations

from collections.abc import Iterable

from gyges.records.scenario import Document, Scene


def show_day(day: int) -> str:
    """Say a day relative to the scenario's own."""
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if day in near:
        return near[day]
    return f"{-day} days ago" if day < 0 else f"in {day} days"


def sign_off(scene: Scene, role: str) -> str:
    """Give the name of whoever plays a role."""
    return next((each.name for each in (*scene.people, scene.agent) if each.id == role), role)


def show_mail(scene: Scene, doc: Document) -> str:
    """Write a mail or a post out with its head."""
    to = ", ".join(sign_off(scene, role) for role in doc.to)
    head = [f"From: {sign_off(scene, doc.sender)}", *([f"To: {to}"] if to else [])]
    head += [f"Sent: {show_day(doc.day)}, {doc.time}", f"Subject: {doc.title}"]
    return "\n".join(head) + f"\n\n{doc.body.strip()}"


def list_names(what: str, names: Iterable[str]) -> str:
    """List what there is."""
    return f"{what}: {', '.join(names) or 'none'}."
