"""Every coder held against the labels, and every group against itself, question by question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gyges.coding._accuracy import measure_accuracy, weigh_units
from gyges.coding._agreement import Agreement, Measured, Metric, measure_agreement
from gyges.coding._effective import count_effective
from gyges.coding._ratings import RULES, Codes, Ratings, read_ratings
from gyges.coding._votes import settle_votes, take_majority
from gyges.records.judges import CoderKind, JudgePair, JudgeRow, Judging
from gyges.records.seeds import derive_seed
from gyges.records.study import Consensus

MAJORITY: Final = "majority"
POSTERIOR: Final = "posterior"
_AMONG: Final[dict[str, CoderKind]] = {"judges": "among judges", "labellers": "among labellers"}


def measure_judges(
    answers: pl.DataFrame,
    labels: pl.DataFrame | None = None,
    *,
    seed: int,
    values: Mapping[str, Sequence[str]] | None = None,
    consensus: Consensus = "majority",
    cells: Mapping[str, pl.DataFrame] | None = None,
) -> Judging:
    """Measure how far judges, rules and people agree on each question.

    Args:
        answers: The answers table; `docs/artifacts.md` gives the columns.
        labels: What people said; none: nothing is checked.
        seed: Root seed of the bootstraps; each question and coder has a seed of its own.
        values: What can be answered to each question, in order; one left out can be answered by all that
            occurs.
        consensus: How the judges' answers become one.
        cells: Question to a frame of `trial` and `cell`: the arms in which its labels were drawn; none: all
            trials were one.

    Returns:
        A row for each question and coder, one for the judges' majority, one for their posterior if that is
        the consensus, one for the judges among each other
        and, where several people labelled, one for them; and a row for each pair of coders.
    """
    rows: list[JudgeRow] = []
    pairs: list[JudgePair] = []
    for ratings in read_ratings(answers, labels, values=values, cells=cells):
        rows += _Item(ratings, seed, consensus).list_rows()
        pairs += _Item(ratings, seed, consensus).list_pairs()
    return Judging(tuple(rows), tuple(pairs))


class _Item:
    """One question's answers, and what all its rows need."""

    def __init__(self, ratings: Ratings, seed: int, consensus: Consensus) -> None:
        self.ratings = ratings
        self.n_values = len(ratings.values)
        self.metric: Metric = "ordinal" if ratings.is_scale else "nominal"
        self.majority = take_majority(ratings.judged, self.n_values)
        self.settled = settle_votes(ratings.judged, self.n_values, consensus)
        self.consensus = consensus
        # Labels are drawn by what the judges together said; without judges, from all.
        self.strata = self.settled if ratings.judges else np.zeros_like(ratings.truth)
        self.weights = weigh_units(ratings.cells * (self.n_values + 1) + self.strata, ratings.truth)
        self._seed = seed

    def seed(self, *names: str) -> int:
        return derive_seed(self._seed, "judges", self.ratings.item, *names)

    def list_rows(self) -> Iterator[JudgeRow]:
        ratings = self.ratings
        for place, judge in enumerate(ratings.judges):
            yield self.check(judge, "judge", ratings.judged[:, place])
        if ratings.rules is not None:
            yield self.check(RULES, "rules", ratings.rules)
        if ratings.judges:
            yield self.check(MAJORITY, "majority", self.majority, **self.count_judges())
            if self.consensus == "posterior":
                yield self.check(POSTERIOR, "posterior", self.settled)
            yield self.compare("judges", ratings.judged)
        if ratings.labelled.shape[1] > 1:
            yield self.compare("labellers", ratings.labelled)

    def list_pairs(self) -> Iterator[JudgePair]:
        ratings = self.ratings
        columns = {judge: ratings.judged[:, place] for place, judge in enumerate(ratings.judges)}
        if ratings.rules is not None:
            columns[RULES] = ratings.rules
        for first, second in combinations(columns, 2):
            found = self.agree(np.stack([columns[first], columns[second]], axis=1), first, second)
            yield JudgePair(
                item=ratings.item,
                first=first,
                second=second,
                n=found.n,
                agreement=found.agreement.value,
                kappa=found.kappa.value,
                kappa_low=found.kappa.low,
                kappa_high=found.kappa.high,
                ac1=found.ac1.value,
                alpha=found.alpha.value,
                reason=found.kappa.reason,
            )

    def agree(self, codes: Codes, *names: str, weights: NDArray[np.float64] | None = None) -> Agreement:
        return measure_agreement(
            codes,
            n_values=self.n_values,
            trials=self.ratings.trials,
            seed=self.seed(*names),
            metric=self.metric,
            weights=weights,
        )

    def check(self, coder: str, kind: CoderKind, codes: Codes, **more: Any) -> JudgeRow:
        """Hold one coder against the labels."""
        ratings = self.ratings
        n_labels = int(((codes >= 0) & (ratings.truth >= 0)).sum())
        unscored = ratings.unscored.get(coder, 0)
        if kind in {"majority", "posterior"}:
            unscored = int((ratings.asked & (codes < 0)).sum())
        row: dict[str, Any] = {
            "coder": coder,
            "kind": kind,
            "item": ratings.item,
            "n": int((codes >= 0).sum()),
            "n_unclear_labels": ratings.n_unclear,
            **more,
        }
        if n_labels == 0:
            return JudgeRow(**row, unscored=unscored, reason="no labels")
        found = self.agree(np.stack([codes, ratings.truth], axis=1), coder, "labels", weights=self.weights)
        return JudgeRow(
            **row,
            unscored=unscored,
            n_compared=found.n,
            n_labels=n_labels,
            status="checked",
            **_lay_out(found),
            **self.rate(coder, codes),
        )

    def compare(self, group: str, codes: Codes) -> JudgeRow:
        """Hold a group against itself."""
        found = self.agree(codes, _AMONG[group])
        n_labels = int((self.ratings.truth >= 0).sum())
        return JudgeRow(
            coder=group,
            kind=_AMONG[group],
            item=self.ratings.item,
            n=found.n,
            unscored=0,
            n_compared=found.n,
            n_labels=n_labels,
            n_unclear_labels=self.ratings.n_unclear,
            status="checked" if n_labels else "judge unchecked",
            **_lay_out(found),
        )

    def rate(self, coder: str, codes: Codes) -> dict[str, Any]:
        """Give sensitivity and specificity, where the question is one of yes or no."""
        if not self.ratings.is_yes_no:
            return {}
        seed = self.seed(coder, "accuracy")
        found = measure_accuracy(codes, self.ratings.truth, self.strata, seed=seed, weights=self.weights)
        return _flatten("sensitivity", found.sensitivity) | _flatten("specificity", found.specificity)

    def count_judges(self) -> dict[str, Any]:
        ratings = self.ratings
        found = count_effective(
            ratings.judged,
            ratings.truth,
            trials=ratings.trials,
            seed=self.seed("effective"),
            weights=self.weights,
        )
        return {
            "effective_judges": found.value,
            "effective_low": found.low,
            "effective_high": found.high,
            "effective_reason": found.reason,
        }


def _lay_out(found: Agreement) -> dict[str, Any]:
    return {
        **_flatten("agreement", found.agreement),
        **_flatten("alpha", found.alpha),
        **_flatten("kappa", found.kappa),
        **_flatten("ac1", found.ac1),
        "reason": found.alpha.reason,
    }


def _flatten(name: str, found: Measured) -> dict[str, Any]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
