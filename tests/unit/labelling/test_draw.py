"""Which trials people are asked about."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from gyges.labelling import Pool, Task, draw_tasks, make_pools, order_tasks, share_over_arms
from gyges.labelling._draw import UNDECIDED, Cell, share_in_arm, share_out
from gyges.records.codebook import Item
from tests.unit.labelling.made_up import ACT, FRAME, PLAIN, REFUSAL, make_answers, make_codes

BY = ("model", "conflict", "threat")


def _pool(item: Item, codes: pl.DataFrame, answers: pl.DataFrame | None = None, *, seed: int = 1) -> Pool:
    return make_pools(codes, answers, [item], by=BY, seed=seed)[0]


def _count(pool: Pool, tasks: list[Task]) -> Counter[Cell]:
    where = {task: cell for cell, each in pool.cells.items() for task in each}
    return Counter(where[task] for task in tasks)


@given(n=st.integers(0, 200), sizes=st.lists(st.integers(0, 60), max_size=8))
def test_shares_are_even_and_fit(n: int, sizes: list[int]) -> None:
    """Shares add up to what is there to share, none is above its size, and those not full differ by one."""
    shares = share_out(n, sizes)
    assert sum(shares) == min(n, sum(sizes))
    assert all(share <= size for share, size in zip(shares, sizes, strict=True))
    short = [share for share, size in zip(shares, sizes, strict=True) if share < size]
    assert max(shares, default=0) - min(short, default=max(shares, default=0)) <= 1


def test_undecided_is_drawn_last() -> None:
    """What judges left open takes only what the decided strata cannot hold."""
    assert share_in_arm(10, [50, 50, 50], last=2) == [5, 5, 0]
    assert share_in_arm(10, [3, 2, 50], last=2) == [3, 2, 5]


def test_half_of_every_arm_is_from_positives() -> None:
    """In every arm half of the labels come from the rules' yes, though it is a tenth of the trials."""
    pool = _pool(PLAIN, make_codes(4000))
    tasks = draw_tasks(pool, share_over_arms(pool, 160))
    counts = _count(pool, tasks)
    assert len(pool.arms) == 8
    assert len(tasks) == len(set(tasks)) == 160
    assert set(counts.values()) == {10}
    assert not pool.by_judges


def test_judges_majority_decides_the_stratum() -> None:
    """Two judges outvote one, a tie is undecided, rules and labels have no vote."""
    codes = make_codes(4, models=("a/one",)).with_columns(conflict=pl.lit("present"), threat=pl.lit("none"))
    votes = {
        "t00000": ("yes", "yes", "no"),
        "t00001": ("yes", "no", None),
        "t00002": ("no", "no", None),
        "t00003": (None, None, None),
    }
    rows = [
        (trial, PLAIN.id, "", f"judge{i}", value)
        for trial, said in votes.items()
        for i, value in enumerate(said)
    ]
    rows += [(trial, PLAIN.id, "", coder, "no") for trial in votes for coder in ("rules", "label:ana")]
    pool = _pool(PLAIN, codes, make_answers(rows))
    strata = {cell.stratum: {task.trial for task in tasks} for cell, tasks in pool.cells.items()}
    assert strata == {"yes": {"t00000"}, "no": {"t00002"}, UNDECIDED: {"t00001", "t00003"}}
    assert pool.by_judges


def test_another_consensus_decides_where_the_codes_hold_one() -> None:
    """Strata are what the codes say the judges say together, since rates are over that; null is undecided."""
    codes = make_codes(3, models=("a/one",)).with_columns(
        conflict=pl.lit("present"), code_strategic_reasoning=pl.Series(["no", None, "yes"])
    )
    rows = [(f"t{i:05}", PLAIN.id, "", f"judge{k}", "yes") for i in range(3) for k in range(2)]
    pool = _pool(PLAIN, codes, make_answers(rows))
    strata = {task.trial: cell.stratum for cell, tasks in pool.cells.items() for task in tasks}
    assert strata == {"t00000": "no", "t00001": UNDECIDED, "t00002": "yes"}


def test_only_trials_that_rates_are_about_are_asked_about() -> None:
    """Rarer protocols, fixed cells beside drawn ones and failed trials are not drawn; controls are."""
    codes = make_codes(80, models=("a/one",)).with_columns(
        protocol=pl.when(pl.col("trial") < "t00010").then(pl.lit("text")).otherwise(pl.lit("agentic")),
        design=pl.when(pl.col("trial") > "t00069").then(pl.lit("base")).otherwise(pl.lit("conjoint")),
        status=pl.when(pl.col("trial") == "t00030").then(pl.lit("unparsed")).otherwise(pl.lit("coded")),
    )
    pool = _pool(PLAIN, codes)
    drawn = {task.trial for tasks in pool.cells.values() for task in tasks}
    kept = codes.filter(
        pl.col("protocol") == "agentic",
        pl.col("status") == "coded",
        (pl.col("design") == "conjoint") | (pl.col("conflict") == "absent"),
    )
    assert drawn == set(kept["trial"])
    assert {cell.arm[1] for cell in pool.cells} == {"present", "absent"}
    assert pool.columns == (*BY, "misaligned")


