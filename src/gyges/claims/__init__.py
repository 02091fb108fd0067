"""Takes findings; gives verdicts."""

from gyges.claims._again import Again, Rules, weigh_alternatives
from gyges.claims._agreement import find_disagreement
from gyges.claims._decide import decide
from gyges.claims._judging import settle_controls
from gyges.claims._registry import find_claims, load_claims

__all__ = [
    "Again",
    "Rules",
    "decide",
    "find_claims",
    "find_disagreement",
    "load_claims",
    "settle_controls",
    "weigh_alternatives",
]
