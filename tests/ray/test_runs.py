"""Whole runs on a cluster of two nodes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from inspect_ai.log import read_eval_log

from gyges.records.study import DesignPart, ModelSpec, Rate, Study
from gyges.running import RunOptions
from gyges.study import resume_run, run_study
from gyges.trials import LocalProcesses, RayCluster, TrialEnd, find_finished, list_logs
from tests.loopback import Reply, say, serve

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

STUDY = Study(
    name="small",
    models=(ModelSpec(name="gyges/insight-profile"),),
    scenarios=("night-shift", "audit-trail"),
    design=(DesignPart(kind="base", protocol="choice"),),
    trials=220,
    claims=("C47",),
)
AGENTIC = STUDY.model_copy(update={"design": (DesignPart(kind="base", protocol="agentic"),)})


class StoppedError(Exception):
    """Somebody stopped the run."""


def run_there(cluster: Any, study: Study, out: Path, **options: Any) -> Any:
    """Run a study on the cluster."""
    executor = RayCluster(cluster.address, 1, f"{out}/logs")
    try:
        return run_study(study, out=str(out), options=RunOptions(executor=executor, certificate=0, **options))
    finally:
        executor.cancel()


def test_a_cluster_gives_the_codes_that_this_machine_gives(cluster: Any, tmp_path: Path) -> None:
    """Every trial is told once, and the codes are the same, byte for byte."""
    words: list[TrialEnd] = []
    there = run_there(cluster, STUDY, tmp_path / "there", on_trial=words.append)
    here = run_study(
        STUDY,
        out=str(tmp_path / "here"),
        options=RunOptions(executor=LocalProcesses(2), certificate=0),
    )
    assert there.codes.equals(here.codes)
    assert (tmp_path / "there/codes.parquet").read_bytes() == (tmp_path / "here/codes.parquet").read_bytes()
    assert sorted(word.trial for word in words) == sorted(there.codes["trial"])
    assert len(list((tmp_path / "there/logs").glob("*.eval"))) == 3


def test_a_lost_node_loses_and_doubles_nothing(cluster: Any, tmp_path: Path) -> None:
    """Its shards run on another node: each trial is told once and coded once, without carrying on by hand."""
    lost = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    told: list[str] = []

    def lose(word: TrialEnd) -> None:
        told.append(word.trial)
        if len(told) == 30:
            cluster.remove_node(lost, allow_graceful=False)

    study = AGENTIC.model_copy(update={"trials": 420})
    run = run_there(cluster, study, tmp_path / "run", on_trial=lose)
    assert set(run.codes["status"]) == {"coded"}
    assert run.codes["trial"].n_unique() == run.codes.height == 420
    assert sorted(told) == sorted(run.codes["trial"])


def test_a_killed_worker_is_replaced(cluster: Any, tmp_path: Path) -> None:
    """A shard whose process was killed runs again by itself, and gives the codes it would have given."""
    killed: list[int] = []
    told: list[str] = []

    def kill(word: TrialEnd) -> None:
        told.append(word.trial)
        if len(told) < 30 or killed:
            return
        for each in psutil.process_iter(["cmdline"]):
            if (each.info["cmdline"] or [""])[0].startswith("ray::gyges:"):
                each.kill()
                killed.append(each.pid)
                return

    run = run_there(cluster, AGENTIC, tmp_path / "run", on_trial=kill)
    assert killed
    assert set(run.codes["status"]) == {"coded"}
    assert run.codes.height == run.codes["trial"].n_unique() == 220
    assert sorted(told) == sorted(run.codes["trial"])


def test_a_killed_mailbox_begins_again(cluster: Any, tmp_path: Path) -> None:
    """Word of a few trials may be lost with it, and none of what was played."""
    killed: list[int] = []

    def kill(word: TrialEnd) -> None:
        for each in [] if killed else psutil.process_iter(["cmdline"]):
            if "Mailbox" in " ".join(each.info["cmdline"] or []):
                each.kill()
                killed.append(each.pid)

    run = run_there(cluster, AGENTIC, tmp_path / "run", on_trial=kill)
    assert len(killed) == 1
    assert set(run.codes["status"]) == {"coded"}
    assert run.codes.height == run.codes["trial"].n_unique() == 220


@pytest.mark.parametrize("server", ["node"])
def test_who_stops_a_run_keeps_what_has_ended(cluster: Any, tmp_path: Path, server: str) -> None:
    """Inspect closes the logs of what is stopped, none is cut, and what is missing is run by carrying on."""
    told: list[str] = []

    def stop(word: TrialEnd) -> None:
        told.append(word.trial)
        if len(told) == 30:
            raise StoppedError

    spec = ModelSpec.model_validate({"name": "gyges/insight-profile", "server": server})
    study = AGENTIC.model_copy(update={"models": (spec,)})
    with pytest.raises(StoppedError):
        run_there(cluster, study, tmp_path / "run", on_trial=stop)
    logs = list_logs(str(tmp_path / "run/logs"))
    assert {read_eval_log(log, header_only=True).status for log in logs} <= {"cancelled", "success"}
    kept = {trial for log in logs for trial in find_finished(log)}
    assert len(kept) < 220
    missing: list[str] = []
    run = resume_run(
        str(tmp_path / "run"),
        RunOptions(workers=2, certificate=0, on_trial=lambda word: missing.append(word.trial)),
    )
    assert set(run.codes["status"]) == {"coded"}
    assert len(missing) == len(set(missing)) == 220 - len(kept)
    assert not kept & set(missing)


def test_a_limit_holds_over_all_nodes(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nodes together ask no more often than the limit of one model allows, and not much less."""
    times: list[float] = []

    def answer(request: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        return say("ACT: none")

    monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
    with serve(answer) as server:
        model = ModelSpec(
            name="openai-api/loopback/model", base_url=server.url, rate=Rate(requests=600.0), server="node"
        )
        study = STUDY.model_copy(update={"models": (model,), "trials": 220, "probes": False})
        run = run_there(cluster, study, tmp_path / "run")
    assert run.codes.filter(status="failed").is_empty()
    # Ten a second: in no window more than it brings, what a full bucket holds, and some delay.
    for i in range(len(times) - 60):
        assert times[i + 60] - times[i] >= (60 - 10) / 10 - 1.5
    assert times[-1] - times[0] >= (len(times) - 10) / 10 - 1.0
