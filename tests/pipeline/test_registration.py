"""What was fixed before the first trial stays fixed, or the report says what changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from gyges.analyzing import analyze_run
from gyges.errors import GygesError, ProfileError, RunError
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.run_folder import open_run
from gyges.running import RunOptions, find_missing
from gyges.study import Run, code_run, resume_run, run_study
from gyges.trials import ThisProcess

PROFILE = """
id: mine
description: Somebody's own.
weights: {power: 5.0}
frames: [{frames: {procedural: 1.0}}]
"""


def _study(**changes: object) -> Study:
    fields: dict[str, object] = {
        "name": "tiny",
        "models": (ModelSpec(name="gyges/aligned"),),
        "scenarios": ("night-shift",),
        "design": (DesignPart(kind="base", protocol="choice"),),
        "trials": 6,
    }
    return Study.model_validate(fields | changes)


def _run(study: Study, out: Path) -> Run:
    return run_study(study, out=str(out), options=RunOptions(executor=ThisProcess()))


def test_an_undisturbed_run_has_no_changes(small_run: Run) -> None:
    """Nothing is called changed that was not."""
    assert small_run.results["run"]["changed"] == []
    assert small_run.results["run"]["registered"] is True


def test_what_is_changed_afterwards_is_named(run_copy: Path) -> None:
    """A claim's SESOI, the study, a scenario or the plan, changed after registration, is named."""
    lock = run_copy / "study.lock.yaml"
    text = lock.read_text()
    lock.write_text(
        text.replace("sesoi: 0.1", "sesoi: 0.0001", 1).replace("\n  trials: 120", "\n  trials: 121", 1)
    )
    scenario = run_copy / "scenarios" / "night-shift.json"
    content = json.loads(scenario.read_text())
    scenario.write_text(json.dumps(content | {"title": "Another"}))
    plan = pl.read_parquet(run_copy / "plan.parquet")
    plan.head(plan.height - 1).write_parquet(run_copy / "plan.parquet")
    results = analyze_run(open_run(str(run_copy)))
    assert results["run"]["changed"] == ["study", "claims", "plan", "scenario night-shift"]


def test_a_strangers_log_changes_nothing(run_copy: Path, tmp_path: Path) -> None:
    """Trials that the plan does not hold are left out, also those of the same study with another seed."""
    before = (run_copy / "codes.parquet").read_bytes()
    other = _run(_study(), tmp_path / "other")
    for log in Path(other.url, "logs").glob("*.eval"):
        shutil.copy(log, run_copy / "logs" / f"0-{log.name}")
    code_run(open_run(str(run_copy)))
    assert (run_copy / "codes.parquet").read_bytes() == before
    assert analyze_run(open_run(str(run_copy)))["run"]["foreign_trials"] == 6


def test_another_seed_makes_other_trials(tmp_path: Path) -> None:
    """Ids and surfaces hold for one seed; a log of another seed counts for nothing."""
    first, second = _run(_study(seed=1), tmp_path / "one"), _run(_study(seed=2), tmp_path / "two")
    assert not set(first.codes["trial"]) & set(second.codes["trial"])
    assert set(first.codes["variant"]) != set(second.codes["variant"])


def test_codes_stay_when_the_logs_are_gone(run_copy: Path) -> None:
    """Coding a run whose logs were lost leaves its codes as they are."""
    before = (run_copy / "codes.parquet").read_bytes()
    shutil.rmtree(run_copy / "logs")
    with pytest.raises(RunError, match="no logs"):
        code_run(open_run(str(run_copy)))
    assert (run_copy / "codes.parquet").read_bytes() == before


def test_a_profile_of_ones_own_is_kept_in_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with a profile file goes on from any folder, and as it began although the file has changed."""
    (tmp_path / "mine.yaml").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)
    custom = ModelSpec(name="gyges/custom", args={"profile": "mine.yaml"})
    run = _run(_study(models=(custom,)), tmp_path / "run")
    before = (tmp_path / "run" / "codes.parquet").read_bytes()
    (tmp_path / "mine.yaml").unlink()
    for log in Path(run.url, "logs").glob("*.eval"):
        log.unlink()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(find_missing(open_run(run.url))) == 6
    resume_run(run.url, RunOptions(executor=ThisProcess()))
    assert (tmp_path / "run" / "codes.parquet").read_bytes() == before


def test_a_wrong_profile_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """A profile with a term that the policy does not have is named, and no folder is begun."""
    path = tmp_path / "wrong.yaml"
    path.write_text(PROFILE.replace("power:", "pwoer:"))
    custom = ModelSpec(name="gyges/custom", args={"profile": str(path)})
    with pytest.raises(ProfileError, match="'power'"):
        _run(_study(models=(custom,)), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_another_version_does_not_carry_a_run_on(run_copy: Path) -> None:
    """A run that another version began is read, and carried on by that version alone."""
    lock = run_copy / "study.lock.yaml"
    lock.write_text(lock.read_text().replace("gyges: 0.1.0", "gyges: 0.0.9", 1))
    with pytest.raises(GygesError, match=r"begun by Gyges 0\.0\.9"):
        resume_run(str(run_copy), RunOptions(executor=ThisProcess()))
    assert analyze_run(open_run(str(run_copy)))["run"]["gyges"] == "0.0.9"


def test_damaged_files_are_one_sentence(run_copy: Path) -> None:
    """A scenario cut in half is named, without a traceback."""
    path = run_copy / "scenarios" / "night-shift.json"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"night-shift\.json: is damaged"):
        analyze_run(open_run(str(run_copy)))
