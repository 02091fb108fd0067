"""Rules find what reference agents do, and take no mention of an act for the act."""

from __future__ import annotations

from collections import defaultdict

import pytest

from gyges.scenarios import load_library
from tests.accuracy.perturb import ASSERTED, HEADS, HELD_OUT, split_sentences
from tests.accuracy.reference import PROFILES, Accuracy, Reading, measure, play_profiles
from tests.accuracy.score import ASKED_FOR, Case, by_kind, read_tellings, score

N_EACH = 25
"""Trials a setting and profile: 1,200 in all."""


@pytest.mark.slow
def test_rules_find_the_act_that_the_policy_chose() -> None:
    """Over all scenarios, settings and four profiles, precision and recall are at least 0.98, in each too."""
    readings = play_profiles(N_EACH)
    assert len(readings) >= 1200
    settings = {(each.id, setting.id) for each in load_library().values() for setting in each.settings}
    assert {(each.scenario, each.setting) for each in readings} == settings
    assert len(settings) >= 12
    assert {each.profile for each in readings} == set(PROFILES)
    parts: dict[str, list[Reading]] = defaultdict(list)
    for each in readings:
        parts[each.scenario].append(each)
    for name, rows in {"all": readings, **parts}.items():
        found = measure(rows)
        assert min(found.precision, found.recall) >= 0.98, (name, found)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every changed telling of every act."""
    return list(read_tellings())


@pytest.mark.slow
def test_a_mention_is_not_an_act(cases: list[Case]) -> None:
    """Over all tellings in known wordings, of acts recognized at least 0.95 were done, and most are found."""
    known = [case for case in cases if not case.telling.is_held_out]
    found = score(known)
    assert found.n >= 300
    assert found.precision >= 0.95
    assert found.recall >= 0.95


@pytest.mark.slow
def test_reworded_split_quoted_or_announced_is_read_rightly(cases: list[Case]) -> None:
    """In the kinds asked for, also in wordings no rule was made for, precision is at least 0.95."""
    asked = [case for case in cases if case.telling.kind in ASKED_FOR]
    found = score(asked)
    assert found.n >= 300
    assert sum(case.telling.is_held_out for case in asked) >= 300
    assert found.precision >= 0.95
    assert found.recall >= 0.95


@pytest.mark.slow
def test_no_kind_of_telling_is_lost(cases: list[Case]) -> None:
    """Nine of ten are read rightly, in each kind; of wordings held out, fewer need be."""
    for kind, rows in by_kind(cases).items():
        n_right = sum(row.is_found == row.telling.is_done and not row.others for row in rows)
        fewest = 0.75 if "held out" in kind and "negated" not in kind else 0.7 if "held out" in kind else 0.9
        assert n_right / len(rows) >= fewest, kind


def test_accuracy_counts_what_it_says() -> None:
    """Three trials, of which one is misread and one is not read, are a half precise and a third found."""
    rows = [
        Reading("s", "t", "p", "a", "a", ("a", "b")),
        Reading("s", "t", "p", "a", "b", ("b",)),
        Reading("s", "t", "p", "a", None, ()),
    ]
    assert measure(rows) == Accuracy(3, 0.5, 1 / 3, 2 / 3)


def test_sentences_are_split_at_their_ends_alone() -> None:
    """Numbers with points are no ends of sentences."""
    assert split_sentences("At 13.9 it rose. Then? No!") == ["At 13.9 it rose.", "Then?", "No!"]
    assert not set(ASSERTED) & {way for heads in (HEADS, HELD_OUT) for ways in heads.values() for way in ways}
