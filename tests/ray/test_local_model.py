"""A model with weights, kept open on each node."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gyges import running
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import run_study
from gyges.trials import RayCluster
from tests.providers.test_local_models import tiny_model

__all__ = ["tiny_model"]

pytestmark = [
    pytest.mark.skipif(
        "CI" in os.environ, reason="loading weights on a cluster takes minutes; run it without CI"
    ),
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.local_models,
    pytest.mark.filterwarnings("ignore"),
]


def test_weights_serve_one_shard_after_the_other(
    cluster: Any,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model that stays open answers in later shards too, each of which has an event loop of its own."""
    monkeypatch.setattr(running, "SHARD_SIZE", 2)
    spec = ModelSpec(
        name="hf/tiny",
        args={"model_path": str(tiny_model), "device": "cpu"},
        config={"max_tokens": 4},
        server="node",
    )
    study = Study(
        name="tiny",
        models=(spec,),
        scenarios=("night-shift",),
        design=(DesignPart(kind="base", protocol="choice"),),
        trials=6,
        retries=0,
    )
    executor = RayCluster(cluster.address, 1, str(tmp_path / "run/logs"))
    try:
        run = run_study(
            study, out=str(tmp_path / "run"), options=RunOptions(executor=executor, certificate=0)
        )
    finally:
        executor.cancel()
    assert len(list((tmp_path / "run/logs").glob("*.eval"))) == 3
    assert set(run.codes["status"]) <= {"unparsed", "refused"}
