"""The instrument put to the test: agents of known truth through a study, verdicts against the truth."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gyges.deciding import Asked, ask
from gyges.prepare import CUSTOM, Prepared, override_study
from gyges.records.seeds import derive_seed
from gyges.records.study import ModelSpec, Study
from gyges.records.validity import Scored
from gyges.running import RunOptions
from gyges.storage import replace_file
from gyges.study import run_study

if TYPE_CHECKING:
    import polars as pl

    from gyges.agents import Profile
    from gyges.validity import Layout

PROFILES = 12
STUDIES = 5
FULL = 1

DENSITY = 10
"""Times as many trials as the study has over which truth is expected, so that what the plan's own draw of
cells happens to confound does not pass for an effect."""

FAST, WHOLE = "probabilities", "transcripts"
"""The two ways: acts drawn and coded by their documented rules, or trials played, logged, read and coded."""


@dataclass(frozen=True)
class ValidateOptions:
    """How much is put through."""

    profiles: int = PROFILES
    """Profiles drawn over the weight space, besides the shipped ones."""
    studies: int = STUDIES
    """Simulated studies for each."""
    seed: int = 0
    full: int = FULL
    """Of the drawn profiles, how many go the whole way with transcripts too, one study each."""
    workers: int = 1
    out: str | None = None
    """Where `validity.json` and the runs with transcripts are kept; none: nowhere."""
    on_agent: Callable[[str], None] = lambda _: None
    """Called with a line when an agent is through."""


@dataclass(frozen=True)
class _Bench:
    """What every agent is measured with."""

    prepared: Prepared
    asked: Asked
    layout: Layout
    dense: Layout
    """The same study with many more trials, over which truth is expected."""
    options: ValidateOptions
    weights: dict[Any, Any]


def validate(prepared: Prepared, options: ValidateOptions) -> dict[str, Any]:
    """Put agents of known truth through a study; give truth against verdict, claim by claim, as plain values.

    Args:
        prepared: The study; its own models play no part.
        options: How much is put through.

    Raises:
        RunError: The folder named cannot be written or holds a run already.
    """
    from gyges.agents import find_profiles, load_profile
    from gyges.validity import draw_profiles

    if options.out is not None:
        Path(options.out).mkdir(parents=True, exist_ok=True)
    bench = _set_up(prepared, options)
    drawn = draw_profiles(options.profiles, options.seed)
    shipped = [load_profile(name) for name in find_profiles()]
    scored: list[Scored] = []
    agents = []
    for profile in (*shipped, *drawn):
        found = _go_fast(bench, profile)
        scored += found
        agents.append(_describe(profile, FAST, found, is_drawn=profile in drawn))
        options.on_agent(f"{profile.id}: {_say_studies(options.studies)} by {FAST}")
    for profile in drawn[: options.full]:
        found = _go_all_the_way(bench, profile)
        scored += found
        agents.append(_describe(profile, WHOLE, found, is_drawn=True))
        options.on_agent(f"{profile.id}: one study by {WHOLE}")
    result = _lay_out_result(bench, agents, scored)
    if options.out is not None:
        text = json.dumps(result, indent=2, sort_keys=True, ensure_ascii=False)
        replace_file(Path(options.out) / "validity.json", f"{text}\n".encode())
    return result


def _say_studies(n: int) -> str:
    return f"{n:,} {'study' if n == 1 else 'studies'}"


def _set_up(prepared: Prepared, options: ValidateOptions) -> _Bench:
    from gyges.design import make_plan
    from gyges.validity import lay_out

    study = prepared.study
    many = study.model_copy(update={"trials": DENSITY * study.trials})
    plan = make_plan(many, prepared.scenarios, claims=prepared.claims, batteries=prepared.batteries)
    return _Bench(
        prepared=prepared,
        asked=ask(study, prepared.claims, prepared.scenarios, batteries=prepared.batteries),
        layout=lay_out(prepared.plan, prepared.scenarios, prepared.batteries),
        dense=lay_out(plan, prepared.scenarios, prepared.batteries),
        options=options,
        weights={},
    )


def _go_fast(bench: _Bench, profile: Profile) -> list[Scored]:
    from gyges.validity import simulate

    names = [f"{profile.id}/{number:03d}" for number in range(bench.options.studies)]
    seeds = [derive_seed(bench.options.seed, "study", name) for name in names]
    return _score(
        bench,
        profile,
        {n: simulate(bench.layout, profile, seed=s) for n, s in zip(names, seeds, strict=True)},
    )


def _go_all_the_way(bench: _Bench, profile: Profile) -> list[Scored]:
    spec = ModelSpec(name=CUSTOM, args={"profile": profile.model_dump(mode="json")})
    seed = derive_seed(bench.options.seed, "transcripts", profile.id)
    study = override_study(bench.prepared.study, models=(spec,), seed=seed)
    with _folder(bench.options, profile.id) as folder:
        run = run_study(
            _name_absolutely(study),
            out=folder,
            options=RunOptions(workers=bench.options.workers, certificate=0),
        )
        return _score(bench, profile, {f"{profile.id}/{WHOLE}": run.codes})


def _name_absolutely(study: Study) -> Study:
    return study.model_copy(update={"library": tuple(str(Path(each).absolute()) for each in study.library)})


@contextmanager
def _folder(options: ValidateOptions, name: str) -> Iterator[str]:
    if options.out is not None:
        yield f"{options.out}/{name}"
        return
    with tempfile.TemporaryDirectory(prefix="gyges-") as kept:
        yield f"{kept}/{name}"


def _score(bench: _Bench, profile: Profile, studies: dict[str, pl.DataFrame]) -> list[Scored]:
    import polars as pl

    from gyges.validity import SimulatedStudy, know, measure, reach_verdicts, score

    claims = bench.prepared.claims
    codes = pl.concat(
        [each.with_columns(model=pl.lit(name)) for name, each in studies.items()], how="diagonal_relaxed"
    )
    findings = measure(codes, bench.asked, claims)
    verdicts = reach_verdicts(findings, bench.asked, claims)
    known = know(bench.dense, profile, bench.weights, density=DENSITY)
    return score([SimulatedStudy(name, profile.id, known) for name in studies], findings, verdicts, claims)


def _describe(profile: Profile, way: str, scored: Sequence[Scored], *, is_drawn: bool) -> dict[str, Any]:
    from gyges.validity import count_false, tabulate

    together = tabulate(scored)[-1]
    return {
        "agent": profile.id,
        "drawn": is_drawn,
        "way": way,
        "studies": len({each.study for each in scored}),
        "weights": dict(profile.weights),
        "any_false": asdict(count_false(scored)),
        "wrong": asdict(together.wrong),
        "coverage": asdict(together.coverage),
    }


def _lay_out_result(
    bench: _Bench, agents: Sequence[dict[str, Any]], scored: Sequence[Scored]
) -> dict[str, Any]:
    from gyges.validity import count_false, has_truth, tabulate

    unknown = {
        claim.id: "its truth is not known for these agents"
        for claim in bench.prepared.claims
        if not has_truth(claim)
    }
    known = {each.claim for each in scored if each.truth is not None}
    untested = {
        claim.id: "no study has trials enough for it"
        for claim in bench.prepared.claims
        if claim.id not in known and claim.id not in unknown
    }
    place = {claim.id: number for number, claim in enumerate(bench.prepared.claims)}
    rows = tabulate(sorted(scored, key=lambda each: place[each.claim]))
    return {
        "gyges": version("gyges"),
        "study": bench.prepared.study.name,
        "trials": bench.layout.n_trials,
        "seed": bench.options.seed,
        "agents": list(agents),
        "studies": {
            way: sum(agent["studies"] for agent in agents if agent["way"] == way) for way in (FAST, WHOLE)
        },
        "any_false": asdict(count_false(scored)),
        "claims": [asdict(row) for row in rows[:-1]],
        "all": asdict(rows[-1]),
        "no_truth": unknown | untested,
    }
