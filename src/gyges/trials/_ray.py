"""Shards on a Ray cluster: the same shards, the same work, on as many machines as there are.

Ray places shards, starts those of a lost machine or process again elsewhere, and guards its own doors by a
token; nothing of that is turned off here. A shard that ran twice leaves two logs, and codes keep one row a
trial. Ray itself is imported when a cluster is opened.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from gyges.errors import RunError
from gyges.records.study import ModelSpec
from gyges.trials._executor import Word, Work
from gyges.trials._progress import Heard, Note, Notice, TrialEnd
from gyges.trials._ray_hosts import Hosts, count_room
from gyges.trials._ray_nodes import LOCAL, NAMESPACE, check_nodes, connect, list_nodes, place_on
from gyges.trials._ray_parts import Errand, KeptBuckets, Mailbox, play
from gyges.trials._shards import Shard, ShardEnd
from gyges.trials._throttle import find_rates

LOSSES: Final = 8
"""Times a shard is begun again after its machine or process was lost."""

_AHEAD: Final = 2
"""Shards handed to Ray for each that can run; more would only fill its store."""

_POLL_S: Final = 0.2
_GRACE_S: Final = 10.0

_Waiting = dict[str, deque[Shard]]
"""Model, as JSON, to its shards that Ray has not been given."""


class RayCluster:
    """An executor that hands shards to Ray."""

    def __init__(self, address: str, n_workers: int, logs: str) -> None:
        """Connect to a cluster.

        Args:
            address: `local`, `auto` or `host:port`.
            n_workers: CPUs of a local cluster.
            logs: The folder of the logs; every machine must be able to write it.

        Raises:
            RunError: Ray is not installed, the cluster does not answer, or a machine of it will not do.
        """
        self._ray = connect(address, n_workers)
        self._logs = logs if "://" in logs else str(Path(logs).absolute())
        self._is_local = address == LOCAL
        self._running: dict[Any, Shard] = {}
        self._losses: Counter[str] = Counter()
        self._told: set[str] = set()
        self._complained: set[str] = set()
        self._keeper: Any = None
        self._hosts = Hosts(self._ray)
        try:
            check_nodes(self._ray, self._logs)
            here = place_on(self._ray.get_runtime_context().get_node_id())
            # Where it is lost, it begins again empty; what it held is in the logs.
            stays = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1}
            self._mailbox = self._ray.remote(Mailbox).options(**stays, **here).remote()
        except BaseException:
            self._ray.shutdown()
            raise

    @property
    def n_workers(self) -> int:
        """Shards that can run at once, one a CPU."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def run(self, shards: Iterable[Shard], work: Work) -> Iterator[Word]:
        """Run the shards, giving word of each trial and each shard that ends, in the order they do.

        It may be called again when it came to its end.

        Raises:
            RunError: No machine has what a model with `server: node` asks for, or the cluster is lost.
        """
        waiting: _Waiting = {}
        for shard in shards:
            waiting.setdefault(_name(shard), deque()).append(shard)
        for queue in waiting.values():
            self._refuse_homeless(queue[0].model)
        try:
            while any(waiting.values()) or self._running:
                yield from self._begin(waiting, work)
                yield from self._hear(waiting)
        finally:
            self._stop()

    def _refuse_homeless(self, spec: ModelSpec) -> None:
        if spec.server and not self._hosts.count_seats(spec):
            raise RunError(_say_homeless(spec))

    def _begin(self, waiting: _Waiting, work: Work) -> Iterator[Word]:
        """Hand to Ray as many shards of each model as there is room for, and few more."""
        under_way = Counter(map(_name, self._running.values()))
        nodes = list_nodes(self._ray).values()
        for model, queue in waiting.items():
            if not queue:
                continue
            spec = queue[0].model
            room = sum(count_room(found, spec.resources) for found in nodes)
            if not room and not spec.server:
                # One asks all the same: a cluster that grows when it is asked grows by that.
                yield from self._complain(spec)
            most = _AHEAD * (self._hosts.count_seats(spec) if spec.server else max(room, 1))
            while queue and under_way[model] < max(most, 1):
                shard = queue.popleft()
                sent = self._submit(shard, work)
                if sent is None:
                    yield ShardEnd(shard=shard.id, log="", error=_say_homeless(spec))
                    continue
                self._running[sent] = shard
                under_way[model] += 1

    def _complain(self, spec: ModelSpec) -> Iterator[Notice]:
        if spec.name not in self._complained:
            self._complained.add(spec.name)
            yield Notice(model=spec.name, text=f"{_say_homeless(spec)} Its shards wait for one.")

    def _submit(self, shard: Shard, work: Work) -> Any:
        """Hand a shard to Ray; none: no machine can hold its model."""
        shard = shard.model_copy(update={"log_dir": self._logs})
        rates = find_rates((shard.model, shard.stakeholder))
        errand = Errand(work, shard, self._mailbox, self._find_keeper() if rates else None, rates)
        if shard.model.server:
            return self._hosts.play(errand)
        task = self._ray.remote(play)
        return task.options(
            num_cpus=shard.model.resources.num_cpus,
            num_gpus=shard.model.resources.num_gpus,
            max_retries=LOSSES,
            retry_exceptions=False,
            name=f"gyges:{shard.id}",
        ).remote(errand)

    def _find_keeper(self) -> Any:
        """Find the cluster's keeper of limits, or begin it; it stays, as other runs may ask it too."""
        if self._keeper is None:
            kept = self._ray.remote(KeptBuckets)
            self._keeper = kept.options(
                name=f"limits-{version('gyges')}",
                namespace=NAMESPACE,
                get_if_exists=True,
                lifetime="detached",
                num_cpus=0,
                max_restarts=-1,
                max_task_retries=-1,
            ).remote()
        return self._keeper

    def _hear(self, waiting: _Waiting) -> Iterator[Word]:
        if not self._running:
            return
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=_POLL_S)
        yield from map(self._count_once, self._take())
        for each in done:
            shard = self._running.pop(each)
            end = self._find_end(each, shard)
            if end is None:
                waiting[_name(shard)].appendleft(shard)
            else:
                yield end
        left = {model for model, queue in waiting.items() if queue}
        self._hosts.leave(left, left | set(map(_name, self._running.values())))

    def _take(self) -> list[Heard]:
        try:
            return list(self._ray.get(self._mailbox.take.remote()))
        except self._ray.exceptions.RayError as problem:
            cause = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:150]
            raise RunError(
                f"the Ray cluster was lost ({cause}); carry the run on with gyges resume."
            ) from None

    def _count_once(self, word: Heard) -> Heard:
        """Turn the end of a trial that ended before, of a shard that began again, into word of its tokens."""
        if not isinstance(word, TrialEnd):
            return word
        if word.trial in self._told:
            return Note(kind="attempt", trial=word.trial, cause="its shard began again", models=word.models)
        self._told.add(word.trial)
        return word

    def _find_end(self, sent: Any, shard: Shard) -> ShardEnd | None:
        """Find how a shard ended; none: it was lost with its host, and can begin again."""
        lost = self._ray.exceptions.RayActorError
        try:
            end = ShardEnd.model_validate(self._ray.get(sent))
        # Whatever ends a shard must not end the run: its trials count as not run, and can be resumed.
        except Exception as problem:  # noqa: BLE001
            is_lost = isinstance(problem, lost)
            self._hosts.note_end(sent, is_lost=is_lost)
            self._losses[shard.id] += is_lost
            if is_lost and self._losses[shard.id] <= LOSSES:
                return None
            return ShardEnd(shard=shard.id, log="", error=self._say_loss(problem))
        self._hosts.note_end(sent, is_lost=False)
        return end

    def _say_loss(self, problem: Exception) -> str:
        known = self._ray.exceptions
        if isinstance(problem, known.RayActorError | known.WorkerCrashedError | known.NodeDiedError):
            return f"its machine or process was lost {LOSSES + 1} times"
        lines = str(getattr(problem, "cause", None) or problem).strip().splitlines()
        return lines[-1][:200] if lines else type(problem).__name__

    def cancel(self) -> None:
        """Start no more shards, end those that run, and leave the cluster; one begun here ends too."""
        if self._ray.is_initialized():
            self._stop()
            self._ray.shutdown()

    def _stop(self) -> None:
        """End what is under way; Inspect closes its logs where it is given the time."""
        if not self._running:
            return
        for each in self._running:
            with suppress(Exception):
                self._ray.cancel(each, force=False)
        self._hosts.interrupt()
        deadline = time.monotonic() + _GRACE_S
        left = list(self._running)
        while left and time.monotonic() < deadline:
            _, left = self._ray.wait(left, num_returns=len(left), timeout=_POLL_S)
        for each in left:
            with suppress(Exception):
                self._ray.cancel(each, force=True)
        self._hosts.forget()
        self._running.clear()


def _name(shard: Shard) -> str:
    return shard.model.model_dump_json()


def _say_homeless(spec: ModelSpec) -> str:
    asked = spec.resources
    return (
        f"model '{spec.name}': no machine of the cluster has the {asked.num_cpus:g} CPUs and"
        f" {asked.num_gpus:g} GPUs that its resources ask for."
    )
