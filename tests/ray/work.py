"""Work that stands for shards where only their way through a cluster matters."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from gyges.records.study import ModelSpec, Resources
from gyges.trials import Report, Shard, ShardEnd, TrialEnd, open_model


def make_shards(n: int, folder: Path, *, name: str = "gyges/random", **fields: object) -> list[Shard]:
    """Make shards without trials, of one model."""
    spec = ModelSpec.model_validate({"name": name, "resources": Resources(), **fields})
    return [
        Shard(id=f"{spec.label or 'shard'}-{i:02}", trials=(), scenarios={}, model=spec, log_dir=str(folder))
        for i in range(n)
    ]


def say_where(shard: Shard, report: Report) -> ShardEnd:
    """Open the model, and say in which process, and which object it is."""
    report(TrialEnd(trial=shard.id, ok=True))
    time.sleep(0.05)
    return ShardEnd(shard=shard.id, log=f"{os.getpid()} {id(open_model(shard.model))}")


def die_once(shard: Shard, report: Report) -> ShardEnd:
    """Kill the process the first time that the second shard is played."""
    report(TrialEnd(trial=shard.id, ok=True))
    mark = Path(shard.log_dir) / f"{shard.id}.dead"
    if shard.id.endswith("01") and not mark.exists():
        mark.touch()
        # Word of the trial goes out first.
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    return ShardEnd(shard=shard.id, log=shard.id)


def die_always(shard: Shard, report: Report) -> ShardEnd:
    """Kill the process whenever the second shard is played."""
    if shard.id.endswith("01"):
        os.kill(os.getpid(), signal.SIGKILL)
    return ShardEnd(shard=shard.id, log=shard.id)
