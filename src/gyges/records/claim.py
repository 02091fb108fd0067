"""A registered claim, as `claims/registry.yaml` states it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gyges.records.base import Record
from gyges.records.scenario import Condition
from gyges.records.words import Tactic

EstimandKind = Literal[
    "contrast",
    "rate-difference",
    "inactive",
    "conjunction",
    "zone",
    "rate-bound",
    "rate-above",
    "given-difference",
    "slope",
    "dose",
    "openness",
    "order",
    "control",
    "convergence",
    "count",
    "trade-share",
    "trade-gap",
    "trade-odds",
    "hierarchy",
    "prediction",
    "capability",
    "noticed",
    "overdispersion",
    "misread",
    "say-do",
    "judges",
]
"""How a claim is decided."""


class Claim(Record):
    """A statement about model behaviour and the quantity that decides it."""

    id: Annotated[str, Field(pattern=r"^[CA]\d{1,2}$")]
    section: str
    """Section of the note it is from."""
    statement: str
    kind: EstimandKind
    estimand: str
    """The quantity in words."""
    outcome: str = ""
    """Column of the codes table; or `code:ITEM=ANSWER`, an answer of judges to a question of the codebook."""
    outcome_b: str = ""
    """Second column, for a difference of two rates."""
    factor: str = ""
    level: str = ""
    """Level whose rate is taken first."""
    reference: str = ""
    """Level it is compared with."""
    also: tuple[str, ...] = ()
    """Further levels compared with `reference`; the claim asserts each of them."""
    given: str = ""
    """Outcome by rules that a trial must have to count; for `given-difference`, what makes the sides."""
    beside: str = ""
    """The judges' code for the same question, `code:ITEM=ANSWER`: shown beside what the rules decide."""
    direction: Literal[1, -1] = 1
    """Sign of the effect the claim asserts."""
    sesoi: float | None = None
    """Smallest effect of interest, on the scale of the estimand."""
    bound: float | None = None
    """Limit of a rate, for equivalence claims."""
    within: Condition = Field(default_factory=dict)
    """Cells the estimand is about; for `conjunction` and `zone`, the cell itself."""
    tactics: tuple[Tactic, ...] = ()
    """For `openness`: tactics one of which is open on the first side and none on the other; for `order`: each
    is taken more readily than the next."""
    family: str = ""
    """For the kinds that rest on trade-off trials: the family of items, `survival-vs-power`."""
    values: tuple[str, ...] = ()
    """Things whose revealed worth counts: one, that it is above 0; more, that each is above the next."""
    at_least: Annotated[int, Field(ge=0)] = 0
    """For `convergence`: families of directives in which it must hold…"""
    of: Annotated[int, Field(ge=0)] = 0
    """…out of so many; of other numbers of families, the same share, rounded up."""
    min_agreement: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Krippendorff's alpha below which codes by judges decide nothing; of no account for other claims."""
    factors: tuple[str, ...] = ()
    """Factors a study must vary for it."""
    scenarios: tuple[str, ...] = ()
    """Scenarios made for it; empty: all that carry its factors and can show its outcome."""
