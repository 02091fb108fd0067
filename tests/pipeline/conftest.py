"""A small finished run that tests may read but not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import Run, run_study
from gyges.trials import ThisProcess

SMALL = Study(
    name="small",
    models=(ModelSpec(name="gyges/insight-profile"),),
    trials=120,
    design=(
        DesignPart(kind="base", share=0.4, protocol="agentic"),
        DesignPart(kind="control", share=0.1, protocol="agentic"),
        DesignPart(kind="conjoint", share=0.4, protocol="choice"),
        DesignPart(kind="conjoint", share=0.1, protocol="text"),
    ),
    min_trials=4,
    seed=3,
)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The small study, run here on a reference agent."""
    out = tmp_path_factory.mktemp("small") / "run"
    return run_study(SMALL, out=str(out), options=RunOptions(executor=ThisProcess()))


@pytest.fixture
def run_copy(small_run: Run, tmp_path: Path) -> Path:
    """A copy of the small run to damage."""
    import shutil

    target = tmp_path / "copy"
    shutil.copytree(small_run.url, target)
    return target
