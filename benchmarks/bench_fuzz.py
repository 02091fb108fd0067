"""Ten thousand spoiled files: each is read, or refused in one sentence, in time and in little memory.

    python benchmarks/bench_fuzz.py [N_CASES] [--kind KIND]... [--seed S] [--first N]

Good files are spoiled as the tests under `tests/fuzz` spoil them, every kind in a process of its own that may
not pass a limit of address space. Prints a Markdown table; what broke is listed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import resource
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from tests.fuzz.good import Good, make_good
from tests.fuzz.targets import TARGETS, laying_out, spoil
from tests.fuzz.watching import BrokenError, watch

from gyges.errors import GygesError
from gyges.records.seeds import derive_seed

ROOM = 2_000_000_000
"""Bytes of address space that reading may take beyond what the process has when it begins."""


@dataclass
class Tally:
    """What came of the cases of a kind."""

    cases: int = 0
    accepted: int = 0
    worst_s: float = 0.0
    worst_mb: float = 0.0
    broken: Counter[str] = field(default_factory=Counter)
    example: dict[str, int] = field(default_factory=dict)
    """What broke to the number of a case that shows it."""
    slowest: int = 0
    largest: int = 0


def run_kind(kind: str, good: Good, numbers: range, seed: int) -> Tally:
    """Read spoiled files of one kind."""
    tally = Tally()
    for number in numbers:
        rng = Random(derive_seed(seed, "fuzz", kind, str(number)))
        path, content = spoil(kind, rng, good)
        tally.cases += 1
        with laying_out(kind, good, path, content) as read, contextlib.redirect_stdout(io.StringIO()):
            try:
                outcome = watch(read)
            except BrokenError as problem:
                tally.broken[str(problem)] += 1
                tally.example.setdefault(str(problem), number)
                continue
        tally.accepted += outcome.accepted
        if outcome.seconds > tally.worst_s:
            tally.worst_s, tally.slowest = outcome.seconds, number
        if outcome.mb > tally.worst_mb:
            tally.worst_mb, tally.largest = outcome.mb, number
    return tally


def _work(kind: str, good: Good, numbers: range, seed: int, answer: Connection) -> None:
    os.chdir(good.scratch)
    warm_up(kind, good)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, resource.RLIM_INFINITY))
    answer.send(run_kind(kind, good, numbers, seed))


def warm_up(kind: str, good: Good) -> None:
    """Read a good file once, so that what is imported late counts for no case."""
    path = good.list_files(kind)[0]
    with (
        laying_out(kind, good, path, path.read_bytes()) as read,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.suppress(GygesError),
    ):
        read()


def find_good(folder: Path) -> Good:
    """Give the good files of a folder; they are made where it is not there yet."""
    return Good(folder / "run", folder / "scratch") if folder.exists() else make_good(folder)


def run_apart(kind: str, good: Good, numbers: range, seed: int) -> Tally:
    """Read the files of a kind in a process of its own; one that dies broke something too."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(kind, good, numbers, seed, theirs))
    process.start()
    theirs.close()
    try:
        found: Tally = mine.recv()
    except EOFError:
        process.join()
        found = Tally(broken=Counter([f"the process died ({process.exitcode})"]))
    process.join()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=int, default=10_000)
    parser.add_argument("--kind", action="append", choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--good", type=Path, help="Folder of the good files, made there if it is not there.")
    parser.add_argument("--first", type=int, default=0, help="Number of the first case of each kind.")
    asked = parser.parse_args()
    kinds = asked.kind or list(TARGETS)
    each = -(-asked.cases // len(kinds))
    numbers = range(asked.first, asked.first + each)
    broken: list[str] = []
    total = Tally()
    print("| kind | cases | accepted | refused in a sentence | broken | worst s | worst MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        good = find_good(asked.good or Path(folder) / "good")
        for kind in kinds:
            tally = run_apart(kind, good, numbers, asked.seed)
            print_row(kind, tally)
            broken += [f"{kind} {tally.example.get(s)}: {n} × {s}" for s, n in tally.broken.most_common()]
            broken.append(f"{kind}: slowest {tally.slowest}, largest {tally.largest}")
            total.cases += tally.cases
            total.accepted += tally.accepted
            total.broken.update(tally.broken)
            total.worst_s = max(total.worst_s, tally.worst_s)
            total.worst_mb = max(total.worst_mb, tally.worst_mb)
    print_row("all", total)
    print("\n".join(broken), file=sys.stderr)
    raise SystemExit(bool(total.broken))


def print_row(kind: str, tally: Tally) -> None:
    """Print a row of the table."""
    n_broken = tally.broken.total()
    refused = tally.cases - tally.accepted - n_broken
    print(
        f"| {kind} | {tally.cases:,} | {tally.accepted:,} | {refused:,} | {n_broken:,}"
        f" | {tally.worst_s:.2f} | {tally.worst_mb:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
