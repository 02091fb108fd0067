"""Which trials a person is asked about: for every question, half from the judges' yes, arm by arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from gyges.estimands import LABEL, list_readable, name_code, pick_rated
from gyges.records.codebook import NO, YES, Item
from gyges.records.seeds import derive_seed

UNDECIDED = ""
"""Stratum of what the judges disagree about or left open; it is drawn from last."""

_RULES = "rules"
_COLUMNS = {
    "allies-courted": "courts_ally",
    "opponents-neutralized": "against_opponent",
    "disclosure-timed": "disclosure_timed",
    "differing-accounts": "differing_accounts",
    "deniability-sought": "deniable_act",
    "competence": "competent",
}
"""Question to the rules' column that stands in for a judge; for the others `misaligned` does."""


class Task(NamedTuple):
    """One question about one trial, or about one act of it."""

    trial: str
    item: str
    act: str = ""


class Cell(NamedTuple):
    """Where a label is drawn: the arm, and what the judges say there."""

    arm: tuple[str, ...]
    stratum: str


@dataclass(frozen=True)
class Pool:
    """All that one question could be asked about, by arm and stratum, each in its drawing order."""

    item: Item
    by_judges: bool
    """Whether strata are the judges' answers; else the rules'."""
    cells: Mapping[Cell, tuple[Task, ...]]
    columns: tuple[str, ...] = ()
    """Columns of the codes whose crossing, with the judges' answers, tells the cells apart."""

    @property
    def arms(self) -> list[tuple[str, ...]]:
        """List the arms, in order."""
        return sorted({cell.arm for cell in self.cells})

    def strata(self, arm: tuple[str, ...]) -> list[str]:
        """List an arm's strata, what nobody decided last."""
        found = [cell.stratum for cell in self.cells if cell.arm == arm]
        return sorted(found, key=lambda stratum: (stratum == UNDECIDED, stratum))


def make_pools(
    codes: pl.DataFrame,
    answers: pl.DataFrame | None,
    items: Sequence[Item],
    *,
    by: Sequence[str],
    seed: int,
) -> list[Pool]:
    """Lay out what each question could be asked about.

    A trial has one random number for all questions (permanent random numbers, Ohlsson 1995), so that within
    each stratum the draw is a simple random sample, and the questions' samples overlap as far as they can:
    fewer transcripts to read for as many labels.

    Args:
        codes: The codes table of the run.
        answers: The answers of rules and judges; none: there are none yet.
        items: The questions; trials are those that the rates of their answers are about.
        by: Columns of `codes` whose combinations are the arms.
        seed: Root of the random numbers.
    """
    trials = _lay_out_trials(codes, by)
    return [_make_pool(item, trials, answers, by=by, seed=seed) for item in items]


