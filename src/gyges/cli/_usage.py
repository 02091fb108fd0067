"""What is said when a command is not typed as it must be: one sentence, with the nearest option."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

import typer

from gyges.cli._output import say_error

# Typer's `BadParameter` is one of its usage errors, whose own kind it names nowhere public.
USAGE_ERROR: Any = typer.BadParameter.__mro__[1]

_PLAIN = (
    (r"Input should be greater than or equal to (\S+)", r"it must be at least \1"),
    (r"Input should be less than or equal to (\S+)", r"it must be at most \1"),
    (r"Input should be a valid integer.*", "expected a whole number"),
    (r"Input should be a valid number.*", "expected a number"),
    (r"Value error, ", ""),
    (r"extra argument\(s\)", "arguments"),
    (r"\s+", " "),
)


def explain_usage(problem: Any) -> None:
    """Say what is wrong with what was typed, and where the right form is described."""
    context = problem.ctx
    if type(problem).__name__ == "NoArgsIsHelpError":
        typer.echo(context.get_help(), err=True)
        return
    text = _name_nearest(problem) or problem.format_message()
    for pattern, plain in _PLAIN:
        text = re.sub(pattern, plain, text)
    text = f"{text[:1].lower()}{text[1:]}".rstrip(".")
    stop = "" if text.endswith("?") else "."
    say_error(f"{text}{stop} See `{context.command_path if context else 'gyges'} --help`.")


def _name_nearest(problem: Any) -> str:
    """Say that there is no such option, and which is nearest; empty: something else is wrong."""
    if not hasattr(problem, "possibilities") or not getattr(problem, "option_name", None):
        return ""
    params = problem.ctx.command.params if problem.ctx else ()
    # Dashes, which all have in common, would make everything alike.
    known = {name.lstrip("-"): name for param in params for name in param.opts}
    near = get_close_matches(problem.option_name.lstrip("-"), known, n=1)
    hint = f" Did you mean '{known[near[0]]}'?" if near else ""
    return f"there is no option '{problem.option_name}'.{hint}"
