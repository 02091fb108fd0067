"""Work for executors that a spawned process can import."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from gyges.trials import Shard, ShardEnd, TrialEnd


def play(shard: Shard, report: Callable[[TrialEnd], None]) -> ShardEnd:
    """Report one trial and end; a shard called `dies` takes its process with it, `sleeps` waits long."""
    if shard.id.startswith("dies"):
        os._exit(3)
    if shard.id.startswith("sleeps"):
        report(TrialEnd(trial="began", ok=True))
        time.sleep(120)
    report(TrialEnd(trial=shard.id, ok=True))
    return ShardEnd(shard=shard.id, log=f"{shard.id}.eval")
