"""Tokens as Inspect counts them, in and out."""

from __future__ import annotations

from collections.abc import Mapping

from inspect_ai.model import ModelUsage


def count_usage(usage: Mapping[str, ModelUsage]) -> dict[str, tuple[int, int]]:
    """Give each model's input tokens, cached or not, and its output tokens."""
    return {name: (_count_input(use), use.output_tokens) for name, use in usage.items()}


def _count_input(usage: ModelUsage) -> int:
    return usage.input_tokens + (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
