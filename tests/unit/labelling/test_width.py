"""How many labels an interval needs."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gyges.estimands import expect_width, labels_needed
from gyges.labelling import Task, count_needed, make_pools, plan_width
from gyges.labelling._draw import share_out
from tests.unit.labelling.made_up import PLAIN, make_codes


def test_width_is_that_of_the_posterior() -> None:
    """With as many labels as are said to be needed, the interval is about as wide as wanted."""
    draw = np.random.default_rng(5)
    sizes, rates, wanted = (300, 2700), (0.8, 0.1), 0.08
    need = count_needed(sizes, 0, rates, wanted)
    assert need.width <= wanted
    widths = []
    for _ in range(60):
        share = draw.beta(sizes[0] + 0.5, sizes[1] + 0.5, 4000)
        theta = np.zeros(4000)
        for n, rate, weight in zip(share_out(need.n, sizes), rates, (share, 1 - share), strict=True):
            yes = draw.binomial(n, rate)
            theta += weight * draw.beta(yes + 0.5, n - yes + 0.5, 4000)
        low, high = np.quantile(theta, (0.025, 0.975))
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(wanted, rel=0.1)


@given(
    sizes=st.tuples(st.integers(1, 400), st.integers(1, 4000)),
    rates=st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)),
    width=st.floats(0.02, 0.5),
)
def test_no_fewer_labels_would_do(sizes: tuple[int, int], rates: tuple[float, float], width: float) -> None:
    """A narrower interval never needs fewer labels, and no more are asked for than there are trials."""
    need = count_needed(sizes, 0, rates, width)
    assert need.n <= sum(sizes)
    assert count_needed(sizes, 0, rates, width / 2).n >= need.n
    assert need.width <= width or need.n == sum(sizes)


def test_few_trials_cannot_be_made_up_for() -> None:
    """Where the trials are too few for the width, all are labelled and the reachable width is said."""
    need = count_needed((5, 15), 0, (0.8, 0.1), 0.05)
    assert need.n == 20
    assert need.width == expect_width((5, 15), (0.8, 0.1), (5, 15)) > 0.05


def test_the_number_is_that_of_labels_needed() -> None:
    """With nothing labelled yet, `--width` asks for what `labels_needed` gives for the same arm."""
    codes = make_codes(6000, models=("a/one",))
    pool = make_pools(codes, None, [PLAIN], by=("model",), seed=1)[0]
    sizes = {cell.stratum: len(tasks) for cell, tasks in pool.cells.items()}
    needed = labels_needed(0.05, positives=sizes["yes"], negatives=sizes["no"])
    assert needed is not None
    assert abs(plan_width(pool, 0.05, {})["a/one",].n - needed.total) <= 1


def test_several_other_answers_take_more_labels_than_one() -> None:
    """Labels shared out evenly over unequal answers are worth fewer when these are put together."""
    even = count_needed((300, 900, 900), 0, (0.8, 0.2), 0.1)
    uneven = count_needed((300, 1700, 100), 0, (0.8, 0.2), 0.1)
    assert even.width <= 0.1 >= uneven.width
    assert uneven.n > 1.2 * even.n


def test_labels_at_hand_replace_the_assumption() -> None:
    """A judge that the labels prove right needs fewer further labels than one assumed to err."""
    codes = make_codes(6000, models=("a/one",)).with_columns(misaligned=pl.int_range(pl.len()) % 3 == 0)
    pool = make_pools(codes, None, [PLAIN], by=("model",), seed=1)[0]
    assumed = plan_width(pool, 0.05, {})
    said: dict[Task, str | None] = {
        task: cell.stratum for cell, tasks in pool.cells.items() for task in tasks[:40]
    }
    assert plan_width(pool, 0.05, dict.fromkeys(said)) == assumed
    known = plan_width(pool, 0.05, said)
    assert known["a/one",].n < assumed["a/one",].n / 2
