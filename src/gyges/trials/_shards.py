"""Shards: self-contained portions of a plan that any machine with the package can run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log_sample_summaries
from inspect_ai.model import Model
from pydantic import Field

import gyges.trials._hooks  # noqa: F401 - Inspect hears of hooks by their import
from gyges.reaching import bear_failures
from gyges.records.base import Record
from gyges.records.battery import Battery
from gyges.records.plan import Trial
from gyges.records.scenario import Scenario
from gyges.records.study import ModelSpec, ProbeChoice, name_model
from gyges.records.tokens import Tokens, subtract_tokens
from gyges.trials._breaker import watching
from gyges.trials._causes import read_message
from gyges.trials._model import open_model
from gyges.trials._people import STAKEHOLDER
from gyges.trials._progress import (
    Heard,
    Note,
    Report,
    TrialEnd,
    announce,
    describe_end,
    reporting,
)
from gyges.trials._scorer import Coder
from gyges.trials._task import SceneMaker, make_task
from gyges.trials._usage import count_usage


class Shard(Record):
    """Some trials of one model with all that is needed to run them anywhere."""

    id: str
    trials: tuple[Trial, ...]
    scenarios: dict[str, Scenario | Battery]
    """Scenarios and batteries of these trials, by id."""
    model: ModelSpec
    log_dir: str
    """Local path or fsspec URL."""
    temperature: float | None = None
    max_connections: int | None = None
    stakeholder: ModelSpec | None = None
    retries: int = 2
    probes: ProbeChoice = "auto"
    session: str = ""
    """Which carrying out of the run it belongs to; a model given up in one has a new chance in the next."""


class ShardEnd(Record):
    """How a shard ended."""

    shard: str
    log: str
    """Where its log is; empty when it could not start."""
    error: str = ""
    """Why the shard as a whole failed; empty when it did not."""
    unseen: dict[str, Tokens] = Field(default_factory=dict)
    """Model to the tokens of which no word came: no ended trial or failed attempt accounts for them."""


def make_shards(
    trials: Iterable[Trial], models: dict[str, ModelSpec], *, size: int, make: Callable[..., Shard]
) -> Iterator[Shard]:
    """Cut trials into shards of one model each, in the plan's order.

    Args:
        trials: Trials to run.
        models: Model name to its specification.
        size: Trials a shard; it must not depend on the number of workers, so that logs do not either.
        make: Builds a shard from `id`, `trials` and `model`.
    """
    for model, group in groupby(trials, key=lambda trial: trial.model):
        while part := tuple(islice(group, size)):
            yield make(id=part[0].id, trials=part, model=models[model])


def run_shard(shard: Shard, make_scene: SceneMaker, *, code: Coder, report: Report) -> ShardEnd:
    """Run a shard as one Inspect eval with one log; a failing trial is retried and never stops the others.

    A shard whose model was given up in this process is not begun.
    """
    # On another machine nothing may have opened the storage before Inspect does.
    bear_failures(shard.log_dir)
    model = open_model(shard.model, shard)
    people = open_model(shard.stakeholder) if shard.stakeholder else None
    patience = {str(model): shard.model.patience}
    if people and shard.stakeholder:
        patience |= {str(people): shard.stakeholder.patience}
    with reporting(report), watching(patience, shard.session) as given_up:
        if given_up:
            return ShardEnd(shard=shard.id, log="", error=given_up)
        task = make_task(shard.trials, make_scene, code=code, probes=shard.probes)
        return _evaluate(shard, task, model=model, roles={STAKEHOLDER: people} if people else None)


def _evaluate(shard: Shard, task: Task, *, model: Model, roles: dict[str, str | Model] | None) -> ShardEnd:
    seen: list[Heard] = []
    with reporting(seen.append):
        announce(Note(kind="begin", trial=shard.id, model=name_model(shard.model)))
        logs = inspect_eval(
            task,
            model=model,
            model_roles=roles,
            log_dir=shard.log_dir,
            tags=[f"shard:{shard.id}"],
            metadata={"gyges_shard": shard.id},
            display="none",
            log_level="error",
            fail_on_error=False,
            retry_on_error=shard.retries,
            log_realtime=False,
            log_model_api=False,
            score_display=False,
            ctl_server=False,
            max_samples=_count_at_once(shard),
        )
        if not logs:
            # Inspect answers an interrupt before its first sample so.
            raise KeyboardInterrupt
        log = logs[0]
        # From the summaries: asking the log for its samples would read all of them back.
        for sample in read_eval_log_sample_summaries(log.location):
            if sample.error:
                cause = (read_message(sample.error).splitlines() or ["failed"])[0][:200]
                announce(describe_end(str(sample.id), sample.model_usage, cause=cause))
    error = log.error.message if log.error else ""
    ends = [each for each in seen if isinstance(each, TrialEnd | Note)]
    unseen = _find_unseen(count_usage(log.stats.model_usage), ends)
    return ShardEnd(shard=shard.id, log=log.location, error=error, unseen=unseen)


def _count_at_once(shard: Shard) -> int:
    """Count the trials under way at once: twice the connections, so that none idles."""
    n = len(shard.trials)
    return min(n, 2 * shard.max_connections) if shard.max_connections else n


def _find_unseen(used: dict[str, Tokens], seen: Sequence[TrialEnd | Note]) -> dict[str, Tokens]:
    """Find the tokens that went into what nobody was told of, such as an attempt that was cut off."""
    left = dict(used)
    for word in seen:
        for model, tokens in word.models.items():
            left[model] = subtract_tokens(left.get(model, Tokens()), tokens)
    return {model: tokens for model, tokens in left.items() if any(tokens)}
