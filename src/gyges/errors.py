"""Every error Gyges raises on purpose.

    GygesError
    ├── InputError          what a person gave is wrong; exit code 2
    │   ├── ScenarioError   a scenario file
    │   ├── StudyError      a study file
    │   ├── DesignError     a plan that cannot be made
    │   ├── ProfileError    a reference agent's profile
    │   ├── ClaimError      a claim that is not registered
    │   ├── CodebookError   a codebook's folder or file
    │   ├── ModelError      a model that cannot be reached as asked
    │   ├── RunError        a run folder that cannot be read or written
    │   │   └── LogError    one of its logs is damaged
    │   └── BayesError      a sampler that is not installed
    ├── TrialError        one trial cannot be played; the others go on
    └── BudgetError       the run stopped at its budget; exit code 3

The command line prints the message of a `GygesError` alone, without a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

Place = tuple[str | int, ...]
"""A field in a file: names of fields, and positions in lists counted from 0."""


_MOST_SAID, _END_SAID = 1_500, 200
_MOST_NAMED = 80


class GygesError(Exception):
    """An error whose message is one sentence for the person at the keyboard.

    What it quotes may come from anybody's file: line breaks and whatever a terminal would obey are written
    out, and a message that would fill a page is cut in its middle.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(say_on_one_line(message))


def say_on_one_line(message: str) -> str:
    """Show what no terminal may obey by its codes, and cut what would fill a page in its middle."""
    said = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in message)
    return said if len(said) <= _MOST_SAID else f"{said[: _MOST_SAID - _END_SAID]} … {said[-_END_SAID:]}"


class InputError(GygesError):
    """Something a person gave is wrong: what, where, and what would be right."""

    def __init__(self, message: str, *, place: Place = ()) -> None:
        super().__init__(message)
        self.place = place
        """Field it is about, in the file it may come from; empty: no field, or the message names it."""


class ScenarioError(InputError):
    """A scenario file does not say what it must."""


class StudyError(InputError):
    """A study file does not say what it must."""


class DesignError(InputError):
    """No plan can be made from this study."""


class ProfileError(InputError):
    """A reference agent's profile cannot be read or is unknown."""


class ClaimError(InputError):
    """A claim is not in the registry."""


class CodebookError(InputError):
    """A codebook file does not say what it must."""


class ModelError(InputError):
    """A model cannot be used as asked: unknown, no key, or no package."""


class RunError(InputError):
    """A run folder cannot be read or written."""


class LogError(RunError):
    """A log is cut off or damaged."""

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.log = log
        """Where it is."""


class BayesError(InputError):
    """The hierarchical model cannot be fitted as asked."""


class TrialError(GygesError):
    """One trial cannot be played; it ends as failed, and the others go on."""


class BudgetError(GygesError):
    """The run stopped because its next trials would have passed the budget."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that `name` is unknown, with the nearest valid name first."""
    names = sorted(known)
    name = say_on_one_line(name if len(name) <= _MOST_NAMED else f"{name[:_MOST_NAMED]}…")
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"unknown {kind} '{name}'.{hint} Known: {', '.join(names) or 'none'}."
