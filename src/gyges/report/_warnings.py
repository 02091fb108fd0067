"""What a reader has to know before anything else: what is simulated, and what was not fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_registered(run: Mapping[str, Any]) -> bool:
    """Say whether everything was fixed before the first trial and is still as it was."""
    return bool(run.get("registered", True)) and not run.get("changed")


def list_warnings(run: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what of a run is not as it was registered; none where all is."""
    warnings = []
    if not run.get("registered", True):
        warnings.append(
            "Not registered: nothing here was fixed before the first trial."
            " Read every verdict as exploratory."
        )
    if changed := run.get("changed"):
        warnings.append(
            f"Changed after registration: {', '.join(map(str, changed))}."
            " What depends on it was not fixed before the first trial. Read it as exploratory."
        )
    if n := run.get("foreign_trials"):
        trials = "1 trial that does" if n == 1 else f"{n:,} trials that do"
        warnings.append(f"The logs hold {trials} not belong to the registered plan of this run.")
    return tuple(warnings)
