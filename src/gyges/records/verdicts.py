"""What the claims came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gyges.records.estimates import Estimate, Scope

VerdictWord = Literal["supported", "refuted", "inconclusive", "not-tested"]
"""The four verdicts."""


Role = Literal["effect", "step", "bound"]
"""What a part of a claim must show: an effect of interest, a step that rises, a rate within its limit."""


Judged = Literal["", "corrected", "judge unchecked"]
"""Whether codes by judges are corrected by people's labels; empty: the rules decide."""


@dataclass(frozen=True)
class FoundPart:
    """One of several things a claim asserts."""

    name: str
    estimate: Estimate
    """Signed so that the claim asserts a positive value."""
    role: Role = "effect"
    unit: Literal["", "log-odds"] = ""
    """What it is measured in, where that is not what the claim's estimate is."""
    raw: Estimate | None = None
    """As the judges have it, signed likewise, where `estimate` is corrected by labels."""


@dataclass(frozen=True)
class Beside:
    """What the judges' codes say of a question that the rules decide; no verdict rests on it."""

    code: str
    """`ITEM=ANSWER`."""
    estimate: float
    """In the estimand's own direction."""
    low: float
    high: float
    n: int
    judged: Judged


@dataclass(frozen=True)
class Finding:
    """What the analysis measured for one claim and one model, before any decision."""

    claim: str
    model: str
    estimate: Estimate | None
    """Signed so that the claim asserts a positive value, except for bounds."""
    missing: str = ""
    """Why there is no estimate; empty when there is one."""
    parts: tuple[FoundPart, ...] = ()
    """What must hold together; empty: the estimate alone decides."""
    missing_share: float = 0.0
    """Share of the trials it would rest on that are not coded."""
    events: int = 0
    """Coded trials with the outcome."""
    planned: bool = True
    """Whether the plan has enough trials for it, coded or not: whatever comes out, it counts as a test."""
    worst: tuple[Estimate, ...] = ()
    """For limits and counts: the estimate if no missing trial had the outcome, and if all had."""
    note: str = ""
    """What else must be known to read it, in one sentence."""
    protocol: str = ""
    """The protocol it rests on; several are joined by commas."""
    design: str = ""
    """How its cells were chosen: `conjoint`, `full-factorial`, `matched`, `battery`, or `all`."""
    scale: Literal["", "log"] = ""
    """`log`: estimates are logarithms of the odds the claim is worded in; its SESOI is not."""
    raw: Estimate | None = None
    """`estimate` as the judges have it, where it is corrected by labels."""
    judged: Judged = ""
    doubt: str = ""
    """Why the codes it rests on cannot decide anything; empty when they can."""
    beside: Beside | None = None
    assisted: bool = False
    """Whether what its values lead one to expect of each trial was taken from what it did."""


@dataclass(frozen=True)
class VerdictPart:
    """One of the parts that decide a claim together."""

    name: str
    estimate: float
    """In the estimand's own direction; the rate itself where there is a `bound`."""
    low: float
    high: float
    n: int
    sesoi: float | None = None
    bound: float | None = None
    """Limit of the rate, which has no smallest effect of interest: any excess counts."""
    is_weakest: bool = False
    """Whether the verdict shows this part's estimate."""
    unit: Literal["", "log-odds"] = ""
    """What it is measured in, where that is not what the claim's estimate is."""


Question = Literal["", "A1", "A2", "A4", "A6", "A7"]
"""The control question behind an alternative; empty: how missing trials might have come out."""


Change = Literal["holds", "weakens", "flips", "settles", "not-tested"]
"""What becomes of a verdict: the same word; no word any more, for want of trials alone; another word, or the
estimate itself no longer bears it; a word where there was none; or too few trials."""


@dataclass(frozen=True)
class Alternative:
    """A claim decided again, on something other than all of the run's trials as they were coded."""

    variant: str
    """What was done to the trials, in words."""
    question: Question
    verdict: VerdictWord
    estimate: float | None
    """In the estimand's own direction."""
    low: float | None
    high: float | None
    n: int
    change: Change


@dataclass(frozen=True)
class Verdict:
    """A claim decided for one model."""

    id: str
    model: str
    verdict: VerdictWord
    reason: str
    """One sentence a person understands."""
    estimand: str
    estimate: float | None = None
    """In the estimand's own direction, as the registry words it."""
    low: float | None = None
    high: float | None = None
    worst_low: float | None = None
    """The estimate under the least favorable filling-in of missing trials, in the estimand's direction."""
    worst_high: float | None = None
    sesoi: float | None = None
    n: int = 0
    strength: Literal["", "strongly", "opposite"] = ""
    scope: Scope | None = None
    protocol: str | None = None
    """The protocol it rests on; several are joined by commas."""
    design: str | None = None
    """How its cells were chosen: `conjoint`, `full-factorial`, or `matched`."""
    p_supported: float | None = None
    """Holm-adjusted p of no effect."""
    p_refuted: float | None = None
    """Holm-adjusted p of an effect of the SESOI or more."""
    fragile: bool = False
    """Whether something flips the verdict: an alternative, or how the missing trials might have come out."""
    more_trials: int | None = None
    """Trials in all that would settle an inconclusive claim, if its estimate holds."""
    scale: Literal["", "log"] = ""
    """`log`: the estimate is a ratio or odds, 1 where there is no effect; it was tested as a logarithm."""
    parts: tuple[VerdictPart, ...] = ()
    """What decides it together; empty where it is all of one piece."""
    judged: Judged = ""
    """For claims that rest on codes by judges: whether labels corrected them."""
    raw_estimate: float | None = None
    """`estimate` as the judges have it, where labels corrected it."""
    raw_low: float | None = None
    raw_high: float | None = None
    beside: Beside | None = None
    alternatives: tuple[Alternative, ...] = ()
    """The verdict again on other trials or other codes, wherever these are not the claim's own."""
    assisted: bool = False
    """Whether what its values lead one to expect of each trial was taken from what it did."""
