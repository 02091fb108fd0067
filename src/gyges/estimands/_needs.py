"""What a claim that is not decided yet waits for, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WAITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "judges": "a decision from codes by judges",
        "values": "the model's revealed values",
        "tactics": "the analysis of tactics",
        "lotteries": "the decision by trade-off trials",
    }
)
