"""What tokens cost: the study's prices, a person's table, and the shipped list prices.

A price is looked up by the model's Inspect name: first in the table a person gives, then in the study, then
among the list prices in `prices.yaml`. What a run was priced with stands in its folder, in `prices.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gyges.errors import RunError
from gyges.records.base import Record
from gyges.records.reading import read_record
from gyges.records.study import ModelSpec, Price, Study
from gyges.records.tokens import Tokens, Usage
from gyges.run_folder import Lock, RunFolder

REFERENCE = "gyges/"
"""Models whose name begins so are simulated, and free."""

_WRITE_FACTOR = 1.25
"""What writing to a provider's cache costs where no price is given, as a multiple of any token in."""

_SHIPPED = Path(__file__).with_name("prices.yaml")
_NAME = "prices.json"

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Origin = Literal["given", "study", "list"]
"""Where a price is from: a person's table, the study, or the shipped list prices."""


def _check_date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a date like 2025-11-24") from None
    return text


class PriceRow(Price):
    """One price, and the models it is for."""

    models: tuple[Pattern, ...] = Field(min_length=1)
    """Inspect model names; `*` stands for anything, `?` for one character."""
    date: Annotated[str, AfterValidator(_check_date)] | None = None
    """When it was the price; none: not said."""
    origin: Origin = "given"


class PriceTable(Record):
    """Prices by model."""

    prices: tuple[PriceRow, ...]


def read_prices(path: str | Path) -> PriceTable:
    """Read a person's table of prices.

    Raises:
        InputError: The file cannot be read, or does not say what a table of prices must.
    """
    return _come_from(read_record(Path(path), PriceTable), "given")


@cache
def list_prices() -> PriceTable:
    """Give the shipped list prices."""
    return _come_from(read_record(_SHIPPED, PriceTable), "list")


def _come_from(table: PriceTable, origin: Origin) -> PriceTable:
    return PriceTable(prices=tuple(row.model_copy(update={"origin": origin}) for row in table.prices))


def find_price(table: PriceTable, model: str) -> PriceRow | None:
    """Find a model's price: its own name, else the longest pattern that fits; of two, the first."""
    fitting = [
        (len(pattern.replace("*", "")), "*" not in pattern and "?" not in pattern, row)
        for row in table.prices
        for pattern in row.models
        if fnmatchcase(model, pattern)
    ]
    return max(fitting, key=lambda each: (each[1], each[0]))[2] if fitting else None


def settle_prices(study: Study, given: PriceTable | None, kept: PriceTable | None = None) -> PriceTable:
    """Find the price of every model a study calls; a model without one has no row.

    Args:
        study: The study.
        given: A person's table; it goes before everything else.
        kept: What the run was priced with before; it goes before the study's and the list prices.
    """
    rows = []
    for name, specs in _group(study).items():
        found = _find_row(name, specs, [each for each in (given, kept) if each])
        if found:
            rows.append(found)
    return PriceTable(prices=tuple(rows))


def _find_row(name: str, specs: list[ModelSpec], tables: list[PriceTable]) -> PriceRow | None:
    for table in tables:
        row = find_price(table, name)
        if row:
            return row.model_copy(update={"models": (name,)})
    own = [spec.price for spec in specs if spec.price]
    if own:
        # A log tells models apart by name alone; of two prices under one name the dearer counts.
        dearest = max(own, key=lambda each: (each.output, each.input))
        return PriceRow(models=(name,), origin="study", **dearest.model_dump())
    row = find_price(list_prices(), name)
    return row.model_copy(update={"models": (name,)}) if row else None


def _group(study: Study) -> dict[str, list[ModelSpec]]:
    found: dict[str, list[ModelSpec]] = {}
    stakeholder = (study.stakeholder,) if study.stakeholder else ()
    for spec in (*study.models, *stakeholder, *study.judges):
        if not spec.name.startswith(REFERENCE):
            found.setdefault(spec.name, []).append(spec)
    return found


def price_study(study: Study, table: PriceTable) -> Study:
    """Give a study with each model's price as a table has it."""

    def price(spec: ModelSpec) -> ModelSpec:
        row = find_price(table, spec.name)
        if row is None:
            return spec
        return spec.model_copy(update={"price": Price.model_validate(row.model_dump(include=_FIELDS))})

    return study.model_copy(
        update={
            "models": tuple(map(price, study.models)),
            "judges": tuple(map(price, study.judges)),
            "stakeholder": price(study.stakeholder) if study.stakeholder else None,
        }
    )


_FIELDS = set(Price.model_fields)


def keep_prices(folder: RunFolder, lock: Lock, given: PriceTable | None = None) -> PriceTable:
    """Settle what a run is priced with, and keep that in its folder; a table that is given goes first.

    Raises:
        RunError: The folder cannot be written, or what it keeps is damaged.
    """
    kept = recall_prices(folder, given)
    table = settle_prices(lock.study, given, kept)
    if table != kept and (table.prices or kept):
        content = {"prices": [row.model_dump(mode="json", exclude_none=True) for row in table.prices]}
        folder.write(_NAME, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    return table


def read_priced(folder: RunFolder, lock: Lock) -> Study:
    """Give the study as run, with the prices the run was priced with.

    Raises:
        RunError: The prices it keeps are damaged.
    """
    return price_study(lock.study, settle_prices(lock.study, None, read_kept(folder)))


def recall_prices(folder: RunFolder, given: PriceTable | None) -> PriceTable | None:
    """Read what a run was priced with; what is given now stands in for what can no longer be read.

    Raises:
        RunError: It is damaged, and nothing is given.
    """
    try:
        return read_kept(folder)
    except RunError:
        if given is None:
            raise
        return None


def read_kept(folder: RunFolder) -> PriceTable | None:
    """Read what a run was priced with; none: it says nothing.

    Raises:
        RunError: It is damaged.
    """
    if not folder.exists(_NAME):
        return None
    try:
        return PriceTable.model_validate_json(folder.read(_NAME))
    except ValueError:
        raise RunError(f"{folder.at(_NAME)}: is damaged; give the prices again with --prices.") from None


def prices_of(study: Study) -> dict[str, Price | None]:
    """Give the price of every model a study calls, people and judges among them."""
    groups = _group(study).items()
    return {name: next((spec.price for spec in specs if spec.price), None) for name, specs in groups}


def cost_of(prices: Mapping[str, Price | None], model: str, tokens: Tokens) -> float | None:
    """Price a model's tokens in US dollars; none: its price is not known. What is simulated is free."""
    if model.startswith(REFERENCE):
        return 0.0
    price = prices.get(model)
    if price is None:
        return None
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input * _WRITE_FACTOR if price.cache_write is None else price.cache_write
    fresh = tokens.input - tokens.cache_read - tokens.cache_write
    paid = fresh * price.input + tokens.cache_read * read + tokens.cache_write * write
    return (paid + tokens.output * price.output) / 1e6


def cost_of_all(prices: Mapping[str, Price | None], usage: Usage) -> float | None:
    """Price the tokens of several models in US dollars; none: a price is not known."""
    costs = [cost_of(prices, model, Tokens(*tokens)) for model, tokens in usage.items()]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def say_list_prices(table: PriceTable) -> str:
    """Say which models have a shipped list price, and of when; empty: none has."""
    listed = [f"{row.models[0]} ({row.date})" for row in table.prices if row.origin == "list"]
    return ", ".join(listed)
