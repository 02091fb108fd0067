"""The commands, and what is said when one of them ends badly."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from gyges.cli import (
    analyze,
    claims,
    code,
    codebook,
    demo,
    export,
    label,
    plan,
    report,
    resume,
    run,
    scenarios,
    status,
    validate,
    view,
)
from gyges.cli._output import say_error
from gyges.cli._usage import USAGE_ERROR, explain_usage
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
for module in (
    demo,
    run,
    resume,
    status,
    scenarios,
    claims,
    codebook,
    plan,
    code,
    label,
    analyze,
    report,
    validate,
    view,
    export,
):
    module.register(app)

EXIT_DONE, EXIT_FAILURES, EXIT_INPUT, EXIT_BUDGET = 0, 1, 2, 3


@app.callback(invoke_without_command=True)
def _start(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as find_version

        typer.echo(find_version("gyges"))
        raise typer.Exit


def run_app() -> int:
    """Run what was typed and give its exit code; what goes wrong is said in one sentence."""
    try:
        return int(app(prog_name="gyges", standalone_mode=False) or EXIT_DONE)
    except GygesError as problem:
        say_error(str(problem))
        return EXIT_BUDGET if isinstance(problem, BudgetError) else EXIT_INPUT
    except USAGE_ERROR as problem:
        explain_usage(problem)
        return EXIT_INPUT
    except (KeyboardInterrupt, typer.Abort):
        say_error("stopped.")
        return EXIT_FAILURES
    except BrokenPipeError:
        # Nobody reads on; what is left in the buffer would be written at exit, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except OSError as problem:
        say_error(f"{problem.filename or 'the file system'}: {problem.strerror or problem}.")
        return EXIT_INPUT
