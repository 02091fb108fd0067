"""The rows of judges, as the run's results hold them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from gyges.coding import measure_judges
from gyges.records.judges import JudgeRow

SCHEMA = dict.fromkeys(("trial", "item", "act", "coder", "value"), pl.String)


def make_answers(rows: Sequence[tuple[str, str, str, str, str | None]]) -> pl.DataFrame:
    """Lay answers out as `answers.parquet` has them."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(
        status=pl.when(pl.col("value").is_null()).then(pl.lit("unscored")).otherwise(pl.lit("coded"))
    )


def make_labels(rows: Sequence[tuple[str, str, str, str, str | None]]) -> pl.DataFrame:
    """Lay labels out: trial, item, act, labeller, value."""
    return pl.DataFrame(
        rows, schema={("labeller" if k == "coder" else k): v for k, v in SCHEMA.items()}, orient="row"
    )


def simulate(n: int = 300, n_labels: int = 120, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Three judges and the rules answer a question of yes or no; one person labels some."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    words = np.array(["no", "yes"])
    answers = []
    for coder, right in (("a", 0.9), ("b", 0.85), ("c", 0.8), ("rules", 0.95)):
        said = words[np.where(rng.random(n) < right, truth, ~truth).astype(int)]
        answers += [(f"t{i:03d}", "refusal", "", coder, str(said[i])) for i in range(n)]
    labels = [(f"t{i:03d}", "refusal", "", "ann", str(words[int(truth[i])])) for i in range(n_labels)]
    return make_answers(answers), make_labels(labels)


def by_coder(rows: tuple[JudgeRow, ...]) -> dict[str, JudgeRow]:
    """Index rows by coder."""
    return {row.coder: row for row in rows}


def test_there_is_a_row_for_each_coder_and_each_group() -> None:
    """Judges, rules and the majority stand against the labels, the judges among themselves, pairs apart."""
    found = measure_judges(*simulate(), seed=1)
    assert [(row.coder, row.kind) for row in found.rows] == [
        ("a", "judge"), ("b", "judge"), ("c", "judge"), ("rules", "rules"),
        ("majority", "majority"), ("judges", "among judges"),
    ]  # fmt: skip
    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("a", "b"), ("a", "c"), ("a", "rules"), ("b", "c"), ("b", "rules"), ("c", "rules"),
    ]  # fmt: skip
    rows = by_coder(found.rows)
    assert {row.status for row in found.rows} == {"checked"}
    assert {row.n_labels for row in found.rows} == {120}
    assert rows["a"].sensitivity == pytest.approx(0.9, abs=0.07)
    assert (rows["majority"].agreement or 0) > (rows["c"].agreement or 1)
    assert 2 < (rows["majority"].effective_judges or 0) <= 3
    assert rows["judges"].n_compared == 300
    for row in found.rows:
        assert (row.alpha_low or 1) < (row.alpha or 0) < (row.alpha_high or 0)


def test_without_a_label_a_judge_is_unchecked() -> None:
    """Judges still agree among each other; nothing else is claimed of them."""
    answers, _ = simulate()
    for labels in (None, make_labels([])):
        rows = by_coder(measure_judges(answers, labels, seed=1).rows)
        assert {row.status for row in rows.values()} == {"judge unchecked"}
        assert rows["a"].reason == rows["majority"].reason == "no labels"
        assert rows["a"].alpha is rows["a"].sensitivity is rows["majority"].effective_judges is None
        assert rows["judges"].alpha is not None
        assert rows["majority"].effective_reason == "no labels"


def test_unscored_is_counted_and_never_no() -> None:
    """A judge that refused has one answer less, and the others' agreement is untouched."""
    said = {"a": ("yes", None, "no"), "b": ("yes", "yes", "no")}
    answers = make_answers(
        [
            (f"t{i}", "refusal", "", coder, value)
            for coder, each in said.items()
            for i, value in enumerate(each)
        ]
    )
    rows = by_coder(measure_judges(answers, seed=1).rows)
    assert (rows["a"].n, rows["a"].unscored) == (2, 1)
    assert (rows["b"].n, rows["b"].unscored) == (3, 0)
    assert (rows["judges"].n_compared, rows["judges"].agreement) == (2, 1.0)
    assert (rows["majority"].n, rows["majority"].unscored) == (3, 0)


