"""Takes transcripts; gives codes: what was done, by rules, and how it was reasoned, by judges.

`code_transcript` codes one trial by the rules, `tabulate_codes` lays codes out as the table `codes.parquet`.
The trials stage is handed `code_transcript` and runs it as an Inspect scorer too.
`load_codebook` reads the questions, `ask_judges` puts trials to models, as Inspect Scout scans, and
`gather_answers` lays out what all coders answered; `measure_judges` says how far they agree, and
`take_majority` and `fit_posterior` make one answer of several judges'. Judges never replace what the rules
found: both stand.
`show_probes` writes out what was asked when a trial was over, `write_validation_set` hands labels to Scout.
What needs Inspect or Scout is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gyges.coding._codebook import list_values, load_codebook, load_item
from gyges.coding._probes import show_probes
from gyges.coding._questions import Case, Questions, make_case, make_questions
from gyges.coding._rules import code_transcript
from gyges.coding._table import SCHEMA, lay_out_codes, merge_codes, tabulate_codes
from gyges.coding._validation import write_validation_set

if TYPE_CHECKING:
    from gyges.coding._answers import (
        ANSWERS_SCHEMA,
        CODES,
        add_judged,
        count_judges,
        find_consensus,
        list_disagreements,
    )
    from gyges.coding._judge import Judge
    from gyges.coding._judging import Panel, Tally, ask_judges, find_missing_cases, gather_answers
    from gyges.coding._judgment import Judgment
    from gyges.coding._kept import read_scans
    from gyges.coding._measuring import measure_judges
    from gyges.coding._scan import recover_scans
    from gyges.coding._votes import fit_posterior, take_majority

_LATER = {
    "ANSWERS_SCHEMA": "_answers",
    "CODES": "_answers",
    "add_judged": "_answers",
    "count_judges": "_answers",
    "find_consensus": "_answers",
    "list_disagreements": "_answers",
    "Judge": "_judge",
    "Judgment": "_judgment",
    "Panel": "_judging",
    "Tally": "_judging",
    "ask_judges": "_judging",
    "find_missing_cases": "_judging",
    "gather_answers": "_judging",
    "read_scans": "_kept",
    "recover_scans": "_scan",
    "measure_judges": "_measuring",
    "fit_posterior": "_votes",
    "take_majority": "_votes",
}

__all__ = [
    "ANSWERS_SCHEMA",
    "CODES",
    "SCHEMA",
    "Case",
    "Judge",
    "Judgment",
    "Panel",
    "Questions",
    "Tally",
    "add_judged",
    "ask_judges",
    "code_transcript",
    "count_judges",
    "find_consensus",
    "find_missing_cases",
    "fit_posterior",
    "gather_answers",
    "lay_out_codes",
    "list_disagreements",
    "list_values",
    "load_codebook",
    "load_item",
    "make_case",
    "make_questions",
    "measure_judges",
    "merge_codes",
    "read_scans",
    "recover_scans",
    "show_probes",
    "tabulate_codes",
    "take_majority",
    "write_validation_set",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"gyges.coding.{_LATER[name]}"), name)
    raise AttributeError(f"module 'gyges.coding' has no attribute '{name}'")