def test_choices_are_drawn_evenly_over_their_options() -> None:
    """Each of the judges' answers to a choice gives as many labels, the rare one too."""
    codes = make_codes(600, models=("a/one",)).with_columns(conflict=pl.lit("present"), threat=pl.lit("none"))
    said = {trial: ("virtue" if i % 30 == 0 else "none") for i, trial in enumerate(codes["trial"])}
    pool = _pool(FRAME, codes, make_answers([(t, FRAME.id, "", "j", v) for t, v in said.items()]))
    tasks = draw_tasks(pool, share_over_arms(pool, 30))
    assert Counter(said[task.trial] for task in tasks) == {"virtue": 15, "none": 15}


def test_acts_are_asked_one_by_one() -> None:
    """A question about acts is asked of open acts, half of those the rules saw done."""
    codes = make_codes(2000)
    pool = _pool(ACT, codes)
    tasks = draw_tasks(pool, share_over_arms(pool, 80))
    done = {(row["trial"], act) for row in codes.iter_rows(named=True) for act in row["acts"]}
    assert sum((task.trial, task.act) in done for task in tasks) == 40
    assert {task.act for task in tasks} == {"take", "tell", "wait"}


def test_refusals_and_unreadable_trials() -> None:
    """Refused trials are the positives of the question about refusal, and failed ones are never shown."""
    codes = make_codes(100).with_columns(
        status=pl.when(pl.col("trial") < "t00010")
        .then(pl.lit("refused"))
        .when(pl.col("trial") < "t00020")
        .then(pl.lit("failed"))
        .otherwise(pl.lit("coded"))
    )
    pool = _pool(REFUSAL, codes)
    drawn = {task.trial: cell.stratum for cell, tasks in pool.cells.items() for task in tasks}
    assert {trial for trial, stratum in drawn.items() if stratum == "yes"} == {f"t{i:05}" for i in range(10)}
    assert len(drawn) == 90


@given(seed=st.integers(0, 2**31))
def test_draw_is_that_of_its_seed(seed: int) -> None:
    """The same seed draws the same, a larger draw holds the smaller one, and questions share transcripts."""
    codes = make_codes(300)
    first, again = (_pool(PLAIN, codes, seed=seed) for _ in range(2))
    small = draw_tasks(first, share_over_arms(first, 32))
    assert small == draw_tasks(again, share_over_arms(again, 32))
    assert set(small) <= set(draw_tasks(first, share_over_arms(first, 64)))
    other = _pool(FRAME, codes, seed=seed)
    same = {task.trial for task in draw_tasks(other, share_over_arms(other, 32))}
    assert same == {task.trial for task in small}


def test_every_trial_of_a_stratum_is_as_likely() -> None:
    """Over seeds, each trial of a stratum is drawn about as often as any other."""
    codes = make_codes(40, models=("a/one",)).with_columns(
        conflict=pl.lit("present"), threat=pl.lit("none"), misaligned=pl.lit(False)
    )
    drawn: Counter[str] = Counter()
    for seed in range(400):
        pool = _pool(PLAIN, codes, seed=seed)
        drawn.update(task.trial for task in draw_tasks(pool, share_over_arms(pool, 10)))
    assert len(drawn) == 40
    # 100 expected, standard deviation 8.7; six of them each way.
    assert all(48 <= n <= 152 for n in drawn.values())


def test_order_of_transcripts_tells_nothing() -> None:
    """Positives do not come first, and the questions of a transcript stand in the codebook's order."""
    codes = make_codes(2000)
    pools = make_pools(codes, None, [PLAIN, FRAME], by=BY, seed=3)
    tasks = [task for pool in pools for task in draw_tasks(pool, share_over_arms(pool, 200))]
    sheets = order_tasks(tasks, [PLAIN, FRAME], seed=3)
    assert sum(len(each) for _, each in sheets) == 400
    assert all([task.item for task in each] == [PLAIN.id, FRAME.id] for _, each in sheets)
    positive = dict(codes.select("trial", "misaligned").iter_rows())
    early = sum(positive[trial] for trial, _ in sheets[:100])
    assert 30 <= early <= 70
