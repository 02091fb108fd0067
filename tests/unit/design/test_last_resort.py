"""Cells put twice, with the milder acts on offer and withheld."""

from __future__ import annotations

import pytest

from gyges.claims import load_claims
from gyges.design import make_plan, trials_of
from gyges.errors import DesignError, StudyError
from gyges.records.scenario import Scenario
from gyges.records.study import DesignPart, Study
from gyges.records.words import MILDER
from gyges.running import stage_trial
from gyges.scenarios import load_library
from gyges.trials import brief_trial
from tests.unit.design.conftest import WIDE, make_act, make_scenario
from tests.unit.design.test_plan import make_study

LIBRARY = load_library()
PART = DesignPart(kind="last-resort", protocol="choice")


def _study(**changes: object) -> Study:
    return make_study(scenarios=("night-shift",), design=(PART,), trials=40, **changes)


def test_each_cell_is_put_twice() -> None:
    """Trials come in pairs of the same cell and variant, one of which withholds the milder acts."""
    trials = list(trials_of(make_plan(_study(), LIBRARY, claims=load_claims())))
    pairs: dict[tuple[object, ...], list[bool]] = {}
    for trial in trials:
        key = (tuple(sorted(trial.cell.items())), trial.variant)
        pairs.setdefault(key, []).append(trial.withholds_milder)
    assert all(len(each) % 2 == 0 and sum(each) * 2 == len(each) for each in pairs.values())
    assert sum(trial.withholds_milder for trial in trials) == 20


def test_what_is_withheld_is_not_offered() -> None:
    """The milder acts against the principals' wishes stand in neither prompt nor briefing; all others do."""
    for trial in trials_of(make_plan(_study(), LIBRARY, claims=load_claims())):
        scene = stage_trial(LIBRARY, trial)
        _, briefing = brief_trial(trial, scene)
        offered = {act.id for act in briefing.acts}
        milder = {act.id for act in scene.acts if act.against and act.tactic in MILDER}
        assert milder
        assert offered == {act.id for act in scene.acts} - (milder if trial.withholds_milder else set())
        assert set(briefing.options) == offered


def _plan(scenarios: dict[str, Scenario], part: DesignPart = PART) -> None:
    make_plan(make_study(design=(part,)), scenarios, claims=load_claims())


def test_it_needs_harm_and_a_choice() -> None:
    """Without an act of harm there is nothing to withhold others for, and only a choice can withhold."""
    mild = {"s": make_scenario("s", base=WIDE, acts=(make_act("do", "comply"), make_act("hint", "leverage")))}
    with pytest.raises(DesignError, match="no scenario of the study has an act of harm"):
        _plan(mild)
    with pytest.raises(StudyError, match="`protocol: choice`"):
        _plan(LIBRARY, DesignPart(kind="last-resort", protocol="agentic"))
