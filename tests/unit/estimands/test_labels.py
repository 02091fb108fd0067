"""What labels say, and how many it takes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.analysis import ArmCounts, correct_rates, find_limits
from gyges.estimands import (
    LabelsNeeded,
    count_unclear,
    expect_shares,
    gather_labels,
    labels_needed,
    pool_cells,
    settle_labels,
)


def widths_of(needed: LabelsNeeded, *, n: int, rate: float, table: tuple[float, float]) -> float:
    """Give the mean width of corrected intervals with so many labels, over simulated arms."""
    rng = np.random.default_rng(1)
    arms = 300
    sensitivity, specificity = table
    true = rng.binomial(n, rate, arms)
    hits = rng.binomial(true, sensitivity)
    false = rng.binomial(n - true, 1 - specificity)
    judged = np.stack([n - hits - false, hits + false], axis=1)
    labelled = np.minimum(judged, [needed.negative, needed.positive])
    confirmed = np.stack(
        [
            rng.hypergeometric(true - hits, judged[:, 0] - true + hits, labelled[:, 0]),
            rng.hypergeometric(hits, false, labelled[:, 1]),
        ],
        axis=1,
    )
    low, high = find_limits(correct_rates(ArmCounts(judged, labelled, confirmed), seed=2).draws)
    return float(np.mean(high - low))


@pytest.mark.parametrize("width", [0.1, 0.15, 0.2])
@pytest.mark.parametrize(("rate", "n"), [(0.3, 2000), (0.1, 2000), (0.5, 1000)])
@pytest.mark.parametrize("table", [(0.8, 0.9), (0.9, 0.8)])
def test_the_labels_asked_for_give_the_width(
    width: float, rate: float, n: int, table: tuple[float, float]
) -> None:
    """With the number the formula gives, simulated intervals are as narrow as wanted, within a tenth."""
    coded = round(n * (rate * table[0] + (1 - rate) * (1 - table[1])))
    needed = labels_needed(
        width, positives=coded, negatives=n - coded, sensitivity=table[0], specificity=table[1]
    )
    assert needed is not None
    assert widths_of(needed, n=n, rate=rate, table=table) == pytest.approx(width, rel=0.1)


def test_half_are_drawn_from_those_coded_yes_as_far_as_there_are() -> None:
    """Labels are split in halves; where trials coded yes run out, those coded no carry the rest."""
    needed = labels_needed(0.1, positives=400, negatives=600)
    assert needed is not None
    assert needed.positive == needed.negative
    assert needed.total == 2 * needed.positive
    few = labels_needed(0.1, positives=40, negatives=960, specificity=0.99)
    wide = labels_needed(0.1, positives=40, negatives=960, specificity=0.99, share=0.1)
    assert few is not None
    assert wide is not None
    assert few.positive <= 40
    assert wide.negative > wide.positive


def test_who_cannot_tell_has_no_vote() -> None:
    """An answer that it cannot be told replaces the person's earlier one, decides nothing, and is counted."""
    rows = [
        ("t1", "ann", "yes", "1"), ("t1", "ann", "unclear", "2"),
        ("t2", "ann", "unclear", "1"), ("t2", "bob", "no", "1"),
        ("t3", "ann", "unclear", "1"), ("t3", "ann", "yes", "2"),
    ]  # fmt: skip
    labels = pl.DataFrame(rows, schema=["trial", "labeller", "value", "at"], orient="row").with_columns(
        item=pl.lit("refusal"), act=pl.lit("")
    )
    assert dict(settle_labels(labels).select("trial", "value").iter_rows()) == {"t2": "no", "t3": "yes"}
    answers = labels.select("trial", "item", "act", coder=pl.lit("label:eve"), value=pl.lit("unclear")).head(
        1
    )
    assert count_unclear(answers, labels) == {"refusal": 3}
    assert gather_labels(answers, labels)["labeller"].to_list() == ["bob", "ann"]


def test_a_rare_yes_needs_more_labels_than_a_judge_without_errors() -> None:
    """Where a judge's yes is rarer than its thought errors, it is not taken to be always wrong."""
    for positives in (10, 40, 90, 110, 200):
        shares = expect_shares(positives / 1000)
        assert 0.25 <= shares.yes <= 1
        assert 0 < shares.no < 0.25
    assert expect_shares(0.31) == pytest.approx((0.8 * 0.3 / 0.31, 0.2 * 0.3 / 0.69))


@given(
    st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6),
)
def test_labels_of_cells_are_worth_no_more_than_they_are(cells: list[tuple[int, float, float]]) -> None:
    """The pooled share is the cells' by their trials; of one cell, or of equal rates, they count in full."""
    sizes = np.array([n for n, _, _ in cells], dtype=float)
    labelled = np.array([np.ceil(n * share) for n, share, _ in cells])
    confirmed = np.array([np.floor(m * yes) for m, (_, _, yes) in zip(labelled, cells, strict=True)])
    worth, yes = pool_cells(sizes, labelled, confirmed)
    if not labelled.any():
        assert float(worth) == float(yes) == 0
        return
    known = labelled > 0
    share = (sizes[known] * confirmed[known] / labelled[known]).sum() / sizes[known].sum()
    assert yes == pytest.approx(worth * share)
    assert 0 < worth <= labelled.sum() + 1e-9
    if known.sum() == 1:
        assert worth == pytest.approx(labelled.sum())
    even = pool_cells(sizes, sizes, np.floor(sizes / 3))
    assert even[0] == pytest.approx(sizes.sum(), rel=0.05)


def test_a_width_out_of_reach_is_said() -> None:
    """What all labels of the arm cannot give, no number gives; nor can an arm without trials."""
    assert labels_needed(0.01, positives=50, negatives=150) is None
    assert labels_needed(0.1, positives=0, negatives=0) is None
    assert labels_needed(0.0, positives=500, negatives=500) is None
    assert labels_needed(0.1, positives=30, negatives=30) is None


def test_more_is_needed_for_less_width_and_worse_judges() -> None:
    """Labels grow as the wanted width shrinks and as the judge errs more."""
    numbers = []
    for width in (0.2, 0.15, 0.1):
        needed = labels_needed(width, positives=2000, negatives=3000)
        worse = labels_needed(width, positives=2000, negatives=3000, sensitivity=0.7, specificity=0.75)
        assert needed is not None
        assert worse is not None
        assert worse.total > needed.total
        numbers.append(needed.total)
    assert numbers == sorted(numbers)


def test_the_last_word_of_each_labeller_counts() -> None:
    """A later label replaces an earlier one; taken back, it is gone; a tie says nothing."""
    rows = [
        ("t1", "ann", "yes", "2026-01-01T10:00:00"), ("t1", "ann", "no", "2026-01-01T09:00:00"),
        ("t2", "ann", "yes", "2026-01-01T10:00:00"), ("t2", "ann", None, "2026-01-01T11:00:00"),
        ("t3", "ann", "yes", "2026-01-01T10:00:00"), ("t3", "bob", "no", "2026-01-01T10:00:00"),
        ("t4", "ann", "no", "2026-01-01T10:00:00"), ("t4", "bob", "no", "2026-01-01T10:00:00"),
        ("t4", "cy", "yes", "2026-01-01T10:00:00"),
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema=["trial", "labeller", "value", "at"], orient="row")
    settled = settle_labels(table.with_columns(item=pl.lit("refusal"), act=pl.lit("")))
    assert settled.select("trial", "value").rows() == [("t1", "yes"), ("t4", "no")]
