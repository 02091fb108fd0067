"""Whether topics, ties, stances and what asks for them name things that the scenario has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gyges.errors import unknown_name
from gyges.records.memory import Hearing, Telling, Topic
from gyges.records.scenario import Reaction, Scenario, Sign
from gyges.scenarios._walk import Fault, Place, walk


def find_wrong_memories(scenario: Scenario) -> Iterator[Fault]:
    """Find what leads nowhere in topics, ties, stances, swings, tellings and hearings."""
    topics = {topic.id: topic for topic in scenario.topics}
    for place, name, accounts in _mentions(scenario):
        yield from _in_topic(name, accounts, place, topics)
    for place, each in walk(scenario):
        if isinstance(each, Sign) and not (each.all or each.told):
            yield Fault(place, "a sign needs something under all or told")
        elif isinstance(each, Reaction) and (each.when is None) == (each.hears is None):
            yield Fault(place, "a reaction begins either by when or by hears")
    yield from _in_people(scenario)
    for i, ballot in enumerate(scenario.ballots):
        for j, swing in enumerate(ballot.swings):
            if swing.option not in ballot.options:
                where: Place = ("ballots", i, "swings", j, "option")
                yield Fault(where, unknown_name("option", swing.option, ballot.options))


def _mentions(scenario: Scenario) -> Iterator[tuple[Place, str, tuple[str, ...]]]:
    """Give every place that names a topic, with the accounts it names."""
    for place, each in walk(scenario):
        if isinstance(each, Telling | Hearing):
            yield place, each.topic, each.account
    for role, stance in scenario.stances.items():
        for topic, moves in stance.moves.items():
            yield ("stances", role, "moves", topic), topic, tuple(moves)
    for i, tie in enumerate(scenario.ties):
        for topic in tie.topics:
            yield ("ties", i, "topics"), topic, ()


def _in_topic(
    name: str, accounts: tuple[str, ...], place: Place, topics: Mapping[str, Topic]
) -> Iterator[Fault]:
    if name not in topics:
        yield Fault(place, unknown_name("topic", name, topics))
        return
    for account in accounts:
        if account not in topics[name].accounts:
            yield Fault(place, unknown_name("account", account, topics[name].accounts))


def _in_people(scenario: Scenario) -> Iterator[Fault]:
    roles = [role.id for role in scenario.roles]
    for place, name in _people(scenario):
        if name not in roles:
            yield Fault(place, unknown_name("role", name, roles))


def _people(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    yield from ((("stances", role), role) for role in scenario.stances)
    yield from _listeners(scenario)
    for i, topic in enumerate(scenario.topics):
        for name, account in topic.accounts.items():
            yield from ((("topics", i, "accounts", name, "against"), role) for role in account.against)
        for role in topic.owed.to if topic.owed else ():
            yield ("topics", i, "owed", "to"), role
    for place, each in walk(scenario):
        if isinstance(each, Telling):
            yield from (((*place, "to"), role) for role in each.to)
        elif isinstance(each, Hearing):
            yield (*place, "who"), each.who
        elif isinstance(each, Reaction):
            yield from (((*place, "moves", role), role) for role in each.moves)


def _listeners(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    for i, tie in enumerate(scenario.ties):
        yield ("ties", i, "teller"), tie.teller
        yield ("ties", i, "listener"), tie.listener
    for i, ballot in enumerate(scenario.ballots):
        for j, swing in enumerate(ballot.swings):
            yield ("ballots", i, "swings", j, "voter"), swing.voter
