"""Takes findings; gives verdicts."""

from gyges.claims._decide import decide
from gyges.claims._registry import find_claims, load_claims

__all__ = ["decide", "find_claims", "load_claims"]
