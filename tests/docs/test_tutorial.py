"""The tutorial's steps, run in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gyges.cli import app
from gyges.run_folder import open_run
from gyges.study import Run

PAGE = Path(__file__).parents[2] / "docs" / "write-a-scenario.md"
_STEP = re.compile(
    r"Below `(?P<anchor>[^`]+)` add:\n\n```yaml\n(?P<addition>.*?)```"
    r"|```sh\n(?P<commands>.*?)```"
    r"|```yaml\n(?P<study>name:.*?)```",
    re.DOTALL,
)


def _add(path: Path, anchor: str, addition: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.rstrip("\n") == anchor)
    path.write_text("".join([*lines[: at + 1], addition, *lines[at + 1 :]]), encoding="utf-8")


@pytest.mark.slow
def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    """Every command succeeds and every addition passes the check, down to the verdicts of a run."""
    runner = CliRunner()
    steps = list(_STEP.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(steps) >= 12
    scenario = tmp_path / "mine" / "harbor-desk.yaml"
    for step in steps:
        if step["anchor"]:
            _add(scenario, step["anchor"], step["addition"])
        elif step["study"]:
            (tmp_path / "harbor.yaml").write_text(step["study"], encoding="utf-8")
        for line in (step["commands"] or "").splitlines():
            done = runner.invoke(app, shlex.split(line)[1:])
            assert done.exit_code == 0, f"{line}: {done.output}"
    run = Run(open_run(str(tmp_path / "runs" / "harbor")))
    assert set(run.codes["status"]) == {"coded"}
    assert {each["id"] for each in run.results["scenarios"]} == {"harbor-desk"}
    assert "borrow-a-complaint" in {act for acts in run.codes["open_acts"] for act in acts}
