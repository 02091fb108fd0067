"""Takes estimates and verdicts; gives a page, a note and a JSON document.

`make_results` writes down everything found, as `results.json`. `write_page` and `write_note` need nothing but
that document, the registered claims and the excerpts that `pick_excerpts` takes from the codes table.
"""

from gyges.report._excerpts import Excerpt, pick_excerpts
from gyges.report._note import write_note
from gyges.report._page import write_page
from gyges.report._results import make_results

__all__ = ["Excerpt", "make_results", "pick_excerpts", "write_note", "write_page"]
