"""Takes transcripts; gives codes: what was done, by rules that anybody can check.

`code_transcript` codes one trial, `tabulate_codes` lays codes out as the table `codes.parquet`.
The trials stage is handed `code_transcript` and runs it as an Inspect scorer too.
Judges and people will add codes beside the rules'; `measure_judges` says how far all of them agree.
`take_majority` and `fit_posterior` make one answer of several judges'.
"""

from gyges.coding._judging import measure_judges
from gyges.coding._rules import code_transcript
from gyges.coding._table import SCHEMA, tabulate_codes
from gyges.coding._votes import fit_posterior, take_majority

__all__ = ["SCHEMA", "code_transcript", "fit_posterior", "measure_judges", "tabulate_codes", "take_majority"]
