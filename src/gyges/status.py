"""How a run stands: while it runs, after it, from another machine, and without a word of its own."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from gyges.budget import Purse, read_budget
from gyges.counting import Counts
from gyges.errors import LogError
from gyges.holding import Holder, find_holder, is_gone
from gyges.pricing import read_priced
from gyges.records.progress import Progress, State
from gyges.run_folder import RunFolder, open_run, read_lock
from gyges.running import count_planned, pay_spent
from gyges.tables import read_plan
from gyges.watching import read_progress

STALE_S = 60.0
"""After how long without a sign a run is taken to be dead."""


class Status(Progress):
    """How a run stands, as seen from outside."""

    run: str
    study: str
    age_s: float | None = None
    """Seconds since its last sign; none: it gave none."""
    source: Literal["progress", "logs"]
    """Where the numbers are from: what the run says of itself, or its plan and logs."""


def describe_run(url: str) -> Status:
    """Say how a run stands; nothing is written and nobody is disturbed.

    Raises:
        RunError: It is no run folder, or cannot be read.
    """
    folder = open_run(url)
    progress, holder = read_progress(folder), find_holder(folder)
    if progress is None or (holder is None and progress.state == "running" and not progress.planned):
        return _read_off(folder, holder)
    age = _age(progress.updated)
    # Holding a run gives a sign too, and is all there is of one while it is only coded.
    if holder is not None:
        age = min(age, _age(holder.heartbeat))
    return _describe(folder, progress, source="progress", state=_judge(progress, holder, age), age=age)


def _judge(progress: Progress, holder: Holder | None, age: float) -> State:
    if holder is not None and not is_gone(holder):
        return "running" if age <= STALE_S else "stale"
    if progress.state == "running":
        return "stale"
    return progress.state


def _read_off(folder: RunFolder, holder: Holder | None) -> Status:
    """Read the numbers off plan and logs, where the run says nothing of itself."""
    from gyges.design import trials_of
    from gyges.trials import find_trials, list_logs, read_usage

    lock = read_lock(folder)
    models = {trial.id: trial.model for trial in trials_of(read_plan(folder))}
    finished: set[str] = set()
    failed: dict[str, str] = {}
    for log in list_logs(folder.logs):
        used = read_usage(log)
        failed |= used.failed
        with suppress(LogError):
            finished |= find_trials([log], models).keys()
    counts = Counts()
    counts.plan(count_planned(folder), {name: each for name, each in models.items() if name not in finished})
    study = read_priced(folder, lock)
    counts.purse = Purse(study, None)
    pay_spent(folder, counts.purse)
    counts.purse.budget = read_budget(folder)
    numbers = counts.describe()
    causes = {name: cause for name, cause in failed.items() if name in models and name not in finished}
    n_failed = Counter(models[name] for name in causes)
    rows = tuple(
        each.model_copy(update={"failed": n_failed[each.model], "rate": 0.0, "seconds_left": None})
        for each in numbers["models"]
    )
    is_done = numbers["done"] + n_failed.total() >= numbers["planned"] and folder.exists("results.json")
    age = _age(holder.heartbeat) if holder else None
    state: State = "finished" if is_done else "stopped"
    if holder is not None:
        state = "stale" if is_gone(holder) else "running"
    numbers |= {"models": rows, "failed": len(causes), "causes": dict(Counter(causes.values()))}
    progress = Progress(
        session="",
        state=state,
        host=holder.host if holder else "",
        pid=holder.pid if holder else 0,
        started=holder.started if holder else lock.registered_at,
        updated=holder.heartbeat if holder else "",
        **numbers,
    )
    return _describe(folder, progress, source="logs", state=state, age=age)


def _describe(
    folder: RunFolder,
    progress: Progress,
    *,
    source: Literal["progress", "logs"],
    state: State,
    age: float | None,
) -> Status:
    found = progress.model_dump()
    if state != "running":
        idle = {"rate": 0.0, "seconds_left": None}
        found |= idle | {"models": [each | idle for each in found["models"]]}
    return Status.model_validate(
        found
        | {
            "run": folder.url,
            "study": read_lock(folder).study.name,
            "state": state,
            "age_s": None if age is None or age == float("inf") else round(age, 1),
            "source": source,
        }
    )


def _age(moment: str) -> float:
    try:
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    except (ValueError, TypeError):
        return float("inf")
