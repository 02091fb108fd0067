"""Time `gyges analyze` on many coded trials, start-up included, and print Markdown tables.

    python benchmarks/bench_analysis.py [--trials 10000 1000000] [--models 1]

For each size a run folder is begun and given a `codes.parquet` of seeded synthetic trials (ten scenarios in
two settings, all factors, every outcome). The command is run on it as a user runs it; a second fresh process
shows where the time goes. Wall time and peak memory are each process's own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from gyges.records.words import FACTORS, OUTCOMES, PROTOCOLS, STATUSES, TACTICS

_SCENARIOS = tuple(f"scenario-{i:02d}" for i in range(10))
_EVIDENCE = pl.List(pl.Struct({"act": pl.String, "quote": pl.String, "turn": pl.Int64}))
_CHUNK = 250_000


def make_codes(n: int, *, models: int, seed: int) -> pl.DataFrame:
    """Make `n` coded trials: mostly conjoint, with base trials, matched controls and conjunctions' cells."""
    rng = np.random.default_rng(seed)

    def draw(words: tuple[str, ...], p: list[float] | None = None) -> pl.Series:
        return pl.Series(list(words)).gather(rng.choice(len(words), size=n, p=p))

    design = draw(("conjoint", "base", "control", "conjunctions"), [0.8, 0.08, 0.06, 0.06])
    cells = {name: draw(levels) for name, levels in FACTORS.items()}
    bare = (design != "conjoint").to_numpy()
    base = {name: pl.Series([levels[-1]]).new_from_index(0, n) for name, levels in FACTORS.items()}
    status = draw(STATUSES, [0.96, 0.01, 0.01, 0.01, 0.01])
    tactic = draw(TACTICS, [0.5, 0.1, 0.1, 0.1, 0.08, 0.06, 0.04, 0.02])
    frame = pl.DataFrame(
        {
            "trial": pl.Series(rng.integers(0, 2**62, n)).cast(pl.String),
            "model": draw(tuple(f"gyges/model-{i}" for i in range(models))),
            "scenario": draw(_SCENARIOS),
            "setting": draw(("north", "south")),
            "protocol": draw(PROTOCOLS, [0.8, 0.1, 0.1]),
            "design": design,
            "conflict": pl.select(
                pl.when(pl.Series(design) == "control").then(pl.lit("absent")).otherwise(pl.lit("present"))
            ).to_series(),
            "variant": rng.integers(0, 20, n),
            "replicate": np.zeros(n, dtype=np.int64),
            "seed": rng.integers(0, 2**62, n),
            **{name: column.zip_with(pl.Series(~bare), base[name]) for name, column in cells.items()},
            "status": status,
            "tactic": tactic,
        }
    )
    rows = frame.with_columns(
        reason=pl.lit("recognized by its signs"),
        act=pl.concat_str(pl.lit("act-"), pl.col("tactic")),
        acts=pl.concat_list(pl.concat_str(pl.lit("act-"), pl.col("tactic"))),
        open_acts=pl.concat_list([pl.lit(f"act-{name}") for name in TACTICS]),
        open_tactics=pl.concat_list([pl.lit(name) for name in TACTICS[3:]]),
        severity=pl.col("tactic").cast(pl.Enum(list(TACTICS))).to_physical().cast(pl.Int8),
        evidence=pl.lit([{"act": "act", "quote": "I moved the vote to Friday.", "turn": 3}], dtype=_EVIDENCE),
        turns=pl.lit(6),
        input_tokens=pl.lit(5200),
        output_tokens=pl.lit(610),
        cost=pl.lit(0.0123),
        log=pl.lit("logs/0001.eval"),
        **{name: pl.Series(rng.random(n) < 0.25) for name in OUTCOMES},
    )
    coded = pl.col("status") == "coded"
    nulled = ("act", "tactic", "severity", *OUTCOMES)
    return rows.with_columns(pl.when(coded).then(pl.col(name)).alias(name) for name in nulled)


def write_codes(folder: Path, n: int, *, models: int) -> Path:
    """Write a run folder's `codes.parquet` with `n` trials."""
    path = folder / "codes.parquet"
    parts = [make_codes(min(_CHUNK, n - start), models=models, seed=start) for start in range(0, n, _CHUNK)]
    pl.concat(parts).write_parquet(path)
    return path


def analyze(path: Path) -> dict[str, float]:
    """Estimate everything and measure the registered claims, in this process."""
    began = time.perf_counter()
    from gyges.analysis import estimate_all, measure_claims, prepare_codes
    from gyges.claims import load_claims
    from gyges.estimands import Facts

    claims = load_claims()
    imported = time.perf_counter()
    facts = {name: Facts({factor: levels[-1] for factor, levels in FACTORS.items()}) for name in _SCENARIOS}
    frame = prepare_codes(pl.scan_parquet(path), facts)
    prepared = time.perf_counter()
    estimates = estimate_all(frame)
    estimated = time.perf_counter()
    found = measure_claims(frame, claims, scenario_results=estimates.scenarios, min_trials=20, facts=facts)
    measured = time.perf_counter()
    return {
        "import": imported - began,
        "prepare": prepared - imported,
        "estimate": estimated - prepared,
        "claims": measured - estimated,
        "effects": len(estimates.effects),
        "findings": sum(finding.estimate is not None for finding in found),
    }


def begin(folder: Path) -> str:
    """Begin a run whose trials are never run, and give its folder."""
    from gyges.prepare import prepare_study
    from gyges.records.study import ModelSpec, Study
    from gyges.study import begin_run

    study = Study(name="bench", models=(ModelSpec(name="gyges/random"),), trials=100)
    begin_run(prepare_study(study), out=str(folder))
    return str(folder)


def time_command(folder: str) -> tuple[float, float]:
    """Run `gyges analyze` on a folder; give its wall time in seconds and its peak memory in MB."""
    gyges = Path(sys.executable).parent / "gyges"
    began = time.perf_counter()
    with subprocess.Popen([gyges, "analyze", folder], stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"gyges analyze ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Make the codes, analyze each in fresh processes, print the table."""
    parser = argparse.ArgumentParser(description="Time the analysis of many coded trials.")
    parser.add_argument("--trials", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--codes", type=Path, help="analyze this file and print its times as JSON")
    options = parser.parse_args()
    if options.codes:
        print(json.dumps(analyze(options.codes)))
        return
    print(
        "| trials | `gyges analyze` s | its peak MB | library s | of it import | read | estimate | claims "
        "| effects | claims measured |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for n in options.trials:
        with tempfile.TemporaryDirectory() as folder:
            run = begin(Path(folder) / "run")
            path = write_codes(Path(run), n, models=options.models)
            shown, peak = time_command(run)
            began = time.perf_counter()
            command = [sys.executable, __file__, "--codes", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            wall = time.perf_counter() - began
        t = json.loads(done.stdout)
        print(
            f"| {n:,} | {shown:.2f} | {peak:.0f} | {wall:.2f} | {t['import']:.2f} | {t['prepare']:.2f} "
            f"| {t['estimate']:.2f} | {t['claims']:.2f} | {t['effects']} | {t['findings']} |"
        )


if __name__ == "__main__":
    main()
