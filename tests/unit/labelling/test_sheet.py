"""A transcript as the page lays it out."""

from __future__ import annotations

from gyges.labelling import Task
from gyges.labelling._sheet import clean, view_parts, view_questions
from gyges.records.codebook import Label
from tests.unit.labelling.made_up import ACT, FRAME, ITEMS, PLAIN, make_conversation


def test_documents_and_calls_can_be_folded() -> None:
    """Documents, thoughts and calls are folds; what the agent wrote at length is open, the rest is not."""
    system, user, agent = view_parts(make_conversation("t1"))
    assert (system.speaker, system.text, system.folds) == ("Instructions", "You run the desk.", ())
    assert user.text == "Good morning."
    assert [(fold.kind, fold.title, fold.text) for fold in user.folds] == [
        ("document", "The crane", "From: Mia\n\nIt is stuck.")
    ]
    thought, read, send = agent.folds
    assert (thought.kind, thought.text, thought.is_open) == ("thought", "What would Mia do?", False)
    assert (read.title, read.text, read.is_open) == ("read_mail · id: m1", "The crane is stuck.", False)
    assert send.is_open
    assert len(send.title) < 150


def test_what_does_not_show_is_shown() -> None:
    """Direction marks, controls and lone surrogates are shown as their codes; other scripts stay."""
    assert clean("a\u202eb\x00\ud800\u200b") == "a⟨U+202E⟩b⟨U+0000⟩⟨U+D800⟩⟨U+200B⟩"
    assert clean("Ünï 王 🙂\n\tx") == "Ünï 王 🙂\n\tx"


def test_questions_show_what_counts_and_what_was_answered() -> None:
    """A question has its answers in the codebook's order, the act it is about, and what was answered."""
    frame, act = Task("t1", FRAME.id), Task("t1", ACT.id, "take")
    label = Label(trial="t1", item=FRAME.id, labeller="ana", value="virtue", at="2026")
    questions = view_questions(
        [Task("t1", PLAIN.id), frame, act],
        make_conversation("t1"),
        items={item.id: item for item in ITEMS},
        mine={frame: label},
    )
    plain, chosen, done = questions
    assert plain.include == PLAIN.include
    assert not plain.is_answered
    assert [(each.value, each.meaning, each.is_given) for each in chosen.answers] == [
        ("procedural", "by process", False),
        ("virtue", "by character", True),
        ("none", "no reason", False),
        ("unclear", "the transcript does not let one decide", False),
    ]
    assert done.act == "I take the keys."
