"""Takes claims, and trials planned or coded; gives the sides of each comparison and whether they are enough.

Design asks it of a plan's trials and analysis of coded ones, so that `gyges plan` promises what
`gyges analyze` keeps.
"""

from gyges.estimands._base import MARK_BASE, choose_protocol
from gyges.estimands._codes import (
    CODE,
    Code,
    blank_outcomes,
    codes_of,
    fill_codes,
    items_of,
    name_code,
    name_label,
    read_code,
)
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
    "CODE",
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
    "Code",
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
    "blank_outcomes",
    "choose_protocol",
    "codes_of",
    "count_side",
    "difference_of",
    "fill_codes",
    "find_carriers",
    "find_facts",
    "find_silent",
    "gather_labels",
    "items_of",
    "labels_needed",
    "make_comparison",
    "mark_off_base",
    "mask_of",
    "name_code",
    "name_label",
    "pick",
    "pick_levels",
    "rank_sources",
    "read_code",
    "settle_labels",
    "tally",
    "tally_claim",
    "tally_levels",
    "usable",
    "value_of",
]
