"""What `gyges scenarios check` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something that keeps a scenario from the suite's standard."""

    where: str
    """The field, by dots."""
    message: str
