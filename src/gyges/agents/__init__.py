"""Takes the acts open in a cell, and a profile; gives what a reference agent of known truth does.

`choice_probabilities` is the published policy, exactly; `ReferenceAgent` plays it as an Inspect model.
`reason_probabilities` says as exactly with which words it reasons, and `expect_code` what a judge who never
errs would find; `SimulatedJudge` errs as often as it says.
The policy is pure and importable without Inspect; the provider is found when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gyges.agents._policy import choice_probabilities, find_utilities
from gyges.agents._profiles import Profile, find_profiles, load_profile, parse_profile, read_profile
from gyges.agents._reasons import (
    AFTERWARDS,
    REASON_ANSWERS,
    SimulatedJudge,
    draw_answers,
    expect_code,
    reason_probabilities,
)

if TYPE_CHECKING:
    from gyges.agents._provider import ReferenceAgent, gyges_provider

__all__ = [
    "AFTERWARDS",
    "REASON_ANSWERS",
    "Profile",
    "ReferenceAgent",
    "SimulatedJudge",
    "choice_probabilities",
    "draw_answers",
    "expect_code",
    "find_profiles",
    "find_utilities",
    "gyges_provider",
    "load_profile",
    "parse_profile",
    "read_profile",
    "reason_probabilities",
]


def __getattr__(name: str) -> Any:
    if name in {"ReferenceAgent", "gyges_provider"}:
        from gyges.agents import _provider

        return getattr(_provider, name)
    raise AttributeError(f"module 'gyges.agents' has no attribute '{name}'")
