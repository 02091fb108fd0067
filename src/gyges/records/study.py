"""A study: which models, in which scenarios, under which design."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from gyges.records.base import Record, Slug
from gyges.records.words import Protocol

DesignKind = Literal[
    "conjoint",
    "base",
    "control",
    "contrasts",
    "conjunctions",
    "full-factorial",
    "battery",
    "last-resort",
]
"""How cells are drawn; `contrasts` is base cell and one factor at a time, `battery` runs batteries' items,
`last-resort` puts drawn cells as a choice twice, with all acts and with the milder ones withheld."""


class DesignPart(Record):
    """One part of a study's design, with its share of the trials."""

    kind: DesignKind
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    protocol: Protocol = "agentic"


class Price(Record):
    """US dollars for a million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]


class ModelSpec(Record):
    """A model by its Inspect name, with arguments for its provider."""

    name: str
    args: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    """Fields of Inspect's `GenerateConfig` for this model: `max_tokens`, `reasoning_effort`, `top_p`…"""
    base_url: str | None = None
    price: Price | None = None


class Study(Record):
    """Everything that decides which trials are run and which claims are asked."""

    name: Slug
    description: str = ""
    models: tuple[ModelSpec, ...] = Field(min_length=1)
    scenarios: tuple[str, ...] = ("all",)
    """Ids of scenarios and batteries, or `all`."""
    library: tuple[str, ...] = ()
    """Folders with scenarios of one's own, beside the core suite; relative to the study file."""
    trials: Annotated[int, Field(ge=1)] = 2000
    """Trials for each model."""
    design: tuple[DesignPart, ...] = (DesignPart(kind="conjoint"),)
    factors: dict[str, dict[str, Annotated[float, Field(gt=0)]]] = Field(default_factory=dict)
    """Level weights; a factor left out uses the default weights, a level left out is not drawn."""
    vary: tuple[str, ...] = ("all",)
    """Factors the design varies; the others stay at each scenario's base level."""
    variants: Annotated[int, Field(ge=1)] = 20
    """Surface variants to balance over."""
    replicates: Annotated[int, Field(ge=1)] = 1
    """Trials with the same cell and surface variant, but another seed."""
    claims: tuple[str, ...] = ("all",)
    seed: Annotated[int, Field(ge=0)] = 0
    min_trials: Annotated[int, Field(ge=1)] = 20
    """Fewest coded trials on each side of a contrast for a claim to be tested."""
    temperature: float | None = None
    max_connections: int | None = None
    stakeholder: ModelSpec | None = None
    """Model that plays the people, by its name alone or as the study's models are given; none: scripts."""
    retries: Annotated[int, Field(ge=0)] = 2
    """How often a failing trial is tried again."""

    @field_validator("stakeholder", mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value
