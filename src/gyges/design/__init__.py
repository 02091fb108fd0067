"""Takes a study and scenarios; gives a plan, and says what the plan can show."""

from gyges.design._aliases import Aliased, Checked
from gyges.design._contrasts import Contrast
from gyges.design._costs import ModelCost, TokenEstimate
from gyges.design._plan import COLUMNS, make_plan
from gyges.design._power import Assumptions, detectable_effect, trials_needed
from gyges.design._studies import find_studies, find_study_file, load_study
from gyges.design._summary import PlanSummary, describe_plan
from gyges.design._testable import ClaimOutlook
from gyges.design._trials import plan_from_table, plan_from_trials, trial_at, trials_of
from gyges.design._weights import default_weights

__all__ = [
    "COLUMNS",
    "Aliased",
    "Assumptions",
    "Checked",
    "ClaimOutlook",
    "Contrast",
    "ModelCost",
    "PlanSummary",
    "TokenEstimate",
    "default_weights",
    "describe_plan",
    "detectable_effect",
    "find_studies",
    "find_study_file",
    "load_study",
    "make_plan",
    "plan_from_table",
    "plan_from_trials",
    "trial_at",
    "trials_needed",
    "trials_of",
]
