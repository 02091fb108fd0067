"""Outcomes that judges code: `code:ITEM=ANSWER`, true of a trial to which they gave that answer.

`code:ITEM` alone means `yes`. A trial without the judges' answer has no value, so it counts as missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import polars as pl

from gyges.records.claim import Claim
from gyges.records.codebook import YES

CODE: Final = "code:"
"""How an outcome begins that judges code."""


class Code(NamedTuple):
    """An answer to a question of the codebook."""

    item: str
    answer: str

    @property
    def name(self) -> str:
        """`ITEM=ANSWER`."""
        return f"{self.item}={self.answer}"

    @property
    def column(self) -> str:
        """Column of the judges' consensus."""
        return name_code(self.item)

    @property
    def label(self) -> str:
        """Column of what people say."""
        return name_label(self.item)

    @property
    def cell(self) -> str:
        """Column of the arm in which labels were drawn."""
        return name_cell(self.item)


def name_cell(item: str) -> str:
    """Name the column of the arm in which an item's labels were drawn."""
    return "cell_" + item.replace("-", "_")


def name_code(item: str) -> str:
    """Name the column of an item's consensus."""
    return "code_" + item.replace("-", "_")


def name_label(item: str) -> str:
    """Name the column of an item's labels."""
    return "label_" + item.replace("-", "_")


def read_code(outcome: str) -> Code | None:
    """Read an outcome that judges code; none: the rules do."""
    if not outcome.startswith(CODE):
        return None
    item, _, answer = outcome.removeprefix(CODE).partition("=")
    return Code(item, answer or YES)


def codes_of(claim: Claim) -> tuple[Code, ...]:
    """List the codes by judges that decide a claim, its outcome's first."""
    found = [read_code(outcome) for outcome in (claim.outcome, claim.outcome_b)]
    return tuple(dict.fromkeys(code for code in found if code))


def items_of(claim: Claim) -> tuple[str, ...]:
    """List the questions whose answers by judges decide a claim; empty: the rules decide it."""
    return tuple(dict.fromkeys(code.item for code in codes_of(claim)))


def fill_codes(frame: pl.DataFrame, claims: Iterable[Claim]) -> pl.DataFrame:
    """Add the columns of codes and labels that claims name and the table lacks, without any value."""
    codes = [code for claim in claims for code in (*codes_of(claim), read_code(claim.beside)) if code]
    wanted = dict.fromkeys(name for code in codes for name in (code.column, code.label, code.cell))
    lacking = [name for name in wanted if name not in frame.columns]
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)


def blank_outcomes(frame: pl.DataFrame, claim: Claim) -> pl.DataFrame:
    """Take away what no plan can know: what a claim's trials were coded as, and whether they count at all.

    What is left says how many trials there are for a claim, whatever comes out.
    """
    names = [name for code in codes_of(claim) for name in (code.column, code.label, code.cell)]
    blank = [pl.lit(None, pl.String).alias(name) for name in names]
    given = [pl.lit(None, pl.Boolean).alias(claim.given)] if claim.given else []
    return frame.with_columns(*blank, *given)
