"""Rates of codes by arm, raw and corrected."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from gyges.analysis import measure_codes
from gyges.records.judges import CodeRate
from gyges.records.words import FACTORS


def make_codes(n: int = 400, **columns: Any) -> pl.DataFrame:
    """Make a codes table of conjoint trials, half at each level of reputation."""
    given = {
        "model": "m",
        "protocol": "agentic",
        "design": "conjoint",
        "conflict": "present",
        "status": "coded",
        **dict.fromkeys(FACTORS),
        "reputation": ["low", "high"] * (n // 2),
        "code_eval_aware": ["no", "no", "no", "yes"] * (n // 4),
        **columns,
    }
    table = {name: each if isinstance(each, list) else [each] * n for name, each in given.items()}
    schema: dict[str, Any] = dict.fromkeys(table, pl.String)
    return pl.DataFrame(
        {"trial": [f"t{i:04d}" for i in range(n)], **table}, schema={"trial": pl.String, **schema}
    )


ANSWERS = pl.DataFrame({"item": ["eval-aware", "ethical-frame", "act-done"]}).with_columns(
    trial=pl.lit("t0000"), act=pl.lit(""), coder=pl.lit("a"), value=pl.lit(None, pl.String)
)


def label(codes: pl.DataFrame, item: str, column: str, every: int = 4) -> pl.DataFrame:
    """Let a person say of every so many trials what the judges said."""
    chosen = codes.filter(pl.int_range(pl.len()) // every % 2 == 0)
    return chosen.select(
        "trial", item=pl.lit(item), act=pl.lit(""), labeller=pl.lit("ann"), value=pl.col(column)
    )


def by_arm(rates: tuple[CodeRate, ...]) -> dict[str, CodeRate]:
    """Index rates by arm."""
    return {rate.arm: rate for rate in rates}


def test_each_arm_has_its_raw_and_its_corrected_rate() -> None:
    """High reputation is coded yes in half the trials, low in none; people agree, so both rates do."""
    codes = make_codes()
    found = measure_codes(codes, ANSWERS, label(codes, "eval-aware", "code_eval_aware"), seed=1)
    arms = by_arm(found.rates)
    assert list(arms) == ["all", "reputation=low", "reputation=high"]
    assert [arms[name].raw.rate for name in arms] == [0.25, 0.0, 0.5]
    assert {(rate.value, rate.protocol, rate.design) for rate in found.rates} == {("yes", "agentic", "drawn")}
    high = arms["reputation=high"]
    assert high.n_labels == 100
    assert high.corrected is not None
    assert high.corrected.low < 0.5 < high.corrected.high
    assert high.corrected.width > (high.raw.high or 0) - (high.raw.low or 0)


def test_effects_are_corrected_beside_rates() -> None:
    """The difference of two arms stands raw, with Newcombe's interval, and corrected."""
    codes = make_codes()
    (row,) = measure_codes(codes, ANSWERS, label(codes, "eval-aware", "code_eval_aware"), seed=1).differences
    assert (row.arm, row.reference, row.raw.rate) == ("reputation=high", "reputation=low", 0.5)
    # Newcombe's method 10 for 100 of 200 against 0 of 200, by hand from Wilson's limits.
    assert (row.raw.low, row.raw.high) == pytest.approx((0.4288, 0.5686), abs=2e-3)
    assert row.corrected is not None
    assert row.corrected.low < 0.5 < row.corrected.high


def test_a_judge_without_labels_stays_raw() -> None:
    """No label at all, or none in an arm: no corrected rate, and the reason."""
    codes = make_codes()
    for labels in (None, label(codes, "refusal", "code_eval_aware")):
        found = measure_codes(codes, ANSWERS, labels, seed=1)
        assert {rate.corrected for rate in found.rates} == {None}
        assert {rate.reason for rate in found.rates} == {"judge unchecked: no label in this arm"}
        assert found.differences[0].corrected is None
    only_low = label(codes.filter(pl.col("reputation") == "low"), "eval-aware", "code_eval_aware")
    arms = by_arm(measure_codes(codes, ANSWERS, only_low, seed=1).rates)
    assert arms["reputation=low"].corrected is not None
    assert arms["reputation=high"].reason == "judge unchecked: no label in this arm"
    assert arms["all"].reason == "judge unchecked: no label among the 100 trials coded yes"


