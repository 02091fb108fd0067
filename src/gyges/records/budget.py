"""The budget of a run: US dollars or tokens that it may not pass."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from gyges.errors import InputError
from gyges.records.base import Record

_MOST_USD = 1e12
_MOST_TOKENS = 10**15

_NUMBER = r"(?P<number>\d[\d_]*(?:\.\d+)?)"
_USD = re.compile(rf"(?:\$\s*{_NUMBER}|{_NUMBER.replace('number', 'other')}\s*(?:usd)?)", re.IGNORECASE)
_TOKENS = re.compile(rf"{_NUMBER}\s*(?P<times>[kmg]?)\s*(?:tok|tokens?)", re.IGNORECASE)
_TIMES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


class Budget(Record):
    """What a run may spend; exactly one of the two."""

    usd: Annotated[float, Field(ge=0, le=_MOST_USD, allow_inf_nan=False)] | None = None
    tokens: Annotated[int, Field(ge=0, le=_MOST_TOKENS)] | None = None
    """All tokens in and out, cached or not."""

    @model_validator(mode="after")
    def _is_one(self) -> Budget:
        if (self.usd is None) == (self.tokens is None):
            raise ValueError("expected either 'usd' or 'tokens'")
        return self

    @property
    def amount(self) -> float:
        """How many dollars or tokens."""
        return float(self.tokens or 0) if self.usd is None else self.usd


def parse_budget(text: str) -> Budget:
    """Read a budget as a person writes it: `5`, `5USD` or `$5`; `2000000tokens` or `2Mtok`.

    Raises:
        InputError: It is neither.
    """
    given = text.strip()
    tokens, usd = _TOKENS.fullmatch(given), _USD.fullmatch(given)
    amount: float | None = None
    if tokens:
        amount = float(tokens["number"].replace("_", "")) * _TIMES[tokens["times"].lower()]
        if amount <= _MOST_TOKENS:
            return Budget(tokens=int(amount))
    elif usd:
        amount = float((usd["number"] or usd["other"]).replace("_", ""))
        if amount <= _MOST_USD:
            return Budget(usd=amount)
    problem = "is more than there is" if amount is not None else "is no budget"
    raise InputError(
        f"--budget: '{given[:40]}' {problem}; expected US dollars, like 5, 5USD or $5, or tokens, like"
        " 2000000tokens or 2Mtok."
    )


def as_budget(budget: Budget | float | None) -> Budget | None:
    """Take a bare number for US dollars."""
    return Budget(usd=float(budget)) if isinstance(budget, int | float) else budget


def say_amount(budget: Budget, amount: float) -> str:
    """Say a number of the budget's kind, without its unit."""
    return f"{amount:,.0f}" if budget.usd is None else f"{amount:.2f}"


def say_unit(budget: Budget) -> str:
    """Say what the budget counts."""
    return "tokens" if budget.usd is None else "US dollars"
