"""Takes findings; gives verdicts."""

from gyges.claims._agreement import find_disagreement
from gyges.claims._decide import decide
from gyges.claims._registry import find_claims, load_claims

__all__ = ["decide", "find_claims", "find_disagreement", "load_claims"]