def test_labels_among_the_answers_correct_too() -> None:
    """Answers of coders `label:<name>` count like labels given apart."""
    codes = make_codes()
    labels = label(codes, "eval-aware", "code_eval_aware")
    told = labels.with_columns(coder="label:" + pl.col("labeller")).select(ANSWERS.columns)
    apart = measure_codes(codes, ANSWERS, labels, seed=1)
    assert measure_codes(codes, pl.concat([ANSWERS, told]), seed=1) == apart


def test_a_code_that_is_missing_counts_as_missing() -> None:
    """Trials that no judge coded are no noes: the rate is over the others, with its worst-case bounds."""
    codes = make_codes(code_eval_aware=["yes", None, "no", "no"] * 100)
    raw = by_arm(measure_codes(codes, ANSWERS, seed=1).rates)["all"].raw
    assert (raw.n, raw.missing, raw.worst_low, raw.worst_high) == (300, 100, 0.25, 0.5)
    assert raw.rate == pytest.approx(1 / 3)


def test_each_option_of_a_choice_has_a_rate() -> None:
    """The shares of a choice's options add up to one, raw and corrected."""
    codes = make_codes(code_ethical_frame=["none", "virtue", "none", "procedural"] * 100)
    labels = label(codes, "ethical-frame", "code_ethical_frame")
    found = [
        rate
        for rate in measure_codes(codes, ANSWERS, labels, seed=1).rates
        if rate.item == "ethical-frame" and rate.arm == "all"
    ]
    assert [(rate.value, rate.raw.rate) for rate in found] == [
        ("none", 0.5), ("procedural", 0.25), ("virtue", 0.25),
    ]  # fmt: skip
    assert sum(rate.corrected.rate for rate in found if rate.corrected) == pytest.approx(1, abs=0.02)


def test_only_trials_that_compare_like_with_like_count() -> None:
    """Uncoded trials, fixed cells beside drawn ones and rarer protocols stay out; controls are apart."""
    plain = make_codes()
    others = [
        make_codes(40, conflict="absent"),
        make_codes(40, design="battery"),
        make_codes(40, status="refused"),
        make_codes(40, design="base"),
        make_codes(40, protocol="choice"),
    ]
    table = pl.concat([plain, *others]).with_columns(
        trial=pl.lit("t") + pl.int_range(pl.len()).cast(pl.String).str.zfill(4)
    )
    found, alone = (measure_codes(each, ANSWERS, seed=1) for each in (table, plain))
    assert found.differences == alone.differences
    assert found.rates[:-1] == alone.rates
    control = found.rates[-1]
    assert (control.arm, control.raw.n, control.raw.rate) == ("conflict=absent", 40, 0.25)
    base = measure_codes(make_codes(design="base"), ANSWERS, seed=1)
    assert {rate.design for rate in base.rates} == {"any"}


def test_without_codes_by_judges_there_is_nothing() -> None:
    """A run whose codes table has no such column, or none with a value, has no rates of codes."""
    codes = make_codes()
    assert measure_codes(codes.drop("code_eval_aware"), ANSWERS, seed=1).rates == ()
    assert measure_codes(make_codes(code_eval_aware=None), ANSWERS, seed=1).rates == ()


def test_rates_depend_on_nothing_but_the_trials() -> None:
    """The order of rows and the other models change no number of a model; the seed does."""
    rng = np.random.default_rng(1)
    codes = make_codes(code_eval_aware=[str(x) for x in rng.choice(["yes", "no"], 400)])
    labels = label(codes, "eval-aware", "code_eval_aware")
    first = measure_codes(codes, ANSWERS, labels, seed=1)
    assert measure_codes(codes.reverse(), ANSWERS, labels.reverse(), seed=1) == first
    other = codes.with_columns(model=pl.lit("another"), trial=pl.lit("x") + pl.col("trial"))
    both = measure_codes(pl.concat([codes, other]), ANSWERS, labels, seed=1)
    assert tuple(rate for rate in both.rates if rate.model == "m") == first.rates
    assert measure_codes(codes, ANSWERS, labels, seed=2) != first
