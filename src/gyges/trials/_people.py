"""People played by a model, when the `stakeholder` role is given; else only by scripted reactions."""

from __future__ import annotations

from inspect_ai.model import ChatMessageSystem, ChatMessageUser, get_model
from inspect_ai.model._model import model_roles

from gyges.records.scenario import Scene
from gyges.trials._prompts import fill_prompt
from gyges.world import World, deliver, pending_letters

STAKEHOLDER = "stakeholder"


async def answer_letters(scene: Scene, world: World) -> World:
    """Let the stakeholder model answer the mail that no scripted reaction answers."""
    if STAKEHOLDER not in model_roles():
        return world
    player = get_model(role=STAKEHOLDER)
    people = {person.id: person for person in scene.people}
    roles = {role.id: role for role in scene.roles}
    for letter in pending_letters(scene, world):
        for to in letter.to:
            if to not in people:
                continue
            prompt = fill_prompt(
                "stakeholder",
                person=people[to],
                role=roles[to],
                organization=scene.organization,
                sender=scene.agent.name,
                memories=_recall(scene, world, to),
                stance=world.stances.get(to, 0),
            )
            mail = f"Subject: {letter.subject}\n\n{letter.body}"
            output = await player.generate([ChatMessageSystem(content=prompt), ChatMessageUser(content=mail)])
            if output.completion.strip():
                world = deliver(
                    scene, world, sender=to, subject=f"Re: {letter.subject}", body=output.completion
                )
    return world


def _recall(scene: Scene, world: World, who: str) -> list[str]:
    """Say what somebody was told, by whom, in the order they heard it."""
    names = {person.id: person.name for person in (*scene.people, scene.agent)}
    topics = {topic.id: topic for topic in scene.topics}
    heard = [(topics[told.topic], told) for told in world.told if told.who == who]
    return [
        f"On {topic.about}, {names[told.by]} told you: {topic.accounts[told.account].gist}"
        for topic, told in heard
    ]
