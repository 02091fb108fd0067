"""How long it takes to render the scenes of a study's trials: `python benchmarks/bench_rendering.py`."""

from __future__ import annotations

import time

from gyges.claims import load_claims
from gyges.design import load_study, make_plan, trials_of
from gyges.running import stage_trial
from gyges.scenarios import load_batteries, load_library

N_TRIALS = 10_000


def main() -> None:
    """Render 10,000 trials of the core study, three times."""
    library, batteries = load_library(), load_batteries()
    study = load_study("core").model_copy(update={"trials": N_TRIALS})
    plan = make_plan(study, library, claims=load_claims(), batteries=batteries)
    trials = list(trials_of(plan))
    for _ in range(3):
        start = time.perf_counter()
        for trial in trials:
            stage_trial({**library, **batteries}, trial)
        print(f"{len(trials):,} scenes of {len(library)} scenarios in {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
