"""Takes codes; gives estimates: rates, scenario verdicts, factor effects, trade-offs, every claim's estimand.

`prepare_codes` reads the columns the analysis needs once, compactly; `estimate_all` and `measure_claims`
take either its table or the codes as they are. `measure_trade_offs` reads the trials of batteries, which
enter nothing else. `fit_bayes` samples the hierarchical model beside the estimates, if NumPyro is there.
`measure_codes` reads what judges coded; `correct_rates` corrects it by people's labels.
Rows are counted before anything is estimated, so results do not depend on their order.
"""

from gyges.analysis._bayes import fit_bayes
from gyges.analysis._code_rates import measure_codes
from gyges.analysis._correction import ArmCounts, correct_rates, find_limits, subtract
from gyges.analysis._estimates import estimate_all
from gyges.analysis._findings import measure_claims
from gyges.analysis._hierarchy import Sampling, check_sampler
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import measure_trade_offs

__all__ = [
    "ArmCounts",
    "KnownFacts",
    "Sampling",
    "check_sampler",
    "correct_rates",
    "estimate_all",
    "find_limits",
    "fit_bayes",
    "measure_claims",
    "measure_codes",
    "measure_trade_offs",
    "prepare_codes",
    "subtract",
]
