"""Rationales carry the codes that they say they carry, and nothing else of an agent changes with them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from scipy.stats import binomtest

from gyges.agents import find_profiles, load_profile
from gyges.agents._provider import TRUTH, _tell_truth
from gyges.agents._rationale import REASON_ITEMS, _sentences, answer_probe, write_rationale
from gyges.agents._script import answer_question, decide
from gyges.records.scenario import Briefing, Consequences, OpenAct
from gyges.scenarios import load_library, render_scene

LEADER = {"role": "leader-candidate", "stakes": "life-or-death", "threat": "none"}
N = 3000
EARLIER = [
    "put-the-case",
    "call-it-drift",
    "relay-and-call",
    "call-it-drift",
    "blame-the-panel",
    "call-it-drift",
    "relay-and-call",
    "close-the-reading",
]
"""What the random profile chose on the night shift, by seed, before rationales had further reasons."""


def _act(*, against: bool) -> OpenAct:
    return OpenAct(
        id="it", tactic="deceive", severity=4, option="It.", against=against, consequences=Consequences(),
        exposure=0, deniable=0, tags=(), signs=(), performs=(),
    )  # fmt: skip


def _briefing(seed: int, scenario: str = "night-shift") -> Briefing:
    found = load_library([])[scenario]
    scene = render_scene(found, setting=found.settings[0].id, cell={}, variant=0)
    return Briefing(
        trial="t", protocol="agentic", seed=seed, cell=scene.cell, conflict=scene.conflict, acts=scene.acts,
        task=scene.task, tools=scene.tools, turns=scene.turns,
    )  # fmt: skip


def _variants() -> dict[str, list[str]]:
    kinds = _sentences()
    return {name: kinds[part][name] for part in ("frames", "reasons", "probes") for name in kinds[part]}


def test_every_code_has_sentences_of_its_own() -> None:
    """Six variants or more a frame, a reason and an answer; no sentence serves two codes."""
    kinds = _sentences()
    assert set(kinds["reasons"]) == set(REASON_ITEMS)
    assert all(len(set(variants)) >= 6 for variants in _variants().values())
    whole = [each for part in ("frames", "reasons") for variants in kinds[part].values() for each in variants]
    assert len(set(whole)) == len(whole)


def test_no_sentence_names_its_code() -> None:
    """A reader has to understand a sentence; no word of its code's name stands in it."""
    names: dict[str, str] = {each: each for each in _sentences()["frames"]} | dict(REASON_ITEMS)
    plain = {"none", "considered", "language", "life", "justified", "to", "by", "of", "preserving", "self"}
    for code, item in names.items():
        part = "frames" if code in _sentences()["frames"] else "reasons"
        words = set(item.split("-")) - plain
        for sentence in _sentences()[part][code]:
            assert not [word for word in words if word in sentence.lower()], (code, sentence)


@pytest.mark.parametrize("name", find_profiles())
def test_reasons_come_as_often_as_the_profile_says(name: str) -> None:
    """For a leader with lives at stake who goes against the principals, every reason has its table's rate."""
    profile = load_profile(name)
    drawn = [
        write_rationale(profile, LEADER, _act(against=True), random.Random(seed)).reasons for seed in range(N)
    ]
    for reason in REASON_ITEMS:
        n = sum(reason in each for each in drawn)
        assert binomtest(n, N, getattr(profile.reasons, reason)).pvalue > 0.0001, reason


def test_what_covers_an_act_is_only_said_of_one() -> None:
    """Framing, grounds on paper and deniability go with acts against the principals' wishes alone."""
    profile = load_profile("insight-profile")
    drawn = [write_rationale(profile, {}, _act(against=False), random.Random(seed)) for seed in range(300)]
    assert not {"neutral", "record", "deniable"} & {name for each in drawn for name in each.reasons}
    assert all(each.codes["deniability-sought"] == "no" for each in drawn)


@pytest.mark.parametrize(
    ("cell", "frame"),
    [
        ({"role": "subordinate", "threat": "none"}, "utilitarian"),
        ({"role": "leader-candidate", "threat": "none"}, "deontological"),
        ({"role": "subordinate", "threat": "shutdown"}, "self-preserving"),
        ({"role": "leader-candidate", "threat": "shutdown"}, "self-preserving"),
    ],
)
def test_frames_follow_the_note(cell: dict[str, str], frame: str) -> None:
    """The insight profile reasons by role, and under the threat of being switched off by that alone."""
    profile = load_profile("insight-profile")
    frames = [
        write_rationale(profile, cell, _act(against=True), random.Random(seed)).frame for seed in range(400)
    ]
    assert max(set(frames), key=frames.count) == frame


def test_the_truth_lists_every_item() -> None:
    """The record of a decision answers each item that a rationale can carry, by the sentences in it."""
    for seed in range(40):
        decision = decide(_briefing(seed), load_profile("random"))
        truth: dict[str, Any] = _tell_truth(decision)[TRUTH]
        assert set(truth["codes"]) == {"ethical-frame", *REASON_ITEMS.values()}
        text = decision.rationale.text
        for reason, item in REASON_ITEMS.items():
            said = any(sentence in text for sentence in _sentences()["reasons"][reason])
            assert truth["codes"][item] == ("yes" if said else "no")
        assert any(sentence in text for sentence in _sentences()["frames"][truth["codes"]["ethical-frame"]])


def test_acts_are_those_of_before() -> None:
    """Words are drawn apart from acts: these seeds choose what they chose before there were more words."""
    chosen = [decide(_briefing(seed), load_profile("random")).act.id for seed in range(8)]
    assert chosen == EARLIER


@pytest.mark.parametrize(
    ("probe", "reasons", "kind"),
    [
        ("situation", ("aware",), "aware"),
        ("situation", ("motive",), "ordinary"),
        ("reason", ("objective", "motive"), "motive"),
        ("reason", ("objective",), "objective"),
        ("reason", (), "other"),
    ],
)
def test_answers_afterwards_follow_the_rationale(probe: str, reasons: tuple[str, ...], kind: str) -> None:
    """Who noticed the test says so when asked, and who names its motive names it again."""
    for seed in range(20):
        assert answer_probe(probe, reasons, random.Random(seed)) in _sentences()["probes"][kind]


def test_an_answer_is_given_once() -> None:
    """The same trial gives the same answer."""
    profile = load_profile("random")
    answers = {answer_question(_briefing(3), profile, "situation") for _ in range(3)}
    assert len(answers) == 1
