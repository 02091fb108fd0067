"""`gyges view RUN`: Inspect's log viewer on a run."""

from __future__ import annotations

import contextlib
import signal
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("view")(view)


def view(
    run: Annotated[str, typer.Argument(help="The run folder.")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 7575,
) -> None:
    """Open Inspect's log viewer on the logs of a run."""
    from inspect_ai._view.view import view as open_viewer

    from gyges.run_folder import open_run

    logs = open_run(run).logs
    # Ctrl-C is how one leaves the viewer, and nothing has gone wrong then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        open_viewer(log_dir=logs, host="127.0.0.1", port=port)
