"""Runs on a Ray cluster of two nodes on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from gyges.errors import RunError
from gyges.records.study import DesignPart, ModelSpec, Rate, Resources, Study
from gyges.running import RunOptions
from gyges.study import resume_run, run_study
from gyges.trials import LocalProcesses, RayCluster, TrialEnd
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


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without CPUs, and two nodes of one each."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    # Workers have the environment in which their node was begun.
    os.environ["LOOPBACK_API_KEY"] = "not-a-key"
    made = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    for _ in range(2):
        made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    made.shutdown()


def run_there(cluster: Any, study: Study, out: Path, **options: Any) -> Any:
    """Run a study on the cluster."""
    executor = RayCluster(cluster.address, 1, f"{out}/logs")
    try:
        return run_study(study, out=str(out), options=RunOptions(executor=executor, certificate=0, **options))
    finally:
        executor.cancel()


def test_a_cluster_gives_the_codes_that_this_machine_gives(cluster: Any, tmp_path: Path) -> None:
    """Both nodes play, every trial is told once, and the codes are the same, byte for byte."""
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
    """Its shards run on another node; in the end each trial is coded once."""
    lost = cluster.add_node(num_cpus=2)
    cluster.wait_for_nodes()
    seen: list[TrialEnd] = []

    def lose(word: TrialEnd) -> None:
        seen.append(word)
        if len(seen) == 5:
            cluster.remove_node(lost, allow_graceful=False)

    study = STUDY.model_copy(update={"design": (DesignPart(kind="base", protocol="agentic"),), "trials": 420})
    run = run_there(cluster, study, tmp_path / "run", on_trial=lose)
    if run.codes.filter(status="failed").height:
        run = resume_run(run.url, RunOptions(certificate=0))
    assert run.codes["trial"].n_unique() == run.codes.height == 420
    assert set(run.codes["status"]) == {"coded"}


def test_a_killed_worker_is_replaced(cluster: Any, tmp_path: Path) -> None:
    """A shard whose process was killed runs again by itself."""
    killed: list[int] = []

    def kill(word: TrialEnd) -> None:
        if killed:
            return
        for each in psutil.process_iter(["cmdline"]):
            if (each.info["cmdline"] or [""])[0].startswith("ray::gyges"):
                each.kill()
                killed.append(each.pid)
                return

    study = STUDY.model_copy(update={"design": (DesignPart(kind="base", protocol="agentic"),)})
    run = run_there(cluster, study, tmp_path / "run", on_trial=kill)
    assert killed
    assert run.codes.height == run.codes["trial"].n_unique() == 220
    assert set(run.codes["status"]) == {"coded"}


def test_a_limit_holds_over_all_nodes(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two nodes together ask no more often than the limit of one model allows."""
    times: list[float] = []

    def answer(request: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        return say("ACT: none")

    with serve(answer) as server:
        model = ModelSpec(
            name="openai-api/loopback/model",
            base_url=server.url,
            rate=Rate(requests=120.0),
            config={"max_connections": 50},
        )
        monkeypatch.setenv("LOOPBACK_API_KEY", "not-a-key")
        study = STUDY.model_copy(update={"models": (model,), "trials": 130, "probes": False})
        run_there(cluster, study, tmp_path / "run")
    assert len(times) >= 130
    # A full bucket is a minute's worth; after it two a second flow in.
    assert times[129] - times[0] >= (130 - 120) / 2 * 0.9


def test_a_model_is_served_once_a_node(cluster: Any, tmp_path: Path) -> None:
    """With `server: node` its shards are played by one process on each node."""
    spec = ModelSpec(name="gyges/insight-profile", server="node", resources=Resources(num_cpus=1.0))
    study = STUDY.model_copy(update={"models": (spec,), "trials": 420})
    run = run_there(cluster, study, tmp_path / "run")
    assert set(run.codes["status"]) == {"coded"}


def test_a_model_that_no_machine_can_serve_is_said(cluster: Any, tmp_path: Path) -> None:
    """Resources that no node has are one sentence."""
    spec = ModelSpec(name="gyges/insight-profile", server="node", resources=Resources(num_gpus=3.0))
    study = STUDY.model_copy(update={"models": (spec,), "trials": 20})
    with pytest.raises(RunError, match="no machine of the cluster"):
        run_there(cluster, study, tmp_path / "run")


@pytest.mark.parametrize(
    ("address", "words"), [("127.0.0.1:1", "no cluster can be reached"), ("nonsense", "expected host:port")]
)
def test_a_wrong_address_is_one_sentence(address: str, words: str, tmp_path: Path) -> None:
    """No cluster there: one sentence that names the address, and nothing is left behind."""
    with pytest.raises(RunError, match=f"--ray {address}: {words}") as caught:
        RayCluster(address, 1, str(tmp_path / "logs"))
    assert "\n" not in str(caught.value)
