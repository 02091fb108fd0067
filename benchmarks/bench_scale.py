"""Memory and time of a large run of the `choice` protocol, from start-up to report, process by process.

    python benchmarks/bench_scale.py [N_TRIALS] [--workers N] [--out DIR]

Runs `gyges run` on a reference agent, then `code`, `analyze` and `report` once more, each alone, and samples
the resident memory of every process. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

EVERY_S = 0.5
MB = 1e6
STUDY = """
name: scale
models: [{{name: gyges/insight-profile}}]
design: [{{kind: conjoint, protocol: choice}}]
trials: {trials}
"""


@dataclass
class Watched:
    """A process and what it held over time."""

    role: str
    samples: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the command began, and MB resident."""

    @property
    def lived_s(self) -> float:
        """From its first sample to its last."""
        return self.samples[-1][0] - self.samples[0][0]

    def median_of(self, quarter: int) -> float:
        """Give the median MB in a quarter of its life, 0 to 3."""
        begin, span = self.samples[0][0], max(self.lived_s, 1e-9)
        held = [mb for at, mb in self.samples if min(3, int(4 * (at - begin) / span)) == quarter]
        return median(held) if held else float("nan")

    @property
    def peak(self) -> float:
        """Give the most MB it held."""
        return max(mb for _, mb in self.samples)


class Watch:
    """The processes of one command: the driver, and what it begins."""

    def __init__(self) -> None:
        self.seen: dict[tuple[int, float], Watched] = {}
        self._began = time.monotonic()
        self._words: tuple[int, float] | None = None

    def sample(self, root: psutil.Process) -> None:
        """Look once at the process and its descendants."""
        living = list(_list_living(root))
        here = {key for key, _, _ in living}
        for key, command, held in sorted(living):
            if key not in self.seen:
                self.seen[key] = Watched(self._name(key, command, here, is_root=key[0] == root.pid))
            self.seen[key].samples.append((time.monotonic() - self._began, held / MB))

    def _name(
        self, key: tuple[int, float], command: str, here: set[tuple[int, float]], *, is_root: bool
    ) -> str:
        if is_root:
            return "driver"
        if "resource_tracker" in command:
            return "resource tracker"
        # The first process that a pool of trials begins carries the words of the others.
        if self._words is None:
            self._words = key
            return "words"
        kind = "trials" if self._words in here else "coding"
        number = 1 + sum(each.role.startswith(kind) for each in self.seen.values())
        return f"{kind}, worker {number}"


def _list_living(root: psutil.Process) -> Iterator[tuple[tuple[int, float], str, int]]:
    for each in (root, *root.children(recursive=True)):
        try:
            yield (each.pid, each.create_time()), " ".join(each.cmdline()), each.memory_info().rss
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue


def watch_command(words: Sequence[str]) -> tuple[float, list[Watched]]:
    """Run a command of Gyges to its end; give its seconds and what its processes held.

    Raises:
        SystemExit: It failed; its own words say why.
    """
    watch = Watch()
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "gyges", *words], stdout=subprocess.DEVNULL, stderr=said
        )
        root = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                watch.sample(root)
            except psutil.NoSuchProcess:
                break
            time.sleep(EVERY_S)
        took = time.perf_counter() - began
        if process.wait():
            said.seek(0)
            raise SystemExit(f"gyges {words[0]} ended with {process.returncode}: {said.read().decode()}")
    return took, list(watch.seen.values())


def print_processes(watched: Sequence[Watched]) -> None:
    """Print a row a process that is worth one."""
    print("| process | seconds | MB in its 2nd quarter | in its 3rd | in its last | peak MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for each in watched:
        if each.role != "resource tracker" and each.lived_s > 2 * EVERY_S:
            quarters = " | ".join(f"{each.median_of(quarter):.0f}" for quarter in (1, 2, 3))
            print(f"| {each.role} | {each.lived_s:.0f} | {quarters} | {each.peak:.0f} |")


def measure(trials: int, workers: int, folder: Path) -> None:
    """Run the study, then each step again, and print what they took."""
    folder.mkdir(parents=True, exist_ok=True)
    study, run = folder / "study.yaml", folder / "run"
    study.write_text(STUDY.format(trials=trials))
    took, watched = watch_command(["run", str(study), "--out", str(run), "--workers", str(workers), "--yes"])
    print(f"{trials:,} choice trials, {workers} workers: `gyges run` took {took:.0f} s\n")
    print_processes(watched)
    print("\n| again, alone | seconds | driver's peak MB | workers' peak MB |\n| --- | --- | --- | --- |")
    for step in ("code", "analyze", "report"):
        took, watched = watch_command([step, str(run)])
        driver = max(each.peak for each in watched if each.role == "driver")
        others = max((each.peak for each in watched if each.role != "driver"), default=0.0)
        print(f"| `gyges {step}` | {took:.0f} | {driver:.0f} | {others:.0f} |", flush=True)
    print("\n| file | MB |\n| --- | --- |")
    for name in ("report.html", "results.json", "codes.parquet", "plan.parquet", "logs"):
        print(f"| {name} | {_weigh(run / name) / MB:.1f} |")


def _weigh(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file())


def main() -> None:
    """Read what was asked for, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", nargs="?", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="Folder to keep the run in; else it is thrown away.")
    asked = parser.parse_args()
    if asked.out:
        measure(asked.trials, asked.workers, asked.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(asked.trials, asked.workers, Path(folder))


if __name__ == "__main__":
    main()
