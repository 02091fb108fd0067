"""Time a run on a local Ray cluster of two nodes against one worker and against a pool of two processes.

    python benchmarks/bench_ray.py [--trials 2000] [--protocol choice] [--rounds 2]

The same study is run three ways, one after the other: one process, a pool of two, and Ray with two raylets
of one CPU each besides a head without any. The cluster is begun before and not counted, as it stands before
a run.
What is timed is playing the trials until the last has ended, with the start of the processes; coding and the
report are the same for all.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from gyges.prepare import prepare_study
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions, run_trials
from gyges.study import begin_run
from gyges.trials import Executor, LocalProcesses, RayCluster

NICENESS = "RAY_worker_niceness"


def time_run(study: Study, out: str, executor: Executor) -> float:
    """Give the seconds that the trials of a study take."""
    folder = begin_run(prepare_study(study), out)
    began = time.monotonic()
    run_trials(folder, RunOptions(executor=executor))
    return time.monotonic() - began


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    from ray.cluster_utils import Cluster

    parser = argparse.ArgumentParser(description="Time a run on Ray against local processes.")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--protocol", default="choice")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    study = Study(
        name="timing",
        models=(ModelSpec(name="gyges/insight-profile"),),
        design=(DesignPart(kind="base", protocol=options.protocol),),
        trials=options.trials,
        claims=("C47",),
    )
    # Ray's workers are nicer than others unless told otherwise; here both ways have the same right to a core.
    os.environ[NICENESS] = "0"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    print(f"{options.trials:,} trials, {options.protocol}\n")
    print("| round | one worker, s | pool of two, s | Ray, two raylets, s | one worker / Ray | Ray / pool |")
    print("| --- | --- | --- | --- | --- | --- |")
    try:
        for i in range(options.rounds):
            with tempfile.TemporaryDirectory() as name:
                at = Path(name)
                pool = time_run(study, f"{at}/pool", LocalProcesses(2))
                there = time_run(study, f"{at}/ray", RayCluster(cluster.address, 2, f"{at}/ray/logs"))
                one = time_run(study, f"{at}/one", LocalProcesses(1))
            ratios = f"{one / there:.2f} | {there / pool:.2f}"
            print(f"| {i + 1} | {one:.1f} | {pool:.1f} | {there:.1f} | {ratios} |", flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
