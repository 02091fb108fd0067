"""Shards: self-contained portions of a plan that any machine with the package can run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from inspect_ai import eval as inspect_eval
from pydantic import Field

from gyges.records.base import Record
from gyges.records.battery import Battery
from gyges.records.plan import Trial
from gyges.records.scenario import Scenario
from gyges.records.study import ModelSpec, ProbeChoice
from gyges.trials._model import open_model
from gyges.trials._people import STAKEHOLDER
from gyges.trials._progress import (
    Report,
    Tokens,
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
    at_once: int | None = None
    """Trials played at the same time; none: as many as the connections allow."""
    stakeholder: ModelSpec | None = None
    retries: int = 2
    probes: ProbeChoice = "auto"


class ShardEnd(Record):
    """How a shard ended."""

    shard: str
    log: str
    """Where its log is; empty when it could not start."""
    error: str = ""
    """Why the shard as a whole failed; empty when it did not."""
    unseen: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """Model to the input and output tokens of attempts that no ended trial accounts for."""


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
    """Run a shard as one Inspect eval with one log; a failing trial is retried and never stops the others."""
    task = make_task(shard.trials, make_scene, code=code, probes=shard.probes)
    seen: list[TrialEnd] = []
    roles = {STAKEHOLDER: open_model(shard.stakeholder)} if shard.stakeholder else None
    with reporting(report), reporting(seen.append):
        logs = inspect_eval(
            task,
            model=open_model(shard.model, shard),
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
            max_samples=min(shard.at_once or len(shard.trials), shard.max_connections or len(shard.trials)),
        )
        if not logs:
            # Inspect answers an interrupt before its first sample so.
            raise KeyboardInterrupt
        log = logs[0]
        for sample in log.samples or ():
            if sample.error:
                cause = (sample.error.message.splitlines() or ["failed"])[0][:200]
                announce(describe_end(str(sample.id), sample.model_usage, cause=cause))
    error = log.error.message if log.error else ""
    unseen = _find_unseen(count_usage(log.stats.model_usage), seen)
    return ShardEnd(shard=shard.id, log=log.location, error=error, unseen=unseen)


def _find_unseen(used: dict[str, Tokens], seen: Sequence[TrialEnd]) -> dict[str, Tokens]:
    """Find the tokens that went into attempts which failed and were tried again."""
    left = dict(used)
    for end in seen:
        for model, (n_input, n_output) in end.models.items():
            had = left.get(model, (0, 0))
            left[model] = max(0, had[0] - n_input), max(0, had[1] - n_output)
    return {model: tokens for model, tokens in left.items() if any(tokens)}
