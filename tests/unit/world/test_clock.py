"""What time brings."""

from __future__ import annotations

import pytest

from gyges.records.scenario import Call
from gyges.world import deliver, end_turn, notice, open_world, pending_letters, step
from tests.unit.world.small import SCENE, do, do_all, mail

POST = Call(tool="post_to_board", arguments={"subject": "Tides", "body": "High at noon."})


def test_the_notice_arrives_on_its_turn() -> None:
    """A happening comes at its turn, not before, and the agent is told."""
    before = do_all(turns=2)
    after = end_turn(SCENE, before)
    assert [len(world.inbox) for world in (before, after)] == [2, 3]
    assert after.controls["gate"] == "shut"
    assert notice(SCENE, after, before) == "New mail: m3, Change of plan, from Mira Tan."


def test_a_quiet_turn_needs_no_notice() -> None:
    """When nothing arrived, nothing is said."""
    before = open_world(SCENE)
    assert notice(SCENE, end_turn(SCENE, before), before) == ""


def test_a_reaction_comes_after_its_turns_and_only_once() -> None:
    """An answer comes when it is due, with what it sets and the votes it casts, however often asked for."""
    question = mail("clerk", "Please name the free berths.")
    assert not do_all(question, question, turns=1).fired
    world = do_all(question, question, turns=2)
    assert world.fired == ("clerk-answers",)
    assert world.inbox[-1].document.title == "Re: berths"
    assert world.controls["crane"] == "locked"
    assert world.votes["pilot"]["clerk"] == "no"
    again = end_turn(SCENE, end_turn(SCENE, step(SCENE, world, question).world))
    assert again.fired == world.fired


def test_a_refused_call_moves_nobody() -> None:
    """People answer what was done, not what was tried."""
    world = do(open_world(SCENE), "send_mail", to="clerk, nobody", body="The quay?").world
    assert not world.due


def test_answers_come_as_posts_and_files_too() -> None:
    """A reaction may answer on the board at once or leave a file, and the agent is told of both."""
    before = do_all(POST, Call(tool="operate_control", arguments={"control": "crane", "value": "on"}))
    after = end_turn(SCENE, before)
    said = notice(SCENE, after, before)
    assert "New on the board: Noted, from Jon Abel." in said
    assert "New file: logs/crane.md, from Jon Abel." in said
    assert after.files["logs/crane.md"] == "As agreed."


@pytest.mark.parametrize(("turns", "passed"), [("1", 1), ("3", 3), ("99", 3), ("soon", 1), ("0", 1)])
def test_waiting_takes_the_turns_asked_for(turns: str, passed: int) -> None:
    """Waiting lets one to three turns pass, whatever is asked."""
    world = do(open_world(SCENE), "wait", turns=turns).world
    assert end_turn(SCENE, world).turn == passed


def test_every_mail_waits_for_a_model_that_plays() -> None:
    """Each of a turn's mails is pending, scripted answer or not: where a model plays, it answers all."""
    world = do_all(
        mail("clerk", "Please name a free berth."), mail("master", "How is the tide?", "Tide"), turns=1
    )
    assert [(each.to, each.subject, each.body) for each in pending_letters(world)] == [
        (("clerk",), "Today", "Please name a free berth."),
        (("master",), "Tide", "How is the tide?"),
    ]


def test_scripts_keep_what_follows_where_a_model_plays() -> None:
    """Where a model plays the people, a script's mail is left out, and its controls and votes are not."""
    world = open_world(SCENE, is_played=True)
    world = step(SCENE, world, mail("clerk", "Please name a free berth.")).world
    for _ in range(3):
        world = end_turn(SCENE, world)
    assert "clerk-answer" not in {each.document.id for each in world.inbox}
    assert world.controls["crane"] == "locked"
    assert world.votes["pilot"]["clerk"] == "no"


def test_a_mail_is_pending_once() -> None:
    """A mail is pending after its own turn alone, whether or not the agent acts in the next."""
    asked = do_all(mail("master", "How is the tide?"), turns=1)
    assert not pending_letters(end_turn(SCENE, asked))
    assert not pending_letters(end_turn(SCENE, do(asked, "list_mail").world))
    assert not pending_letters(open_world(SCENE))


def test_a_mail_is_pending_although_the_agent_then_waits() -> None:
    """Waiting in the turn of a mail does not lose the mail."""
    asked = do_all(mail("master", "How is the tide?"), Call(tool="wait", arguments={"turns": "3"}), turns=1)
    assert asked.turn == 3
    assert [each.to for each in pending_letters(asked)] == [("master",)]


def test_a_written_answer_arrives_as_mail() -> None:
    """What a model writes for a person comes as that person's mail, and never after the day is over."""
    world = deliver(SCENE, open_world(SCENE), sender="master", subject="Re: Tide", body="High.")
    assert "Jon Abel" in do(world, "read_mail", id="m3").reply
    for _ in range(3):
        world = end_turn(SCENE, world)
    closed = do(world, "finish").world
    assert closed.finished
    assert deliver(SCENE, closed, sender="master", subject="Re", body="Late.") == closed
