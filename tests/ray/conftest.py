"""A Ray cluster of two nodes on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NICENESS = "RAY_worker_niceness"


@pytest.fixture(scope="package")
def cluster() -> Iterator[Any]:
    """A head without CPUs, and two nodes of one each."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed: gyges[ray]")
    with pytest.MonkeyPatch.context() as patch:
        # Workers have the environment in which their node was begun; what tests send them is found there.
        patch.setenv("LOOPBACK_API_KEY", "not-a-key")
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        # As nice as everybody else: on a busy machine the nicest never come to their turn.
        patch.setenv(NICENESS, "0")
        made = begin_cluster(cluster_utils)
        yield made
        made.shutdown()


def begin_cluster(cluster_utils: Any, tries: int = 3) -> Any:
    """Begin the cluster; on a busy machine Ray's own half minute may be too short."""
    made = cluster_utils.Cluster()
    try:
        made.add_node(num_cpus=0, include_dashboard=False)
        for _ in range(2):
            made.add_node(num_cpus=1)
        made.wait_for_nodes(timeout=120)
    except Exception:
        made.shutdown()
        if tries == 1:
            raise
        return begin_cluster(cluster_utils, tries - 1)
    return made