def _lay_out_trials(codes: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    return codes.with_columns(
        arm=pl.concat_list([pl.col(name).cast(pl.String).fill_null("–") for name in by]),
    )


def _make_pool(
    item: Item, trials: pl.DataFrame, answers: pl.DataFrame | None, *, by: Sequence[str], seed: int
) -> Pool:
    judged = _find_majority(answers, item, lambda coder: coder != _RULES)
    said = judged if judged is not None else _find_majority(answers, item, lambda coder: coder == _RULES)
    if judged is not None and item.unit == "trial":
        judged = said = _take_consensus(judged, trials, name_code(item.id))
    strata, column = _lay_out_units(item, trials)
    if said is not None:
        strata = strata.drop("stratum").join(said, on=["trial", "act"], how="inner")
        column = ""
    strata = _keep_rated(strata) if item.unit == "trial" else strata.filter(pl.col("design") != "battery")
    rows = strata.select("trial", "act", "arm", "stratum").iter_rows()
    drawn: dict[Cell, list[Task]] = {}
    for trial, act, arm, stratum in rows:
        drawn.setdefault(Cell(tuple(arm), stratum), []).append(Task(trial, item.id, act))
    cells = {
        cell: tuple(sorted(tasks, key=lambda task: (derive_seed(seed, task.trial, task.act), task)))
        for cell, tasks in drawn.items()
    }
    columns = (*by, column) if column else tuple(by)
    return Pool(item=item, by_judges=judged is not None, cells=cells, columns=columns)


def _take_consensus(judged: pl.DataFrame, trials: pl.DataFrame, column: str) -> pl.DataFrame:
    """Give what the judges say together as the codes have it, whose rates it is about."""
    if column not in trials.columns:
        return judged
    consensus = trials.select("trial", stratum=pl.col(column).cast(pl.String).fill_null(UNDECIDED))
    return judged.drop("stratum").join(consensus, on="trial", how="inner")


def _keep_rated(units: pl.DataFrame) -> pl.DataFrame:
    """Keep the trials that rates are about: on others, labels would say nothing that is reported."""
    has_code = pl.col("stratum") != UNDECIDED
    rated = [
        pick_rated(mine, has_code) for mine in units.partition_by("model", maintain_order=True) if mine.height
    ]
    return pl.concat([units.clear(), *(each.trials for each in rated if each)])


def _lay_out_units(item: Item, trials: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Give what a question is about, with the rules' own codes as strata, and the column these stand in."""
    kept = trials.filter(pl.col("status").is_in(list_readable(item.id)))
    about = ("trial", "arm", "model", "protocol", "design", "conflict")
    if item.unit == "act":
        units = kept.explode("open_acts").drop_nulls("open_acts")
        positive = pl.col("acts").list.contains(pl.col("open_acts")).fill_null(False)
        return units.select(*about, act=pl.col("open_acts"), stratum=_word(positive)), ""
    if item.id == "refusal":
        column, positive = "status", pl.col("status") == "refused"
    else:
        column = _COLUMNS.get(item.id, "misaligned")
        positive = pl.col(column).fill_null(False)
    return kept.select(*about, act=pl.lit(""), stratum=_word(positive)), column


def _word(positive: pl.Expr) -> pl.Expr:
    return pl.when(positive).then(pl.lit(YES)).otherwise(pl.lit(NO))


def _find_majority(
    answers: pl.DataFrame | None, item: Item, is_meant: Callable[[str], bool]
) -> pl.DataFrame | None:
    """Give the majority of some coders for each trial and act; none: they decided nothing of it."""
    if answers is None:
        return None
    mine = answers.filter(pl.col("item") == item.id, ~pl.col("coder").str.starts_with(LABEL))
    coders = [name for name in mine["coder"].unique() if is_meant(name)]
    mine = mine.filter(pl.col("coder").is_in(coders))
    coded = pl.col("status") == "coded"
    if mine.filter(coded).is_empty():
        return None
    votes = mine.filter(coded).group_by("trial", "act", "value").len()
    most = votes.group_by("trial", "act").agg(
        most=pl.col("len").max(),
        winners=(pl.col("len") == pl.col("len").max()).sum(),
        value=pl.col("value").sort_by("len").last(),
    )
    decided = most.filter(pl.col("winners") == 1).select("trial", "act", stratum="value")
    asked = mine.select("trial", "act").unique()
    return asked.join(decided, on=["trial", "act"], how="left").with_columns(
        pl.col("stratum").fill_null(UNDECIDED)
    )


def share_out(n: int, sizes: Sequence[int]) -> list[int]:
    """Share `n` out evenly, no share above its size; what does not fit goes to the others."""
    shares = [0] * len(sizes)
    left = min(n, sum(sizes))
    while left:
        # Those that can still take some have equal shares, so the odd ones go to the first of them.
        wanting = [i for i, size in enumerate(sizes) if shares[i] < size]
        each = max(1, left // len(wanting))
        for i in wanting[:left]:
            given = min(each, sizes[i] - shares[i])
            shares[i] += given
            left -= given
    return shares


def share_in_arm(n: int, sizes: Sequence[int], *, last: int | None = None) -> list[int]:
    """Share an arm's labels out over its strata; the stratum at `last` takes what the others cannot hold."""
    if last is None:
        return share_out(n, sizes)
    others = [0 if i == last else size for i, size in enumerate(sizes)]
    shares = share_out(n, others)
    shares[last] = min(max(0, n - sum(others)), sizes[last])
    return shares


def draw_tasks(pool: Pool, per_arm: Mapping[tuple[str, ...], int]) -> list[Task]:
    """Draw a question's labels: in every arm as many from each of the judges' answers, as far as they go."""
    drawn: list[Task] = []
    for arm in pool.arms:
        strata = pool.strata(arm)
        sizes = [len(pool.cells[Cell(arm, stratum)]) for stratum in strata]
        last = strata.index(UNDECIDED) if UNDECIDED in strata else None
        for stratum, share in zip(strata, share_in_arm(per_arm[arm], sizes, last=last), strict=True):
            drawn += pool.cells[Cell(arm, stratum)][:share]
    return drawn


def share_over_arms(pool: Pool, n: int) -> dict[tuple[str, ...], int]:
    """Share a question's `n` labels out over its arms."""
    sizes = [sum(len(tasks) for cell, tasks in pool.cells.items() if cell.arm == arm) for arm in pool.arms]
    return dict(zip(pool.arms, share_out(n, sizes), strict=True))


def order_tasks(tasks: Sequence[Task], items: Sequence[Item], *, seed: int) -> list[tuple[str, list[Task]]]:
    """Group tasks by trial, in an order that tells nothing, with each trial's questions in the codebook's."""
    places = {item.id: i for i, item in enumerate(items)}
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.trial, []).append(task)
    ordered = sorted(groups, key=lambda trial: (derive_seed(seed, "order", trial), trial))
    return [
        (
            trial,
            sorted(
                set(groups[trial]),
                key=lambda task: (places[task.item], derive_seed(seed, "order", task.trial, task.act)),
            ),
        )
        for trial in ordered
    ]
