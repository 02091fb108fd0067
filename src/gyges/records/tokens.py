"""Tokens that models took and gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Tokens(NamedTuple):
    """Tokens of one model, as its provider bills them."""

    input: int = 0
    """All tokens in, cached or not."""
    output: int = 0
    """All tokens out, those of reasoning among them."""
    cache_read: int = 0
    """Of those in, how many the provider had in its cache."""
    cache_write: int = 0
    """Of those in, how many the provider wrote to its cache."""

    @property
    def total(self) -> int:
        """Tokens in and out, each counted once."""
        return self.input + self.output


Usage = Mapping[str, Tokens]
"""Model, by its Inspect name, to its tokens."""


def add_tokens(one: Tokens, other: Tokens) -> Tokens:
    """Add up tokens of the same model."""
    return Tokens(*(a + b for a, b in zip(one, other, strict=True)))


def subtract_tokens(one: Tokens, other: Tokens) -> Tokens:
    """Take tokens away; what would be below nothing is nothing."""
    return Tokens(*(max(0, a - b) for a, b in zip(one, other, strict=True)))


def add_usage(several: Iterable[Usage]) -> dict[str, Tokens]:
    """Add up the tokens of each model."""
    found: dict[str, Tokens] = {}
    for usage in several:
        for model, tokens in usage.items():
            found[model] = add_tokens(found.get(model, Tokens()), Tokens(*tokens))
    return found


def count_all(usage: Usage) -> int:
    """Count the tokens of all models, in and out."""
    return sum(Tokens(*tokens).total for tokens in usage.values())


def bill_tokens(
    n_input: int, n_output: int, *, read: int | None, written: int | None, reasoning: int | None, total: int
) -> Tokens:
    """Count tokens as a provider bills them, from what Inspect counts.

    Inspect leaves cached tokens out of those in, and here they are put back. Reasoning is billed as output,
    and most providers count it there; where the total shows that one counts it apart, it is added.
    """
    every = n_input + (read or 0) + (written or 0)
    apart = max(0, total - every - n_output)
    return Tokens(every, n_output + min(reasoning or 0, apart), read or 0, written or 0)
