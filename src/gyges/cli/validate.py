"""`gyges validate [STUDY]`: agents of known truth through a study, and truth against verdict."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gyges.cli._options import SEED_OPTION, TRIALS_OPTION, WORKERS_OPTION
from gyges.cli._output import JSON_OPTION, say, say_error, say_json, say_table

_WORDS = {
    "matters": "true, of interest",
    "small": "true, smaller",
    "none": "no effect",
    "opposite": "the opposite",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("validate")(validate)


def validate(
    study: Annotated[str, typer.Argument(help="A study file, or the name of a shipped study.")] = "core",
    profiles: Annotated[
        int,
        typer.Option(
            min=1, max=10_000, help="Profiles drawn over the weight space, besides the shipped ones."
        ),
    ] = 12,
    trials: Annotated[int | None, TRIALS_OPTION] = None,
    studies: Annotated[
        int, typer.Option(min=1, max=100_000, help="Studies simulated for each, by probabilities.")
    ] = 5,
    full: Annotated[
        int,
        typer.Option(min=0, help="Drawn profiles that go the whole way with transcripts, one study each."),
    ] = 1,
    seed: Annotated[int, SEED_OPTION] = 0,
    workers: Annotated[int | None, WORKERS_OPTION] = None,
    out: Annotated[
        str | None, typer.Option(help="Folder for validity.json and the runs with transcripts.")
    ] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Run agents of known truth through a study and print truth against verdict, claim by claim."""
    from gyges.cli._choosing import prepare_choice
    from gyges.cli._running import default_workers
    from gyges.validating import ValidateOptions
    from gyges.validating import validate as put_to_the_test

    prepared = prepare_choice(study, models=["gyges/random"], model_args=None, trials=trials)
    result = put_to_the_test(
        prepared,
        ValidateOptions(
            profiles=profiles,
            studies=studies,
            seed=seed,
            full=full,
            workers=workers or default_workers(),
            out=out,
            on_agent=say_error,
        ),
    )
    if as_json:
        say_json(result)
    else:
        _say_result(result)


def _say_result(result: dict[str, Any]) -> None:
    ways = result["studies"]
    drawn = {agent["agent"] for agent in result["agents"] if agent["drawn"]}
    shipped = {agent["agent"] for agent in result["agents"]} - drawn
    say(
        f"study {result['study']}, {result['trials']:,} trials: {len(shipped)} shipped profiles and"
        f" {len(drawn)} drawn ones"
    )
    say(
        f"  by the fast path {_say_many(ways['probabilities'])}: acts"
        " drawn from the policy's probabilities and coded by rule, without a transcript; judges who never err"
    )
    say(f"  all the way {_say_many(ways['transcripts'])}: trials played, logged, read and coded; no judge")
    say()
    say("Truth against verdict, all claims of known truth together:")
    _say_counts([("", result["all"])])
    say()
    say("Claim by claim (verdicts as supported / refuted / inconclusive / not tested):")
    say_table(
        ("claim", *_WORDS.values(), "wrong", "coverage"),
        [
            (
                row["claim"],
                *(_join(row["counts"][word]) for word in _WORDS),
                row["wrong"]["k"],
                row["coverage"]["rate"],
            )
            for row in result["claims"]
        ],
    )
    say()
    together = result["all"]
    say(f"studies with any falsely supported claim: {_say_share(result['any_false'])}")
    say(f"supported, of what is true to twice the SESOI or more: {_say_share(together['strong'])}")
    say(f"wrong verdicts, of those that decide: {_say_share(together['wrong'])}")
    say(f"verdicts in the wrong direction: {_say_share(together['reversed'])}")
    say(f"95 % intervals that hold the truth: {_say_share(together['coverage'])}")
    if result["no_truth"]:
        say("without a known truth: " + ", ".join(sorted(result["no_truth"])))


def _say_many(n: int) -> str:
    return f"{n:,} {'study' if n == 1 else 'studies'}"


def _say_counts(rows: list[tuple[str, dict[str, Any]]]) -> None:
    words = ("supported", "refuted", "inconclusive", "not-tested")
    say_table(
        ("truth", *words),
        [
            (name, *(row["counts"][truth][word] for word in words))
            for _, row in rows
            for truth, name in _WORDS.items()
        ],
    )


def _join(counts: dict[str, int]) -> str:
    if not sum(counts.values()):
        return "-"
    return "/".join(str(counts[word]) for word in ("supported", "refuted", "inconclusive", "not-tested"))


def _say_share(share: dict[str, Any]) -> str:
    if share["rate"] is None:
        return "none"
    return f"{share['k']} of {share['n']:,} ({share['rate']:.1%}; {share['low']:.1%} to {share['high']:.1%})"
