"""Takes transcripts; gives codes: what was done, by rules that anybody can check.

`code_transcript` codes one trial, `tabulate_codes` lays codes out as the table `codes.parquet`.
The trials stage is handed `code_transcript` and runs it as an Inspect scorer too.
Judges and people will add codes beside the rules'.
"""

from gyges.coding._codebook import load_codebook
from gyges.coding._rules import code_transcript
from gyges.coding._table import SCHEMA, tabulate_codes
from gyges.coding._validation import write_validation_set

__all__ = ["SCHEMA", "code_transcript", "load_codebook", "tabulate_codes", "write_validation_set"]
