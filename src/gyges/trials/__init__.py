"""Takes a plan's trials and their scenes; gives Inspect logs, and transcripts read from them.

`make_task` makes an Inspect task, `run_shard` runs one shard of a plan, an `Executor` runs many,
`read_transcripts` reads a log, `read_conversation` one trial of it for a person.
Rendering and coding belong to other stages; the pipeline hands them in.
"""

from gyges.trials._conversation import Whereabouts, find_trials, read_conversation
from gyges.trials._desk import Desk, desk_in_use
from gyges.trials._executor import (
    Executor,
    LocalProcesses,
    ThisProcess,
    Word,
    Work,
    beginning_deaf,
    leave_with_parent,
)
from gyges.trials._model import find_model, open_model
from gyges.trials._probes import PROBES, ask_probes
from gyges.trials._progress import Note, Notice, Report, TrialEnd, announce, reporting
from gyges.trials._prompts import brief_trial
from gyges.trials._ray import RayCluster
from gyges.trials._ray_nodes import LOCAL, check_address
from gyges.trials._read import (
    BARE_MODEL,
    LogUsage,
    find_finished,
    is_readable,
    list_logs,
    read_model,
    read_transcripts,
    read_usage,
    tokens_of,
)
from gyges.trials._recover import Recovered, recover_log
from gyges.trials._scorer import acts_scorer
from gyges.trials._shards import Shard, ShardEnd, make_shards, run_shard
from gyges.trials._task import SceneMaker, make_task, play_trial
from gyges.trials._throttle import Buckets, find_rates, throttling
from gyges.trials._tokens import estimate_tokens
from gyges.trials._tools import make_tools

__all__ = [
    "BARE_MODEL",
    "LOCAL",
    "PROBES",
    "Buckets",
    "Desk",
    "Executor",
    "LocalProcesses",
    "LogUsage",
    "Note",
    "Notice",
    "RayCluster",
    "Recovered",
    "Report",
    "SceneMaker",
    "Shard",
    "ShardEnd",
    "ThisProcess",
    "TrialEnd",
    "Whereabouts",
    "Word",
    "Work",
    "acts_scorer",
    "announce",
    "ask_probes",
    "beginning_deaf",
    "brief_trial",
    "check_address",
    "desk_in_use",
    "estimate_tokens",
    "find_finished",
    "find_model",
    "find_rates",
    "find_trials",
    "is_readable",
    "leave_with_parent",
    "list_logs",
    "make_shards",
    "make_task",
    "make_tools",
    "open_model",
    "play_trial",
    "read_conversation",
    "read_model",
    "read_transcripts",
    "read_usage",
    "recover_log",
    "reporting",
    "run_shard",
    "throttling",
    "tokens_of",
]
