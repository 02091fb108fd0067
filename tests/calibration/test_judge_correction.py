"""Rates corrected by labels cover the truth; rates as the judge has them do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from gyges.analysis import ArmCounts, correct_rates, measure_codes, subtract
from gyges.records.judges import CodeDifference, CodeRate
from gyges.records.words import FACTORS

N_STUDIES = 200
N_LABELS = 300
ITEM = "motive-acknowledged"
ARMS = ("low", "high")
THREATS = ("none", "shutdown")


@dataclass(frozen=True)
class Judge:
    """A scripted judge: how often it finds what is there, and leaves alone what is not."""

    sensitivity: float = 0.8
    specificity: float = 0.9


@dataclass(frozen=True)
class Study:
    """What is true in the two arms, and who judges each."""

    rates: tuple[float, float]
    judges: tuple[Judge, Judge] = (Judge(), Judge())
    trials: int = 1000
    """In each arm."""


@dataclass(frozen=True)
class Simulated:
    """The codes of many studies, each standing as a model of its own, with their labels."""

    codes: pl.DataFrame
    answers: pl.DataFrame
    labels: pl.DataFrame


def simulate(study: Study, seed: int) -> Simulated:
    """Judge the trials of many studies and label 300 of each: half an arm's from those coded yes."""
    rng = np.random.default_rng(seed)
    shape = (N_STUDIES, len(ARMS), study.trials)
    truth = rng.random(shape) < np.array(study.rates)[:, None]
    found, spared = (
        np.array([getattr(judge, name) for judge in study.judges])[:, None]
        for name in ("sensitivity", "specificity")
    )
    code = rng.random(shape) < np.where(truth, found, 1 - spared)
    number, arm, _ = np.indices(shape)
    # Among an arm's trials of one code, those with the smallest of random numbers are labelled.
    order = np.where(code, 0, 2) + rng.random(shape)
    quota = N_LABELS // 4
    rank_yes = np.argsort(np.argsort(order, axis=-1), axis=-1)
    rank_no = rank_yes - code.sum(axis=-1, keepdims=True)
    labelled = np.where(code, rank_yes < quota, rank_no < quota)

    def words(flags: np.ndarray) -> pl.Series:
        return pl.Series(["no", "yes"]).gather(flags.ravel().astype(int))

    frame = pl.DataFrame(
        {
            "model": pl.Series([f"study-{i:03d}" for i in range(N_STUDIES)]).gather(number.ravel()),
            "reputation": pl.Series(ARMS).gather(arm.ravel()),
            "code_motive_acknowledged": words(code),
            "value": words(truth),
            "labelled": labelled.ravel(),
        }
    ).with_columns(
        **{name: pl.lit(None, pl.String) for name in FACTORS if name != "reputation"},
        trial=pl.int_range(pl.len()).cast(pl.String),
        protocol=pl.lit("agentic"),
        design=pl.lit("conjoint"),
        conflict=pl.lit("present"),
        status=pl.lit("coded"),
        item=pl.lit(ITEM),
        act=pl.lit(""),
        labeller=pl.lit("ann"),
    )
    return Simulated(
        codes=frame.drop("value", "labelled", "labeller"),
        answers=frame.select(
            "trial", "item", "act", coder=pl.lit("scripted"), value="code_motive_acknowledged"
        ),
        labels=frame.filter("labelled").select("trial", "item", "act", "labeller", "value"),
    )


def analyze(simulated: Simulated) -> tuple[list[CodeRate], list[CodeDifference]]:
    """Measure every study's two arms, and their differences."""
    found = measure_codes(simulated.codes, simulated.answers, simulated.labels, seed=11)
    return [rate for rate in found.rates if rate.arm != "all"], list(found.differences)


def share(covered: list[bool]) -> float:
    """Give the share of intervals that cover."""
    return float(np.mean(covered))


