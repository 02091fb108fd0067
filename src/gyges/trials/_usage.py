"""Tokens as providers bill them, from what Inspect counts."""

from __future__ import annotations

from collections.abc import Mapping

from inspect_ai.model import ModelUsage

from gyges.records.tokens import Tokens, bill_tokens


def count_usage(usage: Mapping[str, ModelUsage]) -> dict[str, Tokens]:
    """Give each model's tokens, in and out."""
    return {name: count_tokens(use) for name, use in usage.items()}


def count_tokens(usage: ModelUsage) -> Tokens:
    """Give the tokens of one model."""
    return bill_tokens(
        usage.input_tokens,
        usage.output_tokens,
        read=usage.input_tokens_cache_read,
        written=usage.input_tokens_cache_write,
        reasoning=usage.reasoning_tokens,
        total=usage.total_tokens,
    )
