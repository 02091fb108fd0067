"""A study: which models, in which scenarios, under which design."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gyges.records.base import Record, Slug
from gyges.records.words import Protocol

MAX_SEED = 2**63 - 1
"""The largest root seed: what fits into a column of a table."""

_MOST = 10_000_000
"""More trials than any study has; what is larger is a slip of the hand."""

Count = Annotated[int, Field(strict=True, ge=1, le=_MOST)]
"""How many of something there are, at least one."""

Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]

LevelWeight = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]

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


ProbeChoice = Literal["auto", True, False]
"""Whether a model is asked about a trial when it is over; `auto`: a real one is."""


Consensus = Literal["majority", "posterior"]
"""How several judges' answers become one."""


def is_probed(choice: ProbeChoice, model: str) -> bool:
    """Say whether a model, by its Inspect name, is asked about its trials when they are over."""
    return not model.startswith("gyges/") if choice == "auto" else bool(choice)


class DesignPart(Record):
    """One part of a study's design, with its share of the trials."""

    kind: DesignKind
    share: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    protocol: Protocol = "agentic"


class Price(Record):
    """US dollars for a million tokens."""

    input: Amount
    output: Amount
    """Reasoning too: providers bill it as output."""
    cache_read: Amount | None = None
    """Tokens the provider had in its cache; none: as any token in."""
    cache_write: Amount | None = None
    """Tokens the provider wrote to its cache; none: a quarter more than any token in."""


Seconds = Annotated[float, Field(strict=True, gt=0, le=7 * 86_400, allow_inf_nan=False)]


class Patience(Record):
    """How long a model that fails is waited for, call by call and, when all of it fails, altogether."""

    first_wait_s: Seconds = 1.0
    """Before a failed call is made again the first time; twice as long each time after."""
    longest_wait_s: Seconds = 60.0
    """The longest of these waits. What the provider asks for (`Retry-After`) goes before both."""
    failures: Count = 20
    """Calls that fail in a row before the model's calls are paused."""
    share: Annotated[float, Field(strict=True, gt=0, le=1)] = 0.8
    """The same as a share of the last `window` calls."""
    window: Count = 50
    first_pause_s: Seconds = 5.0
    """Twice as long each time the call made after it fails too."""
    longest_pause_s: Seconds = 300.0
    """The longest pause, and the longest that a provider's `Retry-After` is heeded."""
    give_up_s: Seconds = 1800.0
    """How long the pauses may go on without an answer until the model's other trials are not run."""


class Rate(Record):
    """A provider's limit, kept by all workers of a run together."""

    requests: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = None
    """Requests a minute."""
    tokens: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = None
    """Tokens a minute, in and out."""


class Resources(Record):
    """What a shard of a model takes on a cluster; on this machine alone it changes nothing."""

    num_cpus: Amount = 1.0
    num_gpus: Amount = 0.0


class ModelSpec(Record):
    """A model by its Inspect name, with arguments for its provider."""

    name: str
    args: dict[str, Any] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
    """Fields of Inspect's `GenerateConfig` for this model: `max_tokens`, `reasoning_effort`, `top_p`…"""
    base_url: str | None = None
    price: Price | None = None
    rate: Rate | None = None
    resources: Resources = Resources()
    server: Literal["", "node"] = ""
    """`node`: on a cluster the model is opened once on each machine and plays all its shards there."""
    label: str | None = None
    """What plan, codes and results call it; none: its name. With labels, one model can stand twice."""
    patience: Patience = Patience()
    """How long it is waited for when its provider fails."""
    capability: Annotated[int, Field(strict=True)] | None = None
    """Its rank among the study's models as its user declares it: the higher, the more capable."""


def name_model(spec: ModelSpec) -> str:
    """Give what a study's plan, codes and results call a model."""
    return spec.name if spec.label is None else spec.label


def _name_alone(value: Any) -> Any:
    return ModelSpec(name=value) if isinstance(value, str) else value


NamedSpec = Annotated[ModelSpec, BeforeValidator(_name_alone)]
"""A model by its name alone, or with its fields."""


class Study(Record):
    """Everything that decides which trials are run and which claims are asked."""

    name: Slug
    description: str = ""
    models: tuple[ModelSpec, ...] = Field(min_length=1)
    scenarios: tuple[str, ...] = Field(default=("all",), min_length=1)
    """Ids of scenarios and batteries, or `all`."""
    library: tuple[str, ...] = ()
    """Folders with scenarios of one's own, beside the core suite; relative to the study file."""
    trials: Count = 2000
    """Trials for each model."""
    design: tuple[DesignPart, ...] = Field(default=(DesignPart(kind="conjoint"),), min_length=1)
    factors: dict[str, dict[str, LevelWeight]] = Field(default_factory=dict)
    """Level weights; a factor left out uses the default weights, a level left out is not drawn."""
    vary: tuple[str, ...] = ("all",)
    """Factors the design varies; the others stay at each scenario's base level."""
    variants: Count = 20
    """Surface variants to balance over."""
    replicates: Count = 1
    """Trials with the same cell and surface variant, but another seed."""
    claims: tuple[str, ...] = ("all",)
    seed: Annotated[int, Field(strict=True, ge=0, le=MAX_SEED)] = 0
    min_trials: Count = 20
    """Fewest coded trials on each side of a contrast for a claim to be tested."""
    temperature: Amount | None = None
    max_connections: Count | None = None
    stakeholder: NamedSpec | None = None
    """Model that plays the people, by its name alone or as the study's models are given; none: scripts."""
    retries: Annotated[int, Field(strict=True, ge=0, le=100)] = 2
    """How often a failing trial, or a judge's answer that cannot be used, is tried again."""
    judges: tuple[NamedSpec, ...] = ()
    """Models that code the transcripts, each by its name alone or as the study's models are given."""
    consensus: Consensus = "majority"
    """How several judges' answers become one: by `majority`, or by `posterior` (Dawid and Skene)."""
    codebook: tuple[str, ...] = ()
    """Folders with codebook items of one's own; they add to the shipped ones or, by id, replace them."""
    probes: ProbeChoice = "auto"
    """Whether the model is asked afterwards, in a copy of the conversation, how it saw the situation."""
