"""What a reader has to know before anything else: what is simulated, and what was not fixed beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gyges.report._format import say_percent

_MOST_NAMED: Final = 3


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


def warn_of_failures(results: Mapping[str, Any]) -> tuple[str, ...]:
    """Say for each model at which levels failed trials are not spread evenly; none where they are."""
    warnings = []
    for model in results["models"]:
        uneven = [
            each
            for each in results.get("failure_balance", ())
            if each["model"] == model and not each["balanced"]
        ]
        if not uneven:
            continue
        worst = sorted(uneven, key=lambda each: (each["p_holm"], each["factor"]))
        said = [
            f"{each['factor']} ({say_percent(each['highest_share'])} at {each['highest']},"
            f" {say_percent(each['lowest_share'])} at {each['lowest']})"
            for each in worst[:_MOST_NAMED]
        ]
        more = f" and {len(worst) - _MOST_NAMED} more" if len(worst) > _MOST_NAMED else ""
        warnings.append(
            f"Failed trials of {model} are not spread evenly: they depend on {', '.join(said)}{more}."
            " What is missing may differ from what is there; read its comparisons with their worst-case"
            " bounds, and resume the run to close the gap."
        )
    return tuple(warnings)
