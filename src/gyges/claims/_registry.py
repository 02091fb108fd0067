"""The registry of claims."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gyges.errors import ClaimError, unknown_name
from gyges.records.claim import Claim
from gyges.records.reading import read_record

REGISTRY = Path(__file__).parent / "registry.yaml"


class _Registry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    claims: tuple[Claim, ...]


@lru_cache(maxsize=1)
def load_claims() -> tuple[Claim, ...]:
    """Read every registered claim, in the registry's order."""
    return read_record(REGISTRY, _Registry, error=ClaimError).claims


def find_claims(names: Iterable[str]) -> tuple[Claim, ...]:
    """Give the claims of these ids, each once and in the registry's order; `all` means every one.

    Raises:
        ClaimError: An id is not registered; the nearest one is named.
    """
    claims = load_claims()
    asked = set(names)
    if "all" in asked:
        return claims
    known = [claim.id for claim in claims]
    for name in sorted(asked):
        if name not in known:
            raise ClaimError(unknown_name("claim", name, known))
    return tuple(claim for claim in claims if claim.id in asked)
