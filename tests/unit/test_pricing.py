"""What tokens cost, and whose price holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import ModelUsage

from gyges.errors import InputError, RunError
from gyges.pricing import (
    cost_of,
    cost_of_all,
    find_price,
    keep_prices,
    list_prices,
    price_study,
    prices_of,
    read_kept,
    read_prices,
    settle_prices,
)
from gyges.records.study import ModelSpec, Price, Study
from gyges.records.tokens import Tokens
from gyges.run_folder import RunFolder
from gyges.trials._usage import count_tokens

NAME = "openai/gpt-4o"


def _write(folder: Path, text: str) -> Path:
    path = folder / "prices.yaml"
    path.write_text(text)
    return path


def test_shipped_prices_have_dates_and_make_sense() -> None:
    """Every list price has a day, costs more out than in, and less from the cache."""
    rows = list_prices().prices
    assert len(rows) > 10
    for row in rows:
        assert row.date
        assert date(2024, 1, 1) < date.fromisoformat(row.date) < date(2027, 1, 1)
        assert 0 < row.input < row.output
        assert row.cache_read is None or row.cache_read < row.input
        assert row.cache_write is None or row.cache_write >= row.input
        assert row.origin == "list"


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("openai/gpt-4o", 10),
        ("openai/gpt-4o-mini", 0.6),
        ("openai/gpt-4o-mini-2024-07-18", 0.6),
        ("openai/gpt-4o-audio-preview", None),
        ("openai/gpt-5-mini-2025-08-07", 2),
        ("anthropic/claude-sonnet-4-5-20250929", 15),
        ("openai-api/somebody/gpt-4o", None),
    ],
)
def test_a_name_finds_its_own_price_and_no_neighbor_s(name: str, output: float | None) -> None:
    """Patterns reach dated names of a model, and none of another."""
    found = find_price(list_prices(), name)
    assert (found.output if found else None) == output


def test_the_closest_pattern_wins(tmp_path: Path) -> None:
    """A name goes before patterns, a long pattern before a short one, wherever they stand in the file."""
    table = read_prices(
        _write(
            tmp_path,
            "prices:\n"
            "  - {models: ['*'], input: 1, output: 1}\n"
            "  - {models: ['openai/*', 'other/?'], input: 2, output: 2}\n"
            "  - {models: [openai/gpt], input: 3, output: 3}\n"
            "  - {models: ['openai/gp*', 'openai/gpt*'], input: 4, output: 4}\n",
        )
    )
    found = {
        name: find_price(table, name) for name in ("openai/gpt", "openai/gpt-9", "openai/x", "other/a", "x/y")
    }
    assert {name: row.input for name, row in found.items() if row} == {
        "openai/gpt": 3,
        "openai/gpt-9": 4,
        "openai/x": 2,
        "other/a": 2,
        "x/y": 1,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prices: 3\n", "prices.yaml:1: prices: expected a list"),
        ("- 1\n", "prices.yaml:1: expected fields with values"),
        ("prices:\n  - {models: [a/b], input: -1, output: 2}\n", "prices.yaml:2: .*input"),
        ("prices:\n  - {models: [a/b], input: 1}\n", "prices.yaml:2: .*output"),
        ("prices:\n  - {models: [], input: 1, output: 2}\n", "prices.yaml:2: .*models"),
        ("prices:\n  - {models: [a/b], input: '1', output: 2}\n", "prices.yaml:2: .*input"),
        ("prices:\n  - {models: [a/b], input: 1, output: 2, date: soon}\n", "prices.yaml:2: .*date"),
        ("prices:\n  - {models: [a/b], input: 1, output: 2, currency: EUR}\n", "prices.yaml:2: .*currency"),
        ("prices: [&a {models: [x]}, *a]\n", "anchors and aliases are not allowed"),
        ("prices: [\n", "not valid YAML"),
    ],
)
def test_a_bad_table_gets_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    """Whatever is wrong with a person's prices is said with file, line and field."""
    with pytest.raises(InputError, match=expected) as problem:
        read_prices(_write(tmp_path, text))
    assert "\n" not in str(problem.value)


def test_no_table_is_said(tmp_path: Path) -> None:
    """A file that is not there is said to be none."""
    with pytest.raises(InputError, match="no such file"):
        read_prices(tmp_path / "none.yaml")


