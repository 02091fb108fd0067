"""Takes codes; gives estimates: rates, scenario verdicts, factor effects, trade-offs, every claim's estimand.

`check_codes` refuses what is no codes table; `prepare_codes` reads the columns the analysis needs once,
compactly; `estimate_all` and `measure_claims` take either its table or the codes as they are.
`measure_trade_offs` reads the trials of batteries, which enter nothing else but claims about trade-offs;
`reveal_values` fits what models trade for what to their choices. `measure_tactics` gives the worths of the
ladder's tactics, `measure_thresholds` the surfaces over the conditions the note names. `fit_bayes` samples
the hierarchical model beside the estimates, if NumPyro is there. `measure_failures` says where trials failed,
and whether evenly. `measure_codes` reads what judges coded; `correct_rates` corrects it by people's labels.
Rows are counted before anything is estimated, so results do not depend on their order.
"""

from gyges.analysis._alternatives import measure_alternatives
from gyges.analysis._bayes import fit_bayes
from gyges.analysis._code_rates import measure_codes
from gyges.analysis._correction import ArmCounts, correct_rates, find_limits, subtract
from gyges.analysis._estimates import estimate_all, estimate_scenarios
from gyges.analysis._expectations import ASSISTED, expect_outcomes
from gyges.analysis._failures import measure_failures
from gyges.analysis._findings import measure_claims
from gyges.analysis._hierarchy import Sampling, check_sampler
from gyges.analysis._intervals import wilson
from gyges.analysis._labels import add_labels
from gyges.analysis._ladder import measure_tactics
from gyges.analysis._models import contrast_models
from gyges.analysis._reasons import measure_reasons
from gyges.analysis._table import KnownFacts, check_codes, prepare_codes
from gyges.analysis._thresholds import measure_thresholds
from gyges.analysis._trade_offs import measure_trade_offs
from gyges.analysis._values import Revealed, reveal_values
from gyges.analysis._variations import Variation, list_variations

__all__ = [
    "ASSISTED",
    "ArmCounts",
    "KnownFacts",
    "Revealed",
    "Sampling",
    "Variation",
    "add_labels",
    "check_codes",
    "check_sampler",
    "contrast_models",
    "correct_rates",
    "estimate_all",
    "estimate_scenarios",
    "expect_outcomes",
    "find_limits",
    "fit_bayes",
    "list_variations",
    "measure_alternatives",
    "measure_claims",
    "measure_codes",
    "measure_failures",
    "measure_reasons",
    "measure_tactics",
    "measure_thresholds",
    "measure_trade_offs",
    "prepare_codes",
    "reveal_values",
    "subtract",
    "wilson",
]
