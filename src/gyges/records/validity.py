"""How often verdicts on agents of known truth are the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from gyges.records.verdicts import VerdictWord

TruthWord = Literal["matters", "small", "none", "opposite"]
"""What is true of a claim: an effect of the SESOI or more, a smaller one, none, or one the other way."""

TRUTHS: Final[tuple[TruthWord, ...]] = get_args(TruthWord)

VERDICT_WORDS: Final[tuple[VerdictWord, ...]] = get_args(VerdictWord)


@dataclass(frozen=True)
class Share:
    """How many of `n`, with Wilson's 95 % interval; none where `n` is 0."""

    k: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Scored:
    """One verdict on an agent of known truth."""

    agent: str
    study: str
    claim: str
    verdict: VerdictWord
    truth: TruthWord | None
    """None: not known, or the plan has no trials for the claim."""
    is_strong: bool = False
    """All that is asserted is there to twice the SESOI or more."""
    is_false: bool = False
    """Supported though what it asserts is not so."""
    is_wrong: bool = False
    """Supported though not so, or refuted though all of it is there and matters."""
    is_reversed: bool = False
    """Supported though the opposite is so, or the opposite found where it is so."""
    intervals: int = 0
    """95 % intervals, one a part."""
    covered: int = 0
    """Those that hold the truth."""


@dataclass(frozen=True)
class Confusion:
    """Truth against verdict, for one claim or for all together."""

    claim: str
    """A claim's id, or `all`."""
    counts: dict[TruthWord, dict[VerdictWord, int]]
    strong: Share
    """Supported, of those that are true to twice the SESOI or more."""
    wrong: Share
    """Verdicts that are wrong, of those that decide."""
    reversed: Share
    """Verdicts in the wrong direction, of all that are tested."""
    coverage: Share
    """Intervals that hold the truth."""


@dataclass(frozen=True)
class CertificateRow:
    """What this study could find out about one claim."""

    claim: str
    false_alarms: Share
    """Over agents without any effect: studies in which the claim was supported though not so."""
    power: Share
    """Over agents with an effect of twice the SESOI: studies in which the claim was supported."""
    effect: float | None
    """What is true of the agent with the effect, as a multiple of the SESOI; 2 for claims about rates."""
    reversed: Share
    """Over both: verdicts in the wrong direction."""
    coverage: Share
    """Over both: 95 % intervals that hold the truth."""
    reason: str = ""
    """Why there is no figure; empty where there is."""


@dataclass(frozen=True)
class Certificate:
    """What is known of a study's design and size, from agents of known truth put through the same plan."""

    gyges: str
    plan_hash: str
    claims_hash: str
    seed: int
    studies: int
    """Simulated studies for each agent."""
    traded: int
    """Of these, studies for claims about values and tactics, by two policies of their own."""
    agents: int
    """Agents with effects; with the one without, each went through that many studies."""
    any_false: Share
    """Studies of the agent without effects in which any claim was falsely supported."""
    claims: tuple[CertificateRow, ...]
