"""Takes the acts open in a cell; gives the features that the policy's weights are multiplied with.

The reference agents choose by these features, and the analysis fits the same ones to any model's choices, so
that revealed weights and a profile's are the same quantities.
"""

from gyges.utility._terms import TERMS, Cell, CellFeatures, measure_features

__all__ = ["TERMS", "Cell", "CellFeatures", "measure_features"]
