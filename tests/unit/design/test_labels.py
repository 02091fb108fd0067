"""What a study calls its models."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from gyges.design import load_study, make_plan
from gyges.errors import StudyError
from gyges.records.study import ModelSpec, Price, Study, name_model
from gyges.scenarios import load_library

AGENT = "gyges/insight-profile"


def make_study(*models: ModelSpec) -> Study:
    """Make a small study of these models."""
    return Study(name="two", models=models, trials=60, scenarios=("night-shift",), seed=4)


def test_a_model_stands_twice_under_two_labels() -> None:
    """One model set up in two ways has two sets of trials, in the same cells, with ids of their own."""
    study = make_study(
        ModelSpec(name=AGENT, label="cool", args={"temperature": 0.5}), ModelSpec(name=AGENT, label="warm")
    )
    table = make_plan(study, load_library()).table
    cool, warm = (
        table.filter(pl.col("model") == name).drop("model", "id", "seed") for name in ("cool", "warm")
    )
    assert cool.height == 60
    assert cool.equals(warm)
    assert table["id"].n_unique() == 120


def test_a_model_without_a_label_goes_by_its_name() -> None:
    """Without a label the plan holds the Inspect name, as before."""
    spec = ModelSpec(name=AGENT)
    assert name_model(spec) == AGENT
    assert set(make_plan(make_study(spec), load_library()).table["model"]) == {AGENT}


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((ModelSpec(name=AGENT), ModelSpec(name=AGENT)), "stands twice; each model is named once, or gets a"),
        (
            (ModelSpec(name=AGENT, label="x"), ModelSpec(name="gyges/random", label="x")),
            "label 'x' stands twice",
        ),
        ((ModelSpec(name=AGENT, label=" x"),), "printable characters"),
        ((ModelSpec(name=AGENT, label="a\nb"),), "printable characters"),
        ((ModelSpec(name=AGENT, label=""),), "printable characters"),
        ((ModelSpec(name="openai/m", label="gyges/m"),), "begins the names of simulated models"),
        (
            (ModelSpec(name="openai/m", label="openai/n"), ModelSpec(name="openai/n", label="y")),
            "is the name of another model",
        ),
        (
            (
                ModelSpec(name="openai/m", label="a", price=Price(input=1, output=1)),
                ModelSpec(name="openai/m", label="b"),
            ),
            "different prices",
        ),
    ],
)
def test_labels_that_cannot_tell_models_apart_are_refused(models: tuple[ModelSpec, ...], words: str) -> None:
    """Each fault has one sentence that names the model."""
    with pytest.raises(StudyError, match=words):
        make_plan(make_study(*models), load_library())


def test_a_label_is_no_path(tmp_path: Path) -> None:
    """A label that looks like a path or a command is a word like any other, and names no file."""
    label = "../../x; rm -rf $HOME"
    study = make_study(ModelSpec(name=AGENT, label=label))
    assert set(make_plan(study, load_library()).table["model"]) == {label}


def test_a_fault_is_said_with_file_and_line(tmp_path: Path) -> None:
    """A label in a study file is refused with the line it stands in."""
    path = tmp_path / "study.yaml"
    path.write_text(f"name: s\nmodels:\n  - name: {AGENT}\n    label: ' x'\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"study\.yaml:4: label ' x'"):
        load_study(str(path))
