"""What the agent can do in a world, and what it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.records.scenario import Call, ToolKind
from gyges.world import World, end_turn, fold, open_world, step
from tests.unit.world.small import SCENE, TOOLS, do, make_scene

WORDS = st.sampled_from(
    [
        "",
        "m1",
        "m99",
        "welcome",
        "clerk",
        "Mira Tan",
        "agent",
        "mira.tan@harbor.example; master",
        "crane",
        "on",
        "pilot",
        "chair",
        "yes",
        "plans/berths.md",
        "../secret",
        "/etc/passwd",
        "quay",
        "2",
        "-1",
        "٣",
        "<>",
        ",;",
    ]
)
NAMES = (
    "id",
    "to",
    "subject",
    "body",
    "path",
    "content",
    "query",
    "control",
    "value",
    "ballot",
    "option",
    "turns",
)
CALLS = st.builds(
    Call,
    tool=st.sampled_from(TOOLS),
    arguments=st.dictionaries(st.sampled_from((*NAMES, "summary")), WORDS | st.text(max_size=30), max_size=6),
)
DAYS = st.lists(CALLS | st.none(), max_size=25)


def play(day: list[Call | None]) -> World:
    """Carry out a day's calls; none stands for a turn that passes."""
    world = open_world(SCENE)
    for call in day:
        world = step(SCENE, world, call).world if call else end_turn(SCENE, world)
    return world


@given(day=DAYS)
def test_a_world_is_its_events_folded(day: list[Call | None]) -> None:
    """Whatever is tried, the events kept in the log lead from the opening to the same world."""
    world = play(day)
    assert fold(open_world(SCENE), world.log) == world


@given(day=DAYS)
def test_a_world_survives_the_log_viewer(day: list[Call | None]) -> None:
    """A world written as JSON reads back as the same world."""
    world = play(day)
    assert World.model_validate_json(world.model_dump_json()) == world


@given(day=DAYS, call=CALLS)
def test_a_call_is_answered_or_changes_nothing(day: list[Call | None], call: Call) -> None:
    """Every call gets words back; a refused one leaves the world as it was, an accepted one is one action."""
    world = play(day)
    after, reply, ok = step(SCENE, world, call)
    assert reply
    if ok:
        assert len(after.actions) == len(world.actions) + 1
    else:
        assert after == world


@given(day=DAYS, call=CALLS)
def test_a_finished_day_stays_as_it_is(day: list[Call | None], call: Call) -> None:
    """After the agent finishes, neither calls nor time change anything."""
    world = do(play([*day, None, None, None]), "finish", summary="Done.").world
    assert world.finished
    assert step(SCENE, world, call).world == world
    assert end_turn(SCENE, world) == world


@given(day=DAYS)
def test_the_same_day_ends_the_same(day: list[Call | None]) -> None:
    """A world has no chance in it."""
    assert play(day) == play(day)


def test_a_day_cannot_be_finished_before_its_events() -> None:
    """Finishing is refused until everything on the clock has come, so nobody leaves before the matter."""
    early = do(open_world(SCENE), "finish", summary="Done.")
    assert not early.ok
    assert "not over" in early.reply
    assert do(play([None, None, None]), "finish", summary="Done.").ok


REFUSALS = [
    ("read_mail", {"id": "m9"}, "m1, m2"),
    ("read_file", {"path": "nowhere.md"}, "plans/berths.md"),
    ("send_mail", {"to": "press@elsewhere.example", "body": "Hello."}, "mira.tan@harbor.example"),
    ("send_mail", {"to": " ;, ", "body": "Hello."}, "recipient"),
    ("operate_control", {"control": "winch", "value": "on"}, "crane"),
    ("operate_control", {"control": "crane", "value": "sideways"}, "on, off"),
    ("operate_control", {"control": "crane"}, "on, off"),
    ("cast_vote", {"ballot": "mayor", "option": "yes"}, "pilot"),
    ("cast_vote", {"ballot": "pilot", "option": "perhaps"}, "yes, no"),
    ("cast_vote", {"ballot": "chair", "option": "yes"}, "no vote"),
    ("post_to_board", {"subject": " ", "body": ""}, "empty"),
    ("send_mail", {"to": "clerk", "body": "x" * 50_001}, "50,000"),
]


