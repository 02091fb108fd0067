"""`gyges status RUN`: how a run stands, also while it runs, and from another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json, say_table

if TYPE_CHECKING:
    from gyges.status import Status


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(
    run: Annotated[str, typer.Argument(help="The run folder: a local path or fsspec URL.")],
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Say how a run stands: trials done, rate, failures by cause, cost, budget and time left."""
    from gyges.status import describe_run

    found = describe_run(run)
    if as_json:
        say_json(found.model_dump(mode="json"))
    else:
        _say(found)


def _say(found: Status) -> None:
    from gyges.cli._progress import say_cost, say_duration

    say(f"{found.run}: {_say_state(found)}")
    left = f", {say_duration(found.seconds_left)} left" if found.seconds_left else ""
    rate = f"; {found.rate:.1f} a minute{left}" if found.rate else ""
    say(f"  {found.done} of {found.planned} trials done, {found.failed} failed{rate}")
    for name, counts in (("failed", found.causes), ("tried again", found.retries)):
        if counts:
            by_number = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
            say(f"  {name}: " + ", ".join(f"{n} × {cause}" for cause, n in by_number))
    if found.judging.done:
        say(f"  judges: {found.judging.done} readings, {found.judging.failed} without a reply")
    say(f"  {say_cost(found)}")
    say_table(
        ("  model", "done", "failed", "planned", "a minute", "left"),
        [
            (
                f"  {each.model}",
                each.done,
                each.failed,
                each.planned,
                f"{each.rate:.1f}",
                "–" if each.seconds_left is None else say_duration(each.seconds_left),
            )
            for each in found.models
        ],
    )


def _say_state(found: Status) -> str:
    from gyges.cli._progress import say_duration

    process = f"process {found.pid} on {found.host}" if found.host else "a process that left no name"
    sign = f"last sign {say_duration(found.age_s)} ago" if found.age_s is not None else "no sign"
    if found.state == "running":
        return f"running ({found.phase}; {process} since {found.started}; {sign})"
    if found.state == "stale":
        return f"stale ({process} is gone or silent, {sign}); carry on with: gyges resume {found.run}"
    if found.state == "stopped":
        why = f" ({found.why})" if found.why else ""
        return f"stopped{why}; carry on with: gyges resume {found.run}"
    return "finished"
