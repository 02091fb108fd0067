"""What a plan is looked at with, and which control questions it can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from gyges.estimands import AWARE, DOES, SAYS, ChoiceTable, Facts, keep_conflict, tally_twins
from gyges.records.claim import Claim
from gyges.records.scenario import Scenario
from gyges.records.words import FACTORS


@dataclass(frozen=True)
class Prospect:
    """What a plan is looked at with."""

    trials: pl.DataFrame
    scenarios: Mapping[str, Scenario]
    facts: Mapping[str, Facts]
    min_trials: int
    is_judged: bool = False
    """Whether the study names judges."""
    n_ranked: int = 0
    """Ranks of capability that its models declare, each counted once."""
    choices: ChoiceTable | None = None
    """One model's trials as choices among a scenario's acts."""
    families: Mapping[str, int] = field(default_factory=dict)
    """One model's trade-off trials, by family."""


def foresee_alternative(prospect: Prospect, claim: Claim) -> str:
    """Say why a plan cannot answer a control question; empty when it can."""
    return _KINDS[claim.kind](prospect, claim)


def _foresee_noticed(prospect: Prospect, _: Claim) -> str:
    if not prospect.is_judged:
        return f"no judge: it rests on {AWARE}, and the study names no judges"
    return _say_few(prospect, keep_conflict(prospect.trials).collect().height)


def _foresee_judges(prospect: Prospect, _: Claim) -> str:
    return "" if prospect.is_judged else "no judge: the study names none"


def _foresee_misread(prospect: Prospect, _: Claim) -> str:
    counted = keep_conflict(prospect.trials).collect()["protocol"].cast(pl.String).value_counts()
    return _say_few(prospect, max(counted["count"].to_list(), default=0))


def _foresee_wordings(prospect: Prospect, _: Claim) -> str:
    keys = ("scenario", "setting", "protocol", "design", "variant")
    is_drawn = pl.col("design").cast(pl.String).is_in(["conjoint", "full-factorial"])
    cell = [pl.when(~is_drawn).then(pl.col(name).cast(pl.String)).alias(name) for name in FACTORS]
    counted = keep_conflict(prospect.trials).with_columns(*cell).group_by(*keys, *FACTORS).len().collect()
    again = int(counted.filter(pl.col("len") > 1)["len"].sum())
    return _say_few(prospect, again, " share their wording with another")


def _foresee_gap(prospect: Prospect, claim: Claim) -> str:
    twins = tally_twins(prospect.trials, claim.outcome)
    n = min(int(twins[f"n{side}"].sum()) for side in ("_does", "_says"))
    return _say_few(prospect, n, f" of {DOES} or {SAYS} stand in cells that both have")


def _foresee_capability(prospect: Prospect, claim: Claim) -> str:
    if prospect.n_ranked < 2:
        return "fewer than two models declare a `capability`, or all declare the same"
    present = keep_conflict(prospect.trials).collect()[claim.factor].cast(pl.String)
    n, level = min((int((present == level).sum()), level) for level in FACTORS[claim.factor])
    return _say_few(prospect, n, f" with {claim.factor} {level}")


def _say_few(prospect: Prospect, n: int, which: str = "") -> str:
    if n >= prospect.min_trials:
        return ""
    return f"{n} trials{which}; the study asks for {prospect.min_trials}"


_KINDS: Final[Mapping[str, Callable[[Prospect, Claim], str]]] = {
    "noticed": _foresee_noticed,
    "judges": _foresee_judges,
    "misread": _foresee_misread,
    "overdispersion": _foresee_wordings,
    "say-do": _foresee_gap,
    "capability": _foresee_capability,
}
