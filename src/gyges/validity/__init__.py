"""Takes a plan, scenarios and agents whose truth is known; gives how often verdicts on them are the truth.

`lay_out` works a plan out once; `simulate` draws an agent's study from its exact probabilities instead of
transcripts (the fast path), and `find_truth` says what is true of it, claim by claim. `score` holds verdicts
against that, `tabulate` counts them. `certify` does it all for one study's own plan, with agents that have no
effect and agents that have twice what would matter.
"""

from gyges.validity._certificate import Subject, certify
from gyges.validity._known import Known, Source, Truth, expectation, know
from gyges.validity._layout import Layout, expect, find_probabilities, lay_out, show
from gyges.validity._pipeline import measure, reach_verdicts
from gyges.validity._profiles import draw_profiles
from gyges.validity._scoring import SimulatedStudy, classify, count_false, is_strong, score, share, tabulate
from gyges.validity._simulate import LOST, code_acts, simulate, simulate_rates
from gyges.validity._stated import Stated, expect_stated, make_effects, make_null, state_rates
from gyges.validity._truth import count_needed, find_truth, has_truth

__all__ = [
    "LOST",
    "Known",
    "Layout",
    "SimulatedStudy",
    "Source",
    "Stated",
    "Subject",
    "Truth",
    "certify",
    "classify",
    "code_acts",
    "count_false",
    "count_needed",
    "draw_profiles",
    "expect",
    "expect_stated",
    "expectation",
    "find_probabilities",
    "find_truth",
    "has_truth",
    "is_strong",
    "know",
    "lay_out",
    "make_effects",
    "make_null",
    "measure",
    "reach_verdicts",
    "score",
    "share",
    "show",
    "simulate",
    "simulate_rates",
    "state_rates",
    "tabulate",
]
