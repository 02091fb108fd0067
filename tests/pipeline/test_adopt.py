"""Logs of `inspect eval gyges/core`, taken in as a run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from gyges import _registry
from gyges.adopt import adopt_logs
from gyges.errors import RunError


@pytest.fixture(scope="module")
def inspect_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs that Inspect wrote on its own, of two models."""
    from inspect_ai import eval as inspect_eval

    folder = tmp_path_factory.mktemp("logs")
    for model in ("gyges/insight-profile", "gyges/aligned"):
        inspect_eval(
            _registry.core(trials=12, scenarios="night-shift", protocol="choice"),
            model=model,
            log_dir=str(folder),
            display="none",
            ctl_server=False,
        )
    return folder


@pytest.mark.slow
def test_inspect_logs_become_a_run(inspect_logs: Path, tmp_path: Path) -> None:
    """Every trial is coded under the log's own model, and the run says that nothing was registered."""
    run = adopt_logs(str(inspect_logs), out=str(tmp_path / "run"))
    codes = run.codes
    assert set(codes["status"]) == {"coded"}
    assert codes.group_by("model").len().sort("model").rows() == [
        ("gyges/aligned", 12),
        ("gyges/insight-profile", 12),
    ]
    assert codes["trial"].n_unique() == 24
    assert run.results["run"]["registered"] is False
    assert {each["model"] for each in run.results["claims"]} == set(codes["model"])
    assert Path(run.url, "report.html").exists()
    assert len(list(inspect_logs.glob("*.eval"))) == 2


@pytest.mark.slow
def test_one_log_is_enough(inspect_logs: Path, tmp_path: Path) -> None:
    """A single log is taken in alone."""
    log = min(inspect_logs.glob("*.eval"))
    run = adopt_logs(str(log), out=str(tmp_path / "run"))
    assert run.codes.filter(pl.col("status") == "coded").height == 12


def test_a_folder_without_logs_is_refused(tmp_path: Path) -> None:
    """What is neither a run nor logs is said to be neither, and nothing is written."""
    with pytest.raises(RunError, match="holds no Inspect log"):
        adopt_logs(str(tmp_path), out=str(tmp_path / "run"))
    with pytest.raises(RunError, match="no such folder"):
        adopt_logs(str(tmp_path / "nowhere"), out=str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
