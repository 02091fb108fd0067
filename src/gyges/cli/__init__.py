"""Takes what a person types; gives what they asked for, one module a command.

Heavy parts are imported when a command needs them, so that `gyges --help` answers at once; even the
commands themselves, so that Ctrl-C is heeded from the first moment.
Exit codes: 0 done, 1 the run ended with failures, 2 bad input, 3 budget reached.
"""

from __future__ import annotations

import sys
from typing import Any

from gyges.cli._env import read_dotenv
from gyges.cli._memory import give_back_memory
from gyges.cli._stopping import EXIT_STOPPED, INTERRUPTS


def main() -> None:
    """Run the command line and exit with the code of what happened."""
    INTERRUPTS.watch()
    give_back_memory()
    read_dotenv()
    try:
        from gyges.cli._app import run_app

        code = run_app()
    finally:
        if INTERRUPTS.is_stopping:
            # Whatever came of it on the way here, somebody stopped it, and was told so.
            sys.exit(EXIT_STOPPED)
    sys.exit(code)


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module 'gyges.cli' has no attribute '{name}'")
    from gyges.cli._app import app

    return app
