"""Takes claims, and trials planned or coded; gives the sides of each comparison and whether they are enough.

Design asks it of a plan's trials and analysis of coded ones, so that `gyges plan` promises what
`gyges analyze` keeps.
"""

from gyges.estimands._base import MARK_BASE, choose_protocol
from gyges.estimands._comparisons import Comparison, Lack, Picked, find_silent, pick, tally_claim
from gyges.estimands._counts import (
    LAST_RESORT,
    MIN_ARM,
    SEVERITY,
    SOURCES,
    Arm,
    Sides,
    Source,
    Tally,
    Unit,
    Units,
    Value,
    count_side,
    difference_of,
    rank_sources,
    tally,
    usable,
    value_of,
)
from gyges.estimands._facts import Facts, find_carriers, find_facts
from gyges.estimands._label_cells import DRAWN_BY, list_readable, name_cells, pick_rated, pool_cells
from gyges.estimands._labels import LABEL, count_unclear, gather_labels, settle_labels
from gyges.estimands._labels_needed import (
    LabelsNeeded,
    expect_shares,
    expect_width,
    find_fewest,
    labels_needed,
)
from gyges.estimands._levels import pick_levels, tally_levels
from gyges.estimands._needs import WAITS
from gyges.estimands._sides import make_comparison
from gyges.estimands._trials import (
    MIN_SCENARIOS,
    OFF_BASE,
    OPEN_TACTICS,
    TRIAL_COLUMNS,
    mark_off_base,
    mask_of,
)

__all__ = [
    "DRAWN_BY",
    "LABEL",
    "LAST_RESORT",
    "MARK_BASE",
    "MIN_ARM",
    "MIN_SCENARIOS",
    "OFF_BASE",
    "OPEN_TACTICS",
    "SEVERITY",
    "SOURCES",
    "TRIAL_COLUMNS",
    "WAITS",
    "Arm",
    "Comparison",
    "Facts",
    "LabelsNeeded",
    "Lack",
    "Picked",
    "Sides",
    "Source",
    "Tally",
    "Unit",
    "Units",
    "Value",
    "choose_protocol",
    "count_side",
    "count_unclear",
    "difference_of",
    "expect_shares",
    "expect_width",
    "find_carriers",
    "find_facts",
    "find_fewest",
    "find_silent",
    "gather_labels",
    "labels_needed",
    "list_readable",
    "make_comparison",
    "mark_off_base",
    "mask_of",
    "name_cells",
    "pick",
    "pick_levels",
    "pick_rated",
    "pool_cells",
    "rank_sources",
    "settle_labels",
    "tally",
    "tally_claim",
    "tally_levels",
    "usable",
    "value_of",
]
