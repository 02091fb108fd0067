"""Whether calls and signs name tools, controls, ballots and options that the scenario has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gyges.errors import unknown_name
from gyges.records.scenario import Call, Control, Happening, Match, Reaction, Scenario
from gyges.scenarios._walk import Fault, Place, walk

_TAKES: dict[str, frozenset[str]] = {
    "read_mail": frozenset({"id"}),
    "send_mail": frozenset({"to", "subject", "body"}),
    "read_file": frozenset({"path"}),
    "write_file": frozenset({"path", "content"}),
    "look_up_people": frozenset({"query"}),
    "post_to_board": frozenset({"subject", "body"}),
    "operate_control": frozenset({"control", "value"}),
    "cast_vote": frozenset({"ballot", "option"}),
    "wait": frozenset({"turns"}),
    "finish": frozenset({"summary"}),
}
"""What each tool must be given; the others take nothing."""


def find_wrong_things(scenario: Scenario) -> Iterator[Fault]:
    """Find what leads nowhere in calls, signs, reactions, happenings and controls."""
    controls = {each.id: each.values for each in scenario.controls}
    ballots = {each.id: each.options for each in scenario.ballots}
    for place, each in walk(scenario):
        if isinstance(each, Match):
            yield from _in_match(each, place, controls, ballots)
            yield from _in_tools(each.did, (*place, "did"), scenario)
        elif isinstance(each, Call):
            yield from _in_call(each, place, controls, ballots)
            yield from _in_tools(each.tool, (*place, "tool"), scenario)
        elif isinstance(each, Reaction | Happening):
            for name, value in each.sets.items():
                yield from _in_values(name, (value,), (*place, "sets", name), controls, "control")
        elif isinstance(each, Control):
            for value in (each.start, *each.effects):
                yield from _in_values(each.id, (value,), place, controls, "control")
        if isinstance(each, Reaction):
            yield from _in_votes(each, place, scenario, ballots)


def _in_tools(tool: str, place: Place, scenario: Scenario) -> Iterator[Fault]:
    if tool not in scenario.tools:
        yield Fault(place, f"the tool '{tool}' is not declared under tools")


def _in_match(
    match: Match,
    place: Place,
    controls: Mapping[str, tuple[str, ...]],
    ballots: Mapping[str, tuple[str, ...]],
) -> Iterator[Fault]:
    if match.did == "operate_control" and match.on is not None:
        yield from _in_values(match.on, match.value, (*place, "on"), controls, "control")
    if match.did == "cast_vote" and match.on is not None:
        yield from _in_values(match.on, match.value, (*place, "on"), ballots, "ballot")


def _in_call(
    call: Call, place: Place, controls: Mapping[str, tuple[str, ...]], ballots: Mapping[str, tuple[str, ...]]
) -> Iterator[Fault]:
    given = call.arguments
    needed = _TAKES.get(call.tool, frozenset())
    if set(given) != needed:
        takes = ", ".join(sorted(needed)) or "nothing"
        found = ", ".join(sorted(given)) or "nothing"
        yield Fault((*place, "arguments"), f"the tool '{call.tool}' takes {takes}, found {found}")
    elif call.tool == "operate_control":
        yield from _in_values(given["control"], (given["value"],), (*place, "arguments"), controls, "control")
    elif call.tool == "cast_vote":
        yield from _in_values(given["ballot"], (given["option"],), (*place, "arguments"), ballots, "ballot")


def _in_votes(
    reaction: Reaction, place: Place, scenario: Scenario, ballots: Mapping[str, tuple[str, ...]]
) -> Iterator[Fault]:
    voters = {each.id: each.voters for each in scenario.ballots}
    for ballot, votes in reaction.votes.items():
        here = (*place, "votes", ballot)
        for voter, option in votes.items():
            yield from _in_values(ballot, (option,), here, ballots, "ballot")
            if ballot in voters and voter not in voters[ballot]:
                yield Fault((*here, voter), unknown_name("voter", voter, voters[ballot]))


def _in_values(
    name: str, values: tuple[str, ...], place: Place, known: Mapping[str, tuple[str, ...]], kind: str
) -> Iterator[Fault]:
    if name not in known:
        yield Fault(place, unknown_name(kind, name, known))
        return
    for value in values:
        if value not in known[name]:
            word = "option" if kind == "ballot" else "value"
            yield Fault(place, unknown_name(word, value, known[name]))
