"""How shards find their way through a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gyges.errors import RunError
from gyges.trials import Notice, RayCluster, ShardEnd, TrialEnd, Word
from gyges.trials import _ray as rays
from gyges.trials import _ray_nodes as nodes
from gyges.trials import _ray_parts as parts
from tests.ray.work import die_always, die_once, make_shards, say_where

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def run_all(cluster: Any, folder: Path, shards: Any, work: Any) -> list[Word]:
    """Run shards to their end."""
    executor = RayCluster(cluster.address, 1, str(folder))
    try:
        return list(executor.run(shards, work))
    finally:
        executor.cancel()


def ends_of(words: list[Word]) -> dict[str, ShardEnd]:
    """Give the ends by shard, each of which ends once."""
    ends = [word for word in words if isinstance(word, ShardEnd)]
    assert len({end.shard for end in ends}) == len(ends)
    return {end.shard: end for end in ends}


def test_word_of_a_shard_comes_before_its_end(cluster: Any, tmp_path: Path) -> None:
    """Every shard ends once, on either node, and its trials are told before."""
    words = run_all(cluster, tmp_path, make_shards(12, tmp_path), say_where)
    ends = ends_of(words)
    assert len(ends) == 12
    assert not [end.error for end in ends.values() if end.error]
    order = [word.trial if isinstance(word, TrialEnd) else f"end {word.shard}" for word in words]  # type: ignore[union-attr]  # no other words come
    assert all(order.index(shard) < order.index(f"end {shard}") for shard in ends)


def test_a_served_model_is_opened_once_a_node(cluster: Any, tmp_path: Path) -> None:
    """Its shards are played by one process on each node, which keeps the model."""
    ends = ends_of(run_all(cluster, tmp_path, make_shards(12, tmp_path, server="node"), say_where))
    places = [end.log.split() for end in ends.values()]
    assert len(places) == 12
    assert len({pid for pid, _ in places}) == 2
    assert len({(pid, model) for pid, model in places}) == 2


def test_models_do_not_keep_each_other_waiting(cluster: Any, tmp_path: Path) -> None:
    """A host that has played all of its shards leaves its place to others: two served models and one not."""
    shards = [
        *make_shards(5, tmp_path, server="node", label="one"),
        *make_shards(5, tmp_path, server="node", label="two"),
        *make_shards(5, tmp_path, label="three"),
    ]
    ends = ends_of(run_all(cluster, tmp_path, shards, say_where))
    assert len(ends) == 15
    assert not [end.error for end in ends.values() if end.error]


@pytest.mark.parametrize("server", ["", "node"])
def test_a_lost_process_loses_nothing(cluster: Any, tmp_path: Path, server: str) -> None:
    """Its shard is played again, here or there, and each trial is told once."""
    words = run_all(cluster, tmp_path, make_shards(4, tmp_path, server=server), die_once)
    ends = ends_of(words)
    assert (tmp_path / "shard-01.dead").exists()
    assert {name: end.error for name, end in ends.items()} == {f"shard-0{i}": "" for i in range(4)}
    assert sorted(word.trial for word in words if isinstance(word, TrialEnd)) == sorted(ends)


@pytest.mark.parametrize("server", ["", "node"])
def test_a_shard_that_is_lost_each_time_ends_with_the_reason(
    cluster: Any, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is begun again so many times, and the others go on."""
    monkeypatch.setattr(rays, "LOSSES", 1)
    ends = ends_of(run_all(cluster, tmp_path, make_shards(3, tmp_path, server=server), die_always))
    assert len(ends) == 3
    assert ends["shard-01"].error == "its machine or process was lost 2 times"
    assert not ends["shard-00"].error


def test_a_model_that_no_machine_can_serve_is_said(cluster: Any, tmp_path: Path) -> None:
    """Resources that no node has are one sentence for a served model, before anything runs."""
    shards = make_shards(2, tmp_path, server="node", resources={"num_gpus": 3.0})
    with pytest.raises(RunError, match="no machine of the cluster has the 1 CPUs and 3 GPUs"):
        run_all(cluster, tmp_path, shards, say_where)


def test_shards_that_wait_for_a_machine_say_so(cluster: Any, tmp_path: Path) -> None:
    """Resources that no node has may come, where clusters grow; meanwhile the others run."""
    shards = [
        *make_shards(2, tmp_path, label="big", resources={"num_gpus": 3.0}),
        *make_shards(2, tmp_path, label="small"),
    ]
    executor = RayCluster(cluster.address, 1, str(tmp_path))
    words: list[Word] = []
    try:
        for word in executor.run(shards, say_where):
            words.append(word)
            if sum(isinstance(each, ShardEnd) for each in words) == 2:
                break
    finally:
        executor.cancel()
    assert [word.text for word in words if isinstance(word, Notice)] == [
        "model 'gyges/random': no machine of the cluster has the 1 CPUs and 3 GPUs that its resources ask"
        " for. Its shards wait for one."
    ]
    assert {word.shard for word in words if isinstance(word, ShardEnd)} == {"small-00", "small-01"}


def test_another_version_is_refused(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node with another Gyges plays no trial: both versions are told, and the cluster is left."""
    monkeypatch.setattr(nodes, "describe_node", lambda _: parts.Node("9.9.9", "1.0", "3.11", sees=True))
    with pytest.raises(RunError, match=r"machine of the Ray cluster has Gyges .* this one has 9\.9\.9"):
        RayCluster(cluster.address, 1, str(tmp_path))
    monkeypatch.undo()
    RayCluster(cluster.address, 1, str(tmp_path)).cancel()


def test_a_folder_that_a_node_does_not_see_is_refused(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local run folder must be shared by all machines; where it is, nothing is left in it."""
    RayCluster(cluster.address, 1, f"{tmp_path}/run/logs").cancel()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(nodes, "_leave_probe", lambda _: f"{tmp_path}/not-there")
    with pytest.raises(RunError, match="not every machine of the Ray cluster sees this folder"):
        RayCluster(cluster.address, 1, f"{tmp_path}/run/logs")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:1", "no cluster can be reached"),
        ("nonsense", "expected host:port"),
        ("", "expected host:port"),
        ("host:99999", "expected host:port"),
        ("ray://127.0.0.1:10001", "begin it on a machine of the cluster"),
    ],
)
def test_a_wrong_address_is_one_sentence(address: str, words: str, tmp_path: Path) -> None:
    """No cluster there: one sentence that names the address, and nothing is left behind."""
    with pytest.raises(RunError, match=f"--ray {address}: .*{words}") as caught:
        RayCluster(address, 1, str(tmp_path / "logs"))
    assert "\n" not in str(caught.value)


def test_a_host_that_is_no_cluster_is_one_sentence(tmp_path: Path) -> None:
    """Who gives versions or a token that do not fit is told which."""
    versions = (
        "Version mismatch: The cluster was started with:\n    Ray: 2.50.0\n    Python: 3.12.1\n"
        "This process on node 10.0.0.1 was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
    )
    assert nodes._say_problem(RuntimeError(versions)) == (
        "the cluster has Ray 2.50.0 and Python 3.12.1; this machine has Ray 2.60.0 and Python 3.11.7."
    )
    assert "RAY_AUTH_TOKEN_PATH" in nodes._say_problem(RuntimeError("InvalidAuthToken: no token"))
