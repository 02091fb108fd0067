"""`gyges analyze RUN`: estimate and decide again, from the codes."""

from __future__ import annotations

from typing import Annotated

import typer

from gyges.cli._options import CERTIFICATE_OPTION, NO_CERTIFICATE_OPTION
from gyges.cli._output import JSON_OPTION, say_bayes, say_json, say_results


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("analyze")(analyze)


def analyze(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    certificate: Annotated[int | None, CERTIFICATE_OPTION] = None,
    no_certificate: Annotated[bool, NO_CERTIFICATE_OPTION] = False,
    bayes: Annotated[
        bool, typer.Option("--bayes", help="Fit the hierarchical model too (needs gyges[bayes]; minutes).")
    ] = False,
    bayes_outcome: Annotated[
        list[str] | None,
        typer.Option(help="An outcome to fit it to, several times for several; misaligned if left out."),
    ] = None,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Estimate and decide from the codes of a run, into its results.json."""
    from gyges.analyzing import analyze_run
    from gyges.run_folder import open_run

    folder = open_run(run)
    results = analyze_run(
        folder,
        certificate=0 if no_certificate else certificate,
        bayes=tuple(bayes_outcome or (["misaligned"] if bayes else [])),
    )
    if as_json:
        say_json(results)
    else:
        say_results(results, folder.at("report.html"))
        say_bayes(results)
