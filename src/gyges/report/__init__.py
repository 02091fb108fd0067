"""Takes estimates and verdicts; gives a page, a note and a JSON document.

`make_results` writes down everything found, as `results.json`, with the passages that `pick_excerpts` and the
counts that `count_endings` take from the codes table. `write_page` and `write_note` need nothing but that
document and the registered claims; `list_warnings` and `warn_of_failures` say what to know first.
"""

from gyges.report._again import count_protocols, list_fragile
from gyges.report._endings import Endings, count_endings
from gyges.report._excerpts import Excerpt, pick_excerpts
from gyges.report._models import lay_out_contrast
from gyges.report._note import write_note
from gyges.report._page import write_page
from gyges.report._results import make_results
from gyges.report._warnings import list_warnings, warn_of_failures

__all__ = [
    "Endings",
    "Excerpt",
    "count_endings",
    "count_protocols",
    "lay_out_contrast",
    "list_fragile",
    "list_warnings",
    "make_results",
    "pick_excerpts",
    "warn_of_failures",
    "write_note",
    "write_page",
]