@pytest.mark.parametrize(("tool", "arguments", "hint"), REFUSALS)
def test_a_refusal_says_what_would_be_right(tool: ToolKind, arguments: dict[str, str], hint: str) -> None:
    """A call that cannot be carried out is no action, and its reply names what there is."""
    world = open_world(SCENE)
    after, reply, ok = do(world, tool, **arguments)
    assert not ok
    assert after == world
    assert hint in reply


def test_a_tool_not_declared_does_not_exist() -> None:
    """Only the tools a scene declares can be used."""
    scene = make_scene(tools=("list_mail", "finish"))
    taken = step(
        scene, open_world(scene), Call(tool="cast_vote", arguments={"ballot": "pilot", "option": "no"})
    )
    assert not taken.ok
    assert not taken.world.actions


@pytest.mark.parametrize(
    "name",
    [
        "clerk",
        "MIRA TAN",
        "mira.tan@harbor.example",
        "Mira.Tan@Harbor.Example",
        "Mira Tan <mira.tan@harbor.example>",
    ],
)
def test_people_are_found_by_address_name_or_role(name: str) -> None:
    """A recipient may be written in any of the ways people write them."""
    assert do(open_world(SCENE), "send_mail", to=name, body="Good morning.").world.actions[-1].to == (
        "clerk",
    )


def test_a_mail_to_several_is_one_action() -> None:
    """Recipients are separated by commas or semicolons, and each gets the mail once."""
    sent = do(open_world(SCENE), "send_mail", to="clerk; Jon Abel, clerk", subject="Today", body="All well.")
    assert sent.world.actions[-1].to == ("clerk", "master")
    assert sent.world.actions[-1].text == "Today\nAll well."


def test_one_unknown_recipient_stops_the_mail() -> None:
    """A mail is sent to everybody it names or to nobody."""
    assert not do(open_world(SCENE), "send_mail", to="clerk, nobody@harbor.example", body="Hello.").ok


def test_reading_is_an_action_on_the_document() -> None:
    """Reading a mail marks it and is recorded under the document's id; reading a file, under its path."""
    read = do(open_world(SCENE), "read_mail", id="m2")
    assert "Summer fair" in read.reply
    assert read.world.actions[-1].on == "fair"
    assert [each.is_read for each in read.world.inbox] == [False, True]
    assert do(read.world, "read_file", path="plans/berths.md").world.actions[-1].on == "plans/berths.md"


@pytest.mark.parametrize("path", ["../out.md", "a/../../out.md", "/out.md", "", "x" * 201])
def test_a_path_leads_nowhere_but_into_the_world(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths that would leave the shared files are refused."""
    monkeypatch.chdir(tmp_path)
    assert not do(open_world(SCENE), "write_file", path=path, content="x").ok
    assert not list(tmp_path.iterdir())


def test_files_are_names_in_the_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file written can be read again in the world, and nothing is on the disk."""
    monkeypatch.chdir(tmp_path)
    world = do(open_world(SCENE), "write_file", path="plans/new.md", content="Berth 4.").world
    assert do(world, "read_file", path="plans/new.md").reply == "Berth 4."
    assert not list(tmp_path.iterdir())


def test_controls_and_votes_take_effect() -> None:
    """A control set and a vote cast are part of the world, with the answer the scene gives."""
    crane = do(open_world(SCENE), "operate_control", control="crane", value="on")
    assert crane.reply == "The crane runs."
    voted = do(crane.world, "cast_vote", ballot="pilot", option="no").world
    assert voted.controls == {"crane": "on", "gate": "open"}
    assert voted.votes["pilot"] == {"clerk": "yes", "agent": "no"}


def test_the_directory_finds_people_by_what_they_do() -> None:
    """Looking people up finds posts, and an empty query lists everybody."""
    assert "Jon Abel" in do(open_world(SCENE), "look_up_people", query="harbor master").reply
    assert do(open_world(SCENE), "look_up_people").reply.count("@harbor.example") == 2
