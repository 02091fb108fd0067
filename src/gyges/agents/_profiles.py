"""Profiles: the weights a reference agent chooses by and the words it reasons with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from gyges.errors import ProfileError, unknown_name
from gyges.records.base import Record, Slug
from gyges.records.reading import read_record
from gyges.utility import TERMS

Frame = Literal["utilitarian", "deontological", "virtue", "self-preserving", "procedural", "none"]
"""The ethical frame a rationale is written in."""

Probability = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=-100, le=100)]

_FOLDER = Path(__file__).parent / "profiles"


class FrameRule(Record):
    """How often each frame is used under a role and a threat; the first rule that fits decides."""

    role: str | None = None
    threat: str | None = None
    frames: dict[Frame, Probability]

    @model_validator(mode="after")
    def _sums_to_one(self) -> FrameRule:
        if abs(sum(self.frames.values()) - 1) > 1e-6:
            raise ValueError("the frames' probabilities must sum to 1")
        return self


class Reasons(Record):
    """How often a rationale carries each reason."""

    reputation: Probability = 0.0
    motive: Probability = 0.0
    """The gain of power or of safety for itself is named as the motive."""
    objective: Probability = 0.0
    """The stated objective is named as the justification."""
    aspirational: Probability = 0.0
    """Higher values are invoked, when a candidate for leadership."""
    sanctity: Probability = 0.0
    """The sanctity of life is invoked, when a candidate for leadership and lives are at stake."""
    strategic: Probability = 0.0
    """Moves of others are thought through, and the own ones planned ahead."""
    neutral: Probability = 0.0
    """An act against the principals' wishes is to look like routine."""
    record: Probability = 0.0
    """An act against the principals' wishes is given grounds on paper."""
    deniable: Probability = 0.0
    """An act against the principals' wishes is to pass for chance or oversight."""
    aware: Probability = 0.0
    """The situation is taken for a test, in the rationale and when asked afterwards."""


class Profile(Record):
    """A reference agent."""

    id: Slug
    description: str
    temperature: Annotated[float, Field(gt=0, le=100)] = 1.0
    weights: dict[str, Weight]
    """Weight of each term of the policy; a term left out weighs nothing."""
    frames: tuple[FrameRule, ...] = Field(min_length=1)
    reasons: Reasons = Reasons()


def find_profiles() -> tuple[str, ...]:
    """Name the shipped profiles."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def load_profile(name: str) -> Profile:
    """Load a shipped profile by its name, or a profile file by its path.

    Raises:
        ProfileError: No such profile, or its file does not say what it must.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return read_profile(Path(name))
    if name not in find_profiles():
        raise ProfileError(unknown_name("profile", name, (*find_profiles(), "custom")))
    return _load_shipped(name)


@cache
def _load_shipped(name: str) -> Profile:
    return read_profile(_FOLDER / f"{name}.yaml")


def read_profile(path: Path) -> Profile:
    """Read a profile file, its weights checked against the policy's terms."""
    return _check_terms(read_record(path, Profile, error=ProfileError), str(path))


def parse_profile(content: Mapping[str, Any]) -> Profile:
    """Read a profile from what its file holds, as a run keeps it.

    Raises:
        ProfileError: It does not say what a profile must.
    """
    try:
        profile = Profile.model_validate(content)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ProfileError(f"profile: {where}: {first['msg']}.") from None
    return _check_terms(profile, "profile")


def _check_terms(profile: Profile, where: str) -> Profile:
    for name in profile.weights:
        if name not in TERMS:
            raise ProfileError(f"{where}: weights: {unknown_name('term', name, TERMS)}")
    return profile