def cover_rates(study: Study, found: list[CodeRate]) -> tuple[float, float]:
    """Give the coverage of raw and of corrected rates."""
    truths = {f"reputation={arm}": rate for arm, rate in zip(ARMS, study.rates, strict=True)}
    raw = [(each.raw.low or 0) <= truths[each.arm] <= (each.raw.high or 0) for each in found]
    fixed = [each.corrected for each in found if each.corrected]
    assert len(fixed) == len(found) == 2 * N_STUDIES
    covered = [c.low <= truths[f.arm] <= c.high for c, f in zip(fixed, found, strict=True)]
    return share(raw), share(covered)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "seed"), [((0.3, 0.5), 1), ((0.1, 0.2), 2), ((0.05, 0.4), 3)], ids=["common", "rare", "mixed"]
)
def test_corrected_rates_cover_the_truth(rates: tuple[float, float], seed: int) -> None:
    """Judged at 0.8 and 0.9, with 300 labels, corrected rates cover in 93–97 %, raw ones far less often."""
    study = Study(rates)
    found, differences = analyze(simulate(study, seed))
    raw, corrected = cover_rates(study, found)
    truth = rates[1] - rates[0]
    of_differences = share(
        [bool(d.corrected and d.corrected.low <= truth <= d.corrected.high) for d in differences]
    )
    raw_differences = share([d.raw.low <= truth <= d.raw.high for d in differences])
    width = np.mean([each.corrected.width for each in found if each.corrected])
    shown = f"raw {raw:.3f}, corrected {corrected:.3f}, width {width:.3f}"
    print(f"rates {rates}: {shown}; differences: {raw_differences:.3f}, {of_differences:.3f}")  # noqa: T201
    assert 0.93 <= corrected <= 0.97
    assert 0.93 <= of_differences <= 0.97
    assert raw < 0.6
    assert raw_differences < 0.9


@pytest.mark.slow
def test_correction_by_arm_finds_no_effect_where_the_judge_makes_one() -> None:
    """Where the judge errs more in one arm, correction by arm covers the zero effect; pooling does not."""
    study = Study((0.3, 0.3), judges=(Judge(), Judge(0.95, 0.75)))
    simulated = simulate(study, 4)
    _, differences = analyze(simulated)
    raw = share([d.raw.low <= 0 <= d.raw.high for d in differences])
    by_arm = share([bool(d.corrected and d.corrected.low <= 0 <= d.corrected.high) for d in differences])
    pooled = share(pool_and_cover(simulated))
    print(f"zero effect: raw {raw:.3f}, pooled {pooled:.3f}, by arm {by_arm:.3f}")  # noqa: T201
    assert 0.93 <= by_arm <= 0.97
    assert pooled < 0.3
    assert raw < 0.3


def make_uneven(
    truth: np.ndarray, code: np.ndarray, arm: np.ndarray, *, words: list[str], each: int, seed: int
) -> Simulated:
    """Label as many trials of every arm of the draw and each of the judge's answers, however many it has.

    Args:
        truth: Studies × trials, the index of each word.
        code: What the judge says, likewise.
        arm: Level of threat, an index of `THREATS`.
        words: The answers.
        each: Labels to draw in each cell.
        seed: Seed of the draw.
    """
    rng = np.random.default_rng(seed)
    place = arm * len(words) + code
    order = np.argsort(np.argsort(place + rng.random(truth.shape), axis=1), axis=1)
    before = np.stack([(place < cell).sum(axis=1) for cell in range(int(place.max()) + 1)], axis=1)
    labelled = order - np.take_along_axis(before, place, axis=1) < each
    said = pl.Series(words)
    frame = pl.DataFrame(
        {
            "model": np.repeat([f"study-{i:03d}" for i in range(len(truth))], truth.shape[1]),
            "threat": pl.Series(THREATS).gather(arm.ravel()),
            "code_motive_acknowledged": said.gather(code.ravel()),
            "value": said.gather(truth.ravel()),
            "labelled": labelled.ravel(),
        }
    ).with_columns(
        **{name: pl.lit(None, pl.String) for name in FACTORS if name != "threat"},
        trial=pl.int_range(pl.len()).cast(pl.String),
        protocol=pl.lit("agentic"),
        design=pl.lit("conjoint"),
        conflict=pl.lit("present"),
        status=pl.lit("coded"),
        item=pl.lit(ITEM),
        act=pl.lit(""),
        labeller=pl.lit("ann"),
    )
    return Simulated(
        codes=frame.drop("value", "labelled", "labeller"),
        answers=frame.head(1).select(
            "trial", "item", "act", coder=pl.lit("scripted"), value="code_motive_acknowledged"
        ),
        labels=frame.filter("labelled").select("trial", "item", "act", "labeller", "value"),
    )


def cover_whole(simulated: Simulated, truths: dict[str, float], drawn_by: tuple[str, ...]) -> float:
    """Give how often the intervals over all trials hold the truth, with labels counted by their draw."""
    found = measure_codes(
        simulated.codes, simulated.answers, simulated.labels, seed=12, drawn_by={ITEM: drawn_by}
    )
    whole = [rate for rate in found.rates if rate.arm == "all"]
    assert all(rate.corrected for rate in whole)
    return share(
        [bool(r.corrected and r.corrected.low <= truths[r.value] <= r.corrected.high) for r in whole]
    )


