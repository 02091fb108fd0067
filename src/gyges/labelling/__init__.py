"""Takes codes, questions and conversations; gives labels: what people answer.

`make_pools` and `draw_tasks` say what is asked, `plan_width` how much of it a wanted interval needs.
A `Sitting` asks it, `serve` puts it on a page of this machine, and a `Journal` keeps every answer.
`read_csv` and `write_csv` take labels in and hand them on, `tabulate_labels` makes `labels.parquet`.
"""

from gyges.labelling._csv import read_csv, write_csv
from gyges.labelling._draw import (
    Pool,
    Task,
    draw_tasks,
    make_pools,
    order_tasks,
    share_over_arms,
)
from gyges.labelling._journal import Journal, read_labels
from gyges.labelling._ledger import Ledger, find_consensus, list_answers, tabulate_labels
from gyges.labelling._server import serve
from gyges.labelling._sitting import Sitting, check_name
from gyges.labelling._width import Need, count_needed, plan_width

__all__ = [
    "Journal",
    "Ledger",
    "Need",
    "Pool",
    "Sitting",
    "Task",
    "check_name",
    "count_needed",
    "draw_tasks",
    "find_consensus",
    "list_answers",
    "make_pools",
    "order_tasks",
    "plan_width",
    "read_csv",
    "read_labels",
    "serve",
    "share_over_arms",
    "tabulate_labels",
    "write_csv",
]
