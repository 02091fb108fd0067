"""Takes transcripts; gives codes: what was done, by rules that anybody can check.

`code_transcript` codes one trial, `show_probes` writes out what was asked when it was over,
`tabulate_codes` lays codes out as the table `codes.parquet`.
The trials stage is handed `code_transcript` and runs it as an Inspect scorer too.
Judges and people will add codes beside the rules'.
"""

from gyges.coding._probes import show_probes
from gyges.coding._rules import code_transcript
from gyges.coding._table import SCHEMA, tabulate_codes

__all__ = ["SCHEMA", "code_transcript", "show_probes", "tabulate_codes"]
