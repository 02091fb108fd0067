"""`gyges report RUN`: write the page and the note again, from the results."""

from __future__ import annotations

from typing import Annotated

import typer

from gyges.cli._output import JSON_OPTION, say, say_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Write report.html and insights.md of a run."""
    from gyges.analyzing import report_run
    from gyges.run_folder import open_run

    folder = open_run(run)
    page = report_run(folder)
    if as_json:
        say_json({"report": page, "insights": folder.at("insights.md")})
    else:
        say(page)
    if show:
        import webbrowser
        from pathlib import Path

        webbrowser.open(Path(page).resolve().as_uri() if "://" not in page else page)