def test_whose_price_holds(tmp_path: Path) -> None:
    """A person's table goes before what the run kept, that before the study, and this before the list."""
    own = Study(name="s", models=(ModelSpec(name=NAME, price=Price(input=7, output=8)),))
    bare = Study(name="s", models=(ModelSpec(name=NAME),), judges=(ModelSpec(name="openai/none"),))
    given_ = read_prices(_write(tmp_path, f"prices:\n  - {{models: [{NAME}], input: 1, output: 2}}\n"))
    assert [row.origin for row in settle_prices(bare, None).prices] == ["list"]
    assert [row.origin for row in settle_prices(own, None).prices] == ["study"]
    assert settle_prices(own, given_).prices[0].output == 2
    kept = settle_prices(own, given_)
    assert settle_prices(own, None, kept).prices[0].output == 2
    priced = price_study(bare, settle_prices(bare, given_))
    assert prices_of(priced) == {NAME: Price(input=1, output=2), "openai/none": None}


def test_cached_tokens_cost_what_providers_bill() -> None:
    """What the cache held or took in costs its own price, and without one an upper bound."""
    tokens = Tokens(input=1_000_000, output=100_000, cache_read=600_000, cache_write=100_000)
    full = {NAME: Price(input=3, output=15, cache_read=0.3, cache_write=3.75)}
    assert cost_of(full, NAME, tokens) == pytest.approx(0.3 * 3 + 0.6 * 0.3 + 0.1 * 3.75 + 0.1 * 15)
    plain = {NAME: Price(input=3, output=15)}
    assert cost_of(plain, NAME, tokens) == pytest.approx(0.9 * 3 + 0.1 * 3.75 + 0.1 * 15)


def test_reasoning_is_billed_as_output_once() -> None:
    """Where the provider counts reasoning among the tokens out it adds nothing; where apart, it is added."""
    among = ModelUsage(input_tokens=10, output_tokens=50, total_tokens=60, reasoning_tokens=40)
    apart = ModelUsage(input_tokens=10, output_tokens=10, total_tokens=60, reasoning_tokens=40)
    cached = ModelUsage(
        input_tokens=4, output_tokens=50, total_tokens=60, reasoning_tokens=40, input_tokens_cache_read=6
    )
    assert count_tokens(among) == count_tokens(apart) == (10, 50, 0, 0)
    assert count_tokens(cached) == (10, 50, 6, 0)


def test_an_unknown_price_makes_the_whole_unknown() -> None:
    """A cost of which a part is not known is not known; what is simulated is free."""
    prices = {NAME: Price(input=1, output=1)}
    usage = {NAME: Tokens(1_000_000, 0), "gyges/random": Tokens(5, 5)}
    assert cost_of_all(prices, usage) == 1.0
    assert cost_of_all(prices, {**usage, "openai/none": Tokens(1, 1)}) is None


@given(
    n=st.tuples(*[st.integers(0, 10**6)] * 4),
    price=st.builds(
        Price,
        input=st.floats(0, 100),
        output=st.floats(0, 100),
        cache_read=st.none() | st.floats(0, 100),
        cache_write=st.none() | st.floats(0, 100),
    ),
)
def test_a_cost_is_never_below_nothing(n: tuple[int, int, int, int], price: Price) -> None:
    """No mixture of fresh and cached tokens has a negative cost."""
    tokens = Tokens(n[0] + n[2] + n[3], n[1], n[2], n[3])
    cost = cost_of({NAME: price}, NAME, tokens)
    assert cost is not None
    assert cost >= 0


def test_prices_that_are_given_stand_in_for_damaged_ones(tmp_path: Path) -> None:
    """The way out that the message names is one."""
    folder = RunFolder(str(tmp_path / "run"))
    lock: Any = SimpleNamespace(study=Study(name="s", models=(ModelSpec(name="openai/x"),)))
    folder.write("prices.json", b"{")
    with pytest.raises(RunError, match="--prices"):
        keep_prices(folder, lock)
    path = tmp_path / "prices.yaml"
    path.write_text("prices:\n  - {models: [openai/x], input: 1, output: 2, date: 2026-01-01}\n")
    kept = keep_prices(folder, lock, read_prices(path))
    assert read_kept(folder) == kept