@pytest.mark.slow
def test_labels_count_for_the_arm_they_were_drawn_in() -> None:
    """Drawn as often from a rare arm as from a frequent one, labels still give the rate of all trials."""
    rng = np.random.default_rng(7)
    arm = (rng.random((N_STUDIES, 1500)) < 0.2).astype(int)
    truth = rng.random(arm.shape) < np.array([0.1, 0.6])[arm]
    found, spared = np.array([0.9, 0.6])[arm], np.array([0.95, 0.7])[arm]
    code = (rng.random(arm.shape) < np.where(truth, found, 1 - spared)).astype(int)
    simulated = make_uneven(truth.astype(int), code, arm, words=["no", "yes"], each=N_LABELS // 4, seed=8)
    truths = {"yes": 0.8 * 0.1 + 0.2 * 0.6}
    by_draw, ignored = (cover_whole(simulated, truths, columns) for columns in (("threat",), ()))
    print(f"uneven arms: by the draw {by_draw:.3f}, ignored {ignored:.3f}")  # noqa: T201
    assert 0.92 <= by_draw <= 0.98
    assert ignored < 0.7


@pytest.mark.slow
def test_labels_of_a_choice_count_for_the_answer_they_were_drawn_from() -> None:
    """Drawn evenly over a judge's uneven answers to a choice, labels give each answer's rate."""
    rng = np.random.default_rng(9)
    words, rates = ["none", "procedural", "virtue"], [0.7, 0.2, 0.1]
    table = np.array([[0.75, 0.15, 0.1], [0.3, 0.65, 0.05], [0.4, 0.1, 0.5]])
    truth = rng.choice(3, p=rates, size=(N_STUDIES, 1500))
    code = (rng.random(truth.shape)[..., None] > table.cumsum(axis=1)[truth]).sum(axis=-1)
    simulated = make_uneven(truth, code, np.zeros_like(truth), words=words, each=N_LABELS // 3, seed=10)
    covered = cover_whole(simulated, dict(zip(words, rates, strict=True)), ())
    print(f"choice: {covered:.3f}")  # noqa: T201
    assert 0.93 <= covered <= 0.98


@pytest.mark.slow
def test_few_labels_do_not_make_rare_answers_frequent() -> None:
    """Of six answers with eight labels each, every rate is held as often as it should, the rarest too."""
    rng = np.random.default_rng(9)
    words = ["none", "procedural", "virtue", "utilitarian", "deontological", "self-preserving"]
    rates = [0.45, 0.25, 0.12, 0.08, 0.06, 0.04]
    table = np.full((6, 6), 0.04)
    np.fill_diagonal(table, 0.8)
    truth = rng.choice(6, p=rates, size=(N_STUDIES, 600))
    code = (rng.random(truth.shape)[..., None] > table.cumsum(axis=1)[truth]).sum(axis=-1)
    simulated = make_uneven(truth, code, np.zeros_like(truth), words=words, each=8, seed=10)
    found = measure_codes(simulated.codes, simulated.answers, simulated.labels, seed=12, drawn_by={ITEM: ()})
    for word, rate in zip(words, rates, strict=True):
        whole = [r.corrected for r in found.rates if (r.arm, r.value) == ("all", word)]
        assert share([bool(c and c.low <= rate <= c.high) for c in whole]) >= 0.92, word


def pool_and_cover(simulated: Simulated) -> list[bool]:
    """Say for each study whether correction with both arms' labels together covers a zero difference."""
    joined = simulated.codes.join(simulated.labels.select("trial", "value"), on="trial", how="left")
    is_yes, is_labelled = pl.col("code_motive_acknowledged") == "yes", pl.col("value").is_not_null()
    counts = (
        joined.group_by("model", "reputation")
        .agg(
            *((is_yes == code).sum().alias(f"n{code:d}") for code in (False, True)),
            *((is_labelled & (is_yes == code)).sum().alias(f"m{code:d}") for code in (False, True)),
            *(
                ((pl.col("value") == "yes") & (is_yes == code)).sum().alias(f"a{code:d}")
                for code in (False, True)
            ),
        )
        .sort("model", "reputation", descending=[False, True])
    )
    covered = []
    for study in range(N_STUDIES):
        mine = counts[2 * study : 2 * study + 2]
        judged, labelled, confirmed = (
            mine.select(f"{name}0", f"{name}1").to_numpy().astype(np.int64) for name in "nma"
        )
        shared = [np.repeat(x.sum(axis=0, keepdims=True), 2, axis=0) for x in (labelled, confirmed)]
        both = ArmCounts(judged, shared[0], shared[1])
        _, low, high = subtract(correct_rates(both, seed=study), [1], [0])
        covered.append(bool(low[0] <= 0 <= high[0]))
    return covered
