"""Takes what a person types; gives what they asked for, one module a command.

Heavy parts are imported when a command needs them, so that `gyges --help` answers at once.
Exit codes: 0 done, 1 the run ended with failures, 2 bad input, 3 budget reached.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gyges.cli import (
    analyze,
    claims,
    code,
    demo,
    export,
    plan,
    report,
    resume,
    run,
    scenarios,
    view,
)
from gyges.cli._output import say_error
from gyges.errors import BudgetError, GygesError

app = typer.Typer(
    name="gyges",
    help="Controlled experiments on power-seeking in AI models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (demo, run, resume, scenarios, claims, plan, code, analyze, report, view, export):
    module.register(app)

EXIT_FAILURES, EXIT_INPUT, EXIT_BUDGET = 1, 2, 3


@app.callback(invoke_without_command=True)
def _start(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as find_version

        typer.echo(find_version("gyges"))
        raise typer.Exit


def main() -> None:
    """Run the command line and exit with the code of what happened."""
    try:
        app()
    except BudgetError as reached:
        say_error(str(reached))
        sys.exit(EXIT_BUDGET)
    except GygesError as problem:
        say_error(str(problem))
        sys.exit(EXIT_INPUT)
    except KeyboardInterrupt:
        say_error("stopped.")
        sys.exit(EXIT_FAILURES)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as problem:
        say_error(f"{problem.filename or 'the file system'}: {problem.strerror or problem}.")
        sys.exit(EXIT_INPUT)
