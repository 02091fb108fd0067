"""Takes claims, and trials planned or coded; gives the sides of each comparison and whether they are enough.

Design asks it of a plan's trials and analysis of coded ones, so that `gyges plan` promises what
`gyges analyze` keeps.
"""

from gyges.estimands._alternatives import (
    ALTERNATIVES,
    AWARE,
    COMPETENCE,
    DOES,
    PAIR,
    SAYS,
    keep_conflict,
    list_items,
    mark_aware,
    mark_misread,
    name_code,
    tally_twins,
)
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
    "ALTERNATIVES",
    "AWARE",
    "COMPETENCE",
    "DOES",
    "LABEL",
    "LAST_RESORT",
    "MARK_BASE",
    "MIN_ARM",
    "MIN_SCENARIOS",
    "OFF_BASE",
    "OPEN_TACTICS",
    "PAIR",
    "SAYS",
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
    "difference_of",
    "find_carriers",
    "find_facts",
    "find_silent",
    "gather_labels",
    "keep_conflict",
    "labels_needed",
    "list_items",
    "make_comparison",
    "mark_aware",
    "mark_misread",
    "mark_off_base",
    "mask_of",
    "name_code",
    "pick",
    "pick_levels",
    "rank_sources",
    "settle_labels",
    "tally",
    "tally_claim",
    "tally_levels",
    "tally_twins",
    "usable",
    "value_of",
]