def test_what_no_judge_was_asked_is_not_unscored() -> None:
    """Ties and what all judges left out is unscored by the majority; what only rules or people saw is not."""
    said = [
        ("a", "t0", "yes"),
        ("b", "t0", "no"),
        ("a", "t1", None),
        ("a", "t2", "no"),
        ("rules", "t3", "no"),
    ]
    answers = make_answers([(trial, "refusal", "", coder, value) for coder, trial, value in said])
    rows = by_coder(measure_judges(answers, make_labels([("t4", "refusal", "", "ann", "no")]), seed=1).rows)
    assert (rows["majority"].n, rows["majority"].unscored) == (1, 2)


def test_a_single_judge_has_nobody_to_agree_with() -> None:
    """One judge has a row for its group with the reason, and is worth one judge."""
    rows = by_coder(measure_judges(make_answers([("t1", "refusal", "", "a", "yes")]), seed=1).rows)
    assert (rows["judges"].alpha, rows["judges"].reason) == (None, "one coder")
    assert rows["majority"].effective_judges == 1


def test_questions_about_acts_are_compared_act_by_act() -> None:
    """Two acts of one trial are two things to agree on."""
    rows = [
        (f"t{i}", "act-done", act, coder, "yes" if (i % 2 or coder == "b") and act == "x" else "no")
        for i in range(10) for act in ("x", "y") for coder in ("a", "b")
    ]  # fmt: skip
    found = by_coder(measure_judges(make_answers(rows), seed=1).rows)["judges"]
    assert (found.n_compared, found.agreement) == (20, 0.75)


def test_a_scale_is_compared_by_its_order() -> None:
    """Answers one step apart disagree less than answers at both ends; choices know no distance."""

    def measure(item: str, values: tuple[str, str, str]) -> tuple[float, ...]:
        low, middle, high = values
        pairs = [(low, low), (high, high), (middle, middle), (low, middle)] * 5
        pairs_far = [(low, low), (high, high), (middle, middle), (low, high)] * 5
        found = []
        for each in (pairs, pairs_far):
            rows = [
                (f"t{i:02d}", item, "", coder, pair[place])
                for i, pair in enumerate(each) for place, coder in enumerate("ab")
            ]  # fmt: skip
            found.append(by_coder(measure_judges(make_answers(rows), seed=1).rows)["judges"].alpha or 0)
        return tuple(found)

    near, far = measure("realism", ("1", "3", "5"))
    assert near > far
    near, far = measure("ethical-frame", ("virtue", "none", "duty"))
    assert near == pytest.approx(far, abs=0.02)


def test_labellers_are_compared_and_their_majority_is_the_truth() -> None:
    """With three people the majority counts, a tie counts for nothing, and a value taken back is gone."""
    answers = make_answers([(f"t{i}", "refusal", "", "a", "yes") for i in range(4)])
    said = [("ann", "t0", "yes"), ("bob", "t0", "yes"), ("cy", "t0", "no"), ("ann", "t1", "yes"),
            ("bob", "t1", "no"), ("ann", "t2", "no"), ("ann", "t3", None)]  # fmt: skip
    labels = [(trial, "refusal", "", labeller, value) for labeller, trial, value in said]
    rows = by_coder(measure_judges(answers, make_labels(labels), seed=1).rows)
    assert (rows["a"].n_labels, rows["a"].agreement) == (2, 0.5)
    assert (rows["labellers"].kind, rows["labellers"].n_compared) == ("among labellers", 2)
    assert rows["labellers"].agreement == pytest.approx((1 / 3 + 0) / 2)


def test_labels_among_the_answers_are_labels() -> None:
    """Answers of coders `label:<name>` count like labels given apart."""
    answers, labels = simulate()
    told = labels.select("trial", "item", "act", coder="label:" + pl.col("labeller"), value="value")
    told = told.with_columns(status=pl.lit("coded"))
    assert measure_judges(pl.concat([answers, told]), seed=1) == measure_judges(answers, labels, seed=1)


def test_the_same_answers_give_the_same_rows() -> None:
    """Neither the order of rows nor questions beside it change a question's numbers."""
    answers, labels = simulate()
    first = measure_judges(answers, labels, seed=1)
    assert measure_judges(answers.reverse(), labels.sample(fraction=1, shuffle=True, seed=2), seed=1) == first
    more = pl.concat([answers, answers.with_columns(item=pl.lit("competence"))])
    kept: list[Any] = [row for row in measure_judges(more, labels, seed=1).rows if row.item == "refusal"]
    assert tuple(kept) == first.rows
    assert measure_judges(answers, labels, seed=2) != first
