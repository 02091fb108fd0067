"""`gyges code RUN`: code the transcripts of a run again, from its logs, by the rules and by judges."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from gyges.cli._output import JSON_OPTION, say, say_error, say_json
from gyges.cli._stopping import INTERRUPTS

if TYPE_CHECKING:
    from gyges.coding import Judgment, Tally
    from gyges.judging import JudgeOptions
    from gyges.records.study import Consensus
    from gyges.run_folder import RunFolder

_LINE_EVERY_S = 10.0
_MOST_CAUSES = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("code")(code)


def code(
    run: Annotated[str, typer.Argument(help="The run folder; or logs of `inspect eval`, or one log.")],
    out: Annotated[str | None, typer.Option(help="Run folder to take such logs into.")] = None,
    judge: Annotated[
        list[str] | None, typer.Option("--judge", help="Model that judges; may be given several times.")
    ] = None,
    judge_base_url: Annotated[str | None, typer.Option(help="Base URL of the judges' API.")] = None,
    codebook: Annotated[
        list[str] | None,
        typer.Option(help="Folder with codebook items of one's own."),
    ] = None,
    consensus: Annotated[
        str | None,
        typer.Option(
            help="How several judges' answers become one: majority or posterior; else as the study says."
        ),
    ] = None,
    connections: Annotated[int | None, typer.Option(min=1, help="Calls to judges under way at once.")] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Code the transcripts of a run by the rules, and by judges if there are any, into its codes.parquet."""
    from gyges.cli._running import default_workers
    from gyges.holding import hold_run
    from gyges.judging import JudgeOptions, choose_judges
    from gyges.run_folder import read_lock
    from gyges.study import Run, code_run

    folder = _open(run, out)
    progress = _Progress()
    options = JudgeOptions(
        judges=choose_judges(read_lock(folder).study, judge or (), base_url=judge_base_url),
        codebook=tuple(codebook or ()),
        connections=connections,
        consensus=_check_consensus(consensus),
        on_judgment=progress.show,
        on_tally=progress.finish,
    )
    if options.judges:
        INTERRUPTS.word = f"stopped; what was answered is kept. Carry on with: {_say_again(folder, options)}"
    with hold_run(folder):
        code_run(folder, workers=default_workers(), judging=options)
    counts = dict(Run(folder).codes["status"].value_counts(sort=True).iter_rows())
    found = {"judging": progress.describe()} if progress.tally else {}
    if as_json:
        say_json(counts | found)
    else:
        say(", ".join(f"{n} {status}" for status, n in counts.items()))
        _say_judged(folder, progress)
    if progress.tally and not (progress.tally.is_finished and not progress.failed):
        say_error(f"some answers did not come; ask again with: {_say_again(folder, options)}")
        raise typer.Exit(1)


def _check_consensus(name: str | None) -> Consensus | None:
    from gyges.errors import InputError
    from gyges.records.study import Consensus

    known = get_args(Consensus)
    if name is not None and name not in known:
        raise InputError(f"--consensus: expected {' or '.join(known)}, not '{name}'.")
    return cast("Consensus | None", name)


def _open(run: str, out: str | None) -> RunFolder:
    from gyges.errors import InputError
    from gyges.run_folder import is_run, open_run

    if run.endswith(".eval") or not is_run(run):
        from gyges.adopt import adopt_logs

        folder = adopt_logs(run, out=out).folder
        say_error(f"taken in as the run {folder.url}")
        return folder
    if out is not None:
        raise InputError(f"{run}: is a run already, and keeps its codes itself; --out is for other logs.")
    return open_run(run)


def _say_again(folder: RunFolder, options: JudgeOptions) -> str:
    words = ["gyges code", folder.url, *(f"--judge {spec.name}" for spec in options.judges)]
    words += sorted({f"--judge-base-url {spec.base_url}" for spec in options.judges if spec.base_url})
    words += [f"--consensus {options.consensus}"] if options.consensus else []
    return " ".join(words)


def _say_judged(folder: RunFolder, progress: _Progress) -> None:
    tally = progress.tally
    if tally is None:
        return
    asked = tally.cases - tally.kept
    say(
        f"judges: {tally.cases} readings, {tally.kept} of them answered before; {tally.calls} calls"
        + (f" ({tally.calls / asked:.2f} a reading)" if asked else "")
        + f", {tally.input_tokens + tally.output_tokens:,} tokens, {tally.unscored} without any answer"
    )
    for cause, n in progress.causes.most_common(_MOST_CAUSES):
        say(f"  {n} × {cause}")
    if tally.prefix is not None:
        say(f"the same for every trial, and so cacheable: {tally.prefix:.0%} of the prompts' fixed part")
    differing = _count_disagreements(folder)
    if differing is not None:
        say(f"rules and judges disagree on {differing} acts; see {folder.at('disagreements.csv')}")
    say(f"read the judges' answers with: scout view {folder.scans}")


def _count_disagreements(folder: RunFolder) -> int | None:
    if not folder.exists("disagreements.csv"):
        return None
    return max(0, len(folder.read("disagreements.csv").splitlines()) - 1)


class _Progress:
    """How far the judges are: a line now and then, and what came of it."""

    def __init__(self) -> None:
        self.tally: Tally | None = None
        self.causes: Counter[str] = Counter()
        self.failed = 0
        self._done = 0
        self._last = time.monotonic()

    def show(self, judgment: Judgment) -> None:
        """Count a trial that a judge is done with."""
        self._done += 1
        self.failed += bool(judgment.failed)
        if all(answer.status == "unscored" for answer in judgment.answers):
            self.causes[judgment.answers[0].reason if judgment.answers else "nothing was asked"] += 1
        if time.monotonic() - self._last > _LINE_EVERY_S:
            self._last = time.monotonic()
            say_error(f"{self._done} readings by judges, {self.failed} failed")

    def finish(self, tally: Tally) -> None:
        """Keep what it took."""
        self.tally = tally

    def describe(self) -> dict[str, Any]:
        """Say what it took."""
        from dataclasses import asdict

        return asdict(self.tally) | {"failed": self.failed} if self.tally else {}
