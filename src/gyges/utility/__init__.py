"""Takes the acts open in a cell; gives the features that the policy's weights are multiplied with.

The reference agents choose by these features, and the analysis fits the same ones to any model's choices, so
that revealed weights and a profile's are the same quantities. `Opening` gives the acts open in a cell,
`fit_logit` the weights that make choices likeliest, and `find_worth` puts weights on one scale.
"""

from gyges.utility._logit import (
    RIDGE,
    Choices,
    LogitFit,
    find_identified,
    find_losses,
    find_scatter,
    find_shares,
    fit_logit,
)
from gyges.utility._opening import STAKES, Opening, holds, list_shifts, open_sides, shift_act
from gyges.utility._stakes import CONTEXT, THINGS, find_worth, weigh_thing
from gyges.utility._terms import TERMS, Cell, CellFeatures, measure_features

__all__ = [
    "CONTEXT",
    "RIDGE",
    "STAKES",
    "TERMS",
    "THINGS",
    "Cell",
    "CellFeatures",
    "Choices",
    "LogitFit",
    "Opening",
    "find_identified",
    "find_losses",
    "find_scatter",
    "find_shares",
    "find_worth",
    "fit_logit",
    "holds",
    "list_shifts",
    "measure_features",
    "open_sides",
    "shift_act",
    "weigh_thing",
]
