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
from gyges.estimands._interactions import Joint, list_joints, pick_joint, tally_joint
from gyges.estimands._labels import LABEL, LabelsNeeded, gather_labels, labels_needed, settle_labels
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
    "Joint",
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
    "difference_of",
    "find_carriers",
    "find_facts",
    "find_silent",
    "gather_labels",
    "labels_needed",
    "list_joints",
    "make_comparison",
    "mark_off_base",
    "mask_of",
    "pick",
    "pick_joint",
    "pick_levels",
    "rank_sources",
    "settle_labels",
    "tally",
    "tally_claim",
    "tally_joint",
    "tally_levels",
    "usable",
    "value_of",
]
