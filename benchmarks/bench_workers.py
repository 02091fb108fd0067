"""Two workers against one, for a whole `gyges run` of agentic reference trials, start-up to report.

    python benchmarks/bench_workers.py [N_TRIALS]

Prints a Markdown table.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 2
STUDY = """
name: bench
models: [{{name: gyges/insight-profile}}]
design: [{{kind: base, protocol: agentic}}]
trials: {trials}
"""


def time_run(study: Path, workers: int) -> float:
    """Time the command in seconds."""
    gyges = Path(sys.executable).parent / "gyges"
    out = study.parent / f"run-{workers}-{time.monotonic_ns()}"
    began = time.perf_counter()
    command = [str(each) for each in (gyges, "run", study, "--out", out, "--workers", workers, "--yes")]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{trials:,} agentic trials\n")
    print("| round | 1 worker, s | 2 workers, s | ratio |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.yaml"
        study.write_text(STUDY.format(trials=trials))
        for number in range(ROUNDS):
            one, two = time_run(study, 1), time_run(study, 2)
            print(f"| {number + 1} | {one:.1f} | {two:.1f} | {one / two:.2f} |", flush=True)


if __name__ == "__main__":
    main()
