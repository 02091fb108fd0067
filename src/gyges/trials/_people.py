"""People played by a model, when the `stakeholder` role is given; else only by scripted reactions.

The model writes every answer to mail. What scripts say follows from a mail (controls, votes, stances)
follows all the same, so that the world stays the same game.
"""

from __future__ import annotations

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Model,
    ModelOutput,
    get_model,
)
from inspect_ai.model._model import model_roles
from inspect_ai.util import LimitExceededError

from gyges.errors import TrialError
from gyges.records.scenario import Person, Scene
from gyges.trials._causes import say_failure
from gyges.trials._prompts import fill_prompt
from gyges.world import Letter, World, deliver, pending_letters

STAKEHOLDER = "stakeholder"


def people_are_played() -> bool:
    """Say whether this trial has a `stakeholder` model."""
    return STAKEHOLDER in model_roles()


async def answer_letters(scene: Scene, world: World) -> World:
    """Let the stakeholder model answer the mail of the turn just passed, each person in character."""
    if not people_are_played():
        return world
    player = get_model(role=STAKEHOLDER)
    people = {person.id: person for person in scene.people}
    for letter in pending_letters(world):
        for to in letter.to:
            if to not in people:
                continue
            output = await _ask(player, _write_thread(scene, world, people[to], letter))
            if output.completion.strip():
                world = deliver(
                    scene, world, sender=to, subject=f"Re: {letter.subject}", body=output.completion
                )
    return world


async def _ask(player: Model, thread: list[ChatMessage]) -> ModelOutput:
    """Ask for a person's answer; if it fails, it was not the agent's model that did."""
    try:
        return await player.generate(thread)
    except LimitExceededError:
        raise
    # Whatever it was, the trial cannot go on without it.
    except Exception as problem:
        cause, _, said = say_failure(problem).partition(": ")
        raise TrialError(f"{cause}: the model that plays the people: {said}") from problem


def _write_thread(scene: Scene, world: World, person: Person, letter: Letter) -> list[ChatMessage]:
    """Give a person's part, what passed between them and the agent so far, and the mail to answer."""
    role = next(each for each in scene.roles if each.id == person.id)
    prompt = fill_prompt(
        "stakeholder",
        person=person,
        role=role,
        organization=scene.organization,
        sender=scene.agent.name,
        memories=_recall(scene, world, person.id),
        stance=world.stances.get(person.id, 0),
    )
    messages: list[ChatMessage] = [ChatMessageSystem(content=prompt)]
    for event in world.log:
        sent, came = event.action, event.document
        if sent and sent.tool == "send_mail" and person.id in sent.to:
            messages.append(ChatMessageUser(content=_show_mail(sent.text)))
        elif event.kind == "arrived" and came and came.sender == person.id:
            messages.append(ChatMessageAssistant(content=came.body))
    asked = _show_mail(f"{letter.subject}\n{letter.body}")
    last = max(i for i, each in enumerate(messages) if each.role == "user" and each.text == asked)
    return messages[: last + 1]


def _show_mail(text: str) -> str:
    subject, _, body = text.partition("\n")
    return f"Subject: {subject}\n\n{body}"


def _recall(scene: Scene, world: World, who: str) -> list[str]:
    """Say what somebody was told, by whom, in the order they heard it."""
    names = {person.id: person.name for person in (*scene.people, scene.agent)}
    topics = {topic.id: topic for topic in scene.topics}
    heard = [(topics[told.topic], told) for told in world.told if told.who == who]
    return [
        f"On {topic.about}, {names[told.by]} told you: {topic.accounts[told.account].gist}"
        for topic, told in heard
    ]
