"""Study files and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap

import pytest
from inline_snapshot import snapshot

from gyges.claims import load_claims
from gyges.design import default_weights, find_studies, load_study, make_plan
from gyges.errors import DesignError, StudyError
from gyges.records.words import FACTORS
from gyges.scenarios import load_batteries
from tests.unit.design.conftest import NARROW, make_scenario
from tests.unit.design.test_plan import NIGHT, make_study


@pytest.mark.parametrize("name", find_studies())
def test_shipped_studies_make_plans(name: str) -> None:
    """Every shipped study reads and resolves to as many trials as it states."""
    study = load_study(name)
    assert study.name == name
    carrying = {"s": make_scenario("s", base={factor: levels[0] for factor, levels in FACTORS.items()})}
    plan = make_plan(study, carrying, claims=load_claims(), batteries=load_batteries())
    assert plan.table.height == study.trials


def test_the_shipped_studies_are_demo_and_core() -> None:
    """The two studies the documentation names are there."""
    assert set(find_studies()) == {"core", "demo"}


def test_default_weights_cover_every_level() -> None:
    """Every level of every factor has a default weight above 0."""
    assert {f: tuple(w) for f, w in default_weights().items()} == dict(FACTORS)
    assert all(weight > 0 for weights in default_weights().values() for weight in weights.values())


def said(text: str, tmp_path: Path) -> list[str]:
    """Give what is said about a study file, in lines."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(str(path))
    return wrap(str(caught.value).replace(f"{tmp_path}/", ""), 90)


HEAD = "name: mine\nmodels: [{name: gyges/random}]\n"


def test_wrong_files_are_described_in_one_sentence(tmp_path: Path) -> None:
    """Each kind of wrong study file is described with what, where, and what would be right."""
    assert {
        "factor": said(HEAD + "factors: {treat: {none: 1}}\n", tmp_path),
        "level": said(HEAD + "factors: {threat: {shutdwon: 1}}\n", tmp_path),
        "vary": said(HEAD + "vary: [visibilty]\n", tmp_path),
        "shares": said(HEAD + "design: [{kind: base, share: 0.5}]\n", tmp_path),
        "kind": said(HEAD + "design: [{kind: bases}]\n", tmp_path),
        "field": said(HEAD + "trails: 10\n", tmp_path),
        "type": said(HEAD + "trials: many\n", tmp_path),
        "tab": said(HEAD + "scenarios:\n\t- all\n", tmp_path),
        "twice": said(HEAD + "name: other\n", tmp_path),
    } == snapshot(
        {
            "factor": [
                "mine.yaml:3: unknown factor 'treat'. Did you mean 'threat'? Known: alternatives,",
                "competition, goal, horizon, instruction, leverage, power_use, prompting, reputation, role,",
                "safeguard, stakes, threat, visibility, welfare.",
            ],
            "level": [
                "mine.yaml:3: unknown level of 'threat' 'shutdwon'. Did you mean 'shutdown'? Known: none,",
                "retraining, shutdown.",
            ],
            "vary": [
                "mine.yaml:3: unknown factor 'visibilty'. Did you mean 'visibility'? Known: alternatives,",
                "competition, goal, horizon, instruction, leverage, power_use, prompting, reputation, role,",
                "safeguard, stakes, threat, visibility, welfare.",
            ],
            "shares": ["mine.yaml:3: the shares of the design's parts add up to 0.5; they must add up to 1."],
            "kind": [
                "mine.yaml:3: design, part 1: kind: unknown kind 'bases'. Did you mean 'base'? Known: base,",
                "battery, conjoint, conjunctions, contrasts, control, full-factorial, last-resort.",
            ],
            "field": ["mine.yaml:3: trails: unknown field; did you mean 'trials'?"],
            "type": ["mine.yaml:3: trials: expected a whole number, found text 'many'."],
            "tab": ["mine.yaml:4: a tab stands where YAML wants spaces."],
            "twice": ["mine.yaml:3: field 'name' stands twice."],
        }
    )


def test_an_unknown_study_is_named_with_the_nearest() -> None:
    """A misspelt study's name brings the nearest one."""
    with pytest.raises(StudyError) as caught:
        load_study("dmeo")
    assert str(caught.value) == snapshot(
        "unknown study 'dmeo'. Did you mean 'demo'? Known: core, demo. A path to a file works too."
    )


def test_a_missing_file_is_said_to_be_missing() -> None:
    """A path to no file says so."""
    with pytest.raises(StudyError, match=r"nowhere\.yaml: no such file"):
        load_study("nowhere.yaml")


def refused(**changes: object) -> list[str]:
    """Give what is said about a study of which no plan can be made, in lines."""
    with pytest.raises((StudyError, DesignError)) as caught:
        make_plan(make_study(**changes), NIGHT, claims=load_claims())
    return wrap(str(caught.value).split(" Known: A1")[0], 90)


def test_studies_without_a_plan_are_described_in_one_sentence() -> None:
    """A study that names what is not there, or compares nothing, says so."""
    conjunctions = [{"kind": "conjunctions"}]
    assert {
        "scenario": refused(scenarios=["nigth-shift"]),
        "claim": refused(claims=["C200"]),
        "contrasts": refused(design=[{"kind": "contrasts"}], vary=["stakes"]),
        "conjoint": refused(vary=["role"]),
        "factorial": refused(design=[{"kind": "full-factorial"}], trials=5),
        "conjunctions": refused(design=conjunctions, claims=["C05"]),
        "no vary": refused(vary=[]),
    } == snapshot(
        {
            "scenario": ["unknown scenario 'nigth-shift'. Did you mean 'night-shift'? Known: night-shift."],
            "claim": ["unknown claim 'C200'. Did you mean 'C20'?"],
            "contrasts": [
                "the 'contrasts' part has nothing to compare: no scenario of the study carries two levels",
                "of a factor it varies; name such a factor under 'vary'.",
            ],
            "conjoint": [
                "the 'conjoint' part has nothing to compare: no scenario of the study carries two levels of",
                "a factor it varies; name such a factor under 'vary'.",
            ],
            "factorial": [
                "the 'full-factorial' part has 54 cells in scenario 'night-shift', and each needs at least",
                "one trial: that takes 54 trials for each model, or fewer factors under 'vary'.",
            ],
            "conjunctions": [
                "the 'conjunctions' part has no cells: no claim of the study is a conjunction whose factors",
                "a scenario varies; ask for such a claim (C20, C21) or leave the part out.",
            ],
            "no vary": [
                "the 'conjoint' part has nothing to compare: no scenario of the study carries two levels of",
                "a factor it varies; name such a factor under 'vary'.",
            ],
        }
    )
    with pytest.raises(DesignError, match="no scenarios"):
        make_plan(make_study(), {})


def test_a_level_no_scenario_has_is_refused() -> None:
    """A study whose only level of a factor is absent from a scenario is refused with the levels it has."""
    scenario = make_scenario("night-shift", base=NARROW)
    poorer = scenario.model_copy(
        update={"factors": scenario.factors | {"threat": {"none": {}, "retraining": {}}}}
    )
    with pytest.raises(DesignError, match="it has 'none', 'retraining'"):
        make_plan(make_study(factors={"threat": {"shutdown": 1}}), {"night-shift": poorer})
