"""Shards on a Ray cluster: the same shards, the same work, on as many machines as there are.

Ray places shards, starts those of a lost node or process again elsewhere, and guards its own doors by the
token it makes; nothing of that is turned off here. A shard that ran twice leaves two logs, and codes keep one
row a trial. Ray itself is imported when a cluster is opened.
"""

from __future__ import annotations

import logging
import secrets
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from gyges.errors import RunError
from gyges.records.study import Rate
from gyges.trials._executor import Word, Work
from gyges.trials._model import keeping_models
from gyges.trials._progress import Heard
from gyges.trials._shards import Shard, ShardEnd
from gyges.trials._throttle import Buckets, find_rates, throttling

LOCAL: Final = "local"
"""The address of a cluster that is begun on this machine and ended with the run."""

_LOSSES: Final = 8
"""Times a shard is begun again after its node or process was lost."""

_AHEAD: Final = 2
"""Shards handed to Ray for each that can run; more would only fill its store."""

_POLL_S: Final = 0.2
_GRACE_S: Final = 10.0
_NAMESPACE: Final = "gyges"


class Node(NamedTuple):
    """What a machine of the cluster has."""

    gyges: str
    inspect: str
    python: str
    sees: bool
    """Whether it sees the run folder."""


class RayCluster:
    """An executor that hands shards to Ray."""

    def __init__(self, address: str, n_workers: int, logs: str) -> None:
        """Connect to a cluster.

        Args:
            address: `local`, or what `ray.init` takes: `auto`, `host:port`, `ray://host:port`.
            n_workers: CPUs of a local cluster.
            logs: The folder of the logs; every machine must be able to write it.

        Raises:
            RunError: Ray is not installed, the cluster does not answer, or a machine of it will not do.
        """
        self._ray = _connect(address, n_workers)
        self._is_local = address == LOCAL
        self._running: dict[Any, Shard] = {}
        self._hosts: dict[tuple[str, str], list[Any]] = {}
        try:
            self._check_nodes(logs)
            here = self._ray.get_runtime_context().get_node_id()
            self._mailbox = self._on(here, _Mailbox)
            self._keeper: Any = None
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
        """
        waiting = iter(shards)
        is_more = True
        try:
            while is_more or self._running:
                while is_more and len(self._running) < _AHEAD * self.n_workers:
                    shard = next(waiting, None)
                    is_more = shard is not None
                    if shard is not None:
                        self._running[self._submit(shard, work)] = shard
                yield from self._hear()
        finally:
            self._stop()

    def _hear(self) -> Iterator[Word]:
        if not self._running:
            return
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=_POLL_S)
        yield from self._take()
        for each in done:
            shard = self._running.pop(each)
            yield self._end_of(each, shard)

    def _take(self) -> list[Heard]:
        return list(self._ray.get(self._mailbox.take.remote()))

    def _end_of(self, reference: Any, shard: Shard) -> ShardEnd:
        try:
            return ShardEnd.model_validate(self._ray.get(reference))
        # Whatever ends a shard must not end the run: its trials count as not run, and can be resumed.
        except Exception as problem:  # noqa: BLE001
            lines = str(getattr(problem, "cause", None) or problem).strip().splitlines()
            cause = lines[-1][:200] if lines else type(problem).__name__
            return ShardEnd(shard=shard.id, log="", error=cause)

    def _submit(self, shard: Shard, work: Work) -> Any:
        rates = find_rates((shard.model, shard.stakeholder))
        keeper = self._find_keeper() if rates else None
        arguments = (work, shard, self._mailbox, keeper, rates)
        if shard.model.server == "node":
            return self._pick_host(shard).play.remote(*arguments)
        task = self._ray.remote(_play)
        return task.options(
            num_cpus=shard.model.resources.num_cpus,
            num_gpus=shard.model.resources.num_gpus,
            max_retries=_LOSSES,
            retry_exceptions=False,
            name=f"gyges:{shard.id}",
        ).remote(*arguments)

    def _find_keeper(self) -> Any:
        """Find the cluster's keeper of limits, or begin it."""
        if self._keeper is None:
            kept = self._ray.remote(_KeptBuckets)
            self._keeper = kept.options(
                name="rates", namespace=_NAMESPACE, get_if_exists=True, num_cpus=0, max_restarts=-1
            ).remote()
        return self._keeper

    def _pick_host(self, shard: Shard) -> Any:
        """Find the node with the fewest shards of a model that is served once a node."""
        spec = shard.model
        for node in self._list_nodes():
            key = (node, spec.model_dump_json())
            if key not in self._hosts and self._has_room(node, spec.resources):
                options = {"max_restarts": _LOSSES, "max_task_retries": _LOSSES}
                self._hosts[key] = [self._on(node, _Host, **options, **spec.resources.model_dump()), 0]
        mine = [each for key, each in self._hosts.items() if key[1] == spec.model_dump_json()]
        if not mine:
            raise RunError(f"model '{spec.name}': no machine of the cluster has the resources it asks for.")
        fewest = min(mine, key=lambda each: each[1])
        fewest[1] += 1
        return fewest[0]

    def _has_room(self, node: str, resources: Any) -> bool:
        found = next(each["Resources"] for each in self._ray.nodes() if each["NodeID"] == node)
        return bool(found.get("CPU", 0) >= resources.num_cpus and found.get("GPU", 0) >= resources.num_gpus)

    def _list_nodes(self) -> list[str]:
        return [each["NodeID"] for each in self._ray.nodes() if each["Alive"]]

    def _on(self, node: str, kind: type, **options: Any) -> Any:
        """Begin an actor on a node."""
        return self._ray.remote(kind).options(**({"num_cpus": 0} | options), **self._at(node)).remote()

    def _at(self, node: str) -> dict[str, Any]:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}

    def _check_nodes(self, logs: str) -> None:
        """Make sure that every machine has this version, and sees the run folder."""
        probe = _leave_probe(logs)
        try:
            nodes = self._list_nodes()
            task = self._ray.remote(_describe)
            asked = [task.options(num_cpus=0, **self._at(node)).remote(probe) for node in nodes]
            found = [Node(*each) for each in self._ray.get(asked, timeout=120)]
        except self._ray.exceptions.GetTimeoutError:
            raise RunError("a machine of the Ray cluster does not answer within two minutes.") from None
        except self._ray.exceptions.RayError as problem:
            cause = (str(problem).strip().splitlines() or ["unknown"])[-1]
            raise RunError(
                f"a machine of the Ray cluster cannot run Gyges ({cause[:150]}); install it there too."
            ) from None
        finally:
            if probe:
                Path(probe).unlink(missing_ok=True)
        mine = describe_node("")
        for each in found:
            if each[:3] != mine[:3]:
                raise RunError(
                    f"a machine of the Ray cluster has Gyges {each.gyges}, Inspect {each.inspect} and Python"
                    f" {each.python}; this one has {mine.gyges}, {mine.inspect} and {mine.python}."
                )
            if not each.sees:
                raise RunError(
                    f"{logs}: not every machine of the Ray cluster sees this folder; name a shared one or a"
                    " URL, such as s3://…, with --out."
                )

    def cancel(self) -> None:
        """Start no more shards, end those that run, and leave the cluster; one begun here ends too."""
        if self._ray.is_initialized():
            self._stop()
            self._ray.shutdown()

    def _stop(self) -> None:
        for each in self._running:
            with suppress(Exception):
                self._ray.cancel(each, force=False)
        deadline = time.monotonic() + _GRACE_S
        left = list(self._running)
        while left and time.monotonic() < deadline:
            _, left = self._ray.wait(left, num_returns=len(left), timeout=_POLL_S)
        for each in left:
            with suppress(Exception):
                self._ray.cancel(each, force=True)
        self._running.clear()


def _connect(address: str, n_workers: int) -> Any:
    if find_spec("ray") is None:
        raise RunError("--ray needs Ray, which is not installed: pip install 'gyges[ray]'.")
    import ray

    if ray.is_initialized():
        raise RunError("--ray: this process is connected to a Ray cluster already.")
    _knock(address)
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": _NAMESPACE}
    try:
        if address == LOCAL:
            ray.init(num_cpus=n_workers, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    # Ray raises whatever its layers raise; whichever it is, there is no cluster.
    except Exception as problem:  # noqa: BLE001
        lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
        cause = (lines or [type(problem).__name__])[0][:200].rstrip(".")
        raise RunError(f"--ray {address}: no cluster can be reached ({cause}).") from None
    return ray


def _knock(address: str) -> None:
    """Make sure that somebody listens at an address; Ray itself would wait for minutes."""
    if address in {LOCAL, "auto"}:
        return
    place = urlsplit(address if "://" in address else f"//{address}")
    try:
        host, port = place.hostname, place.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise RunError(f"--ray {address}: expected host:port, ray://host:port, auto or local.")
    try:
        socket.create_connection((host, port), timeout=_GRACE_S).close()
    except OSError as problem:
        raise RunError(
            f"--ray {address}: no cluster can be reached ({problem.strerror or problem})."
        ) from None


def _leave_probe(logs: str) -> str:
    """Leave a file that other machines should see; empty: the folder is a URL, which all can reach."""
    if "://" in logs:
        return ""
    folder = Path(logs)
    # Nothing is left of a folder that is not there yet.
    while not folder.is_dir():
        folder = folder.parent
    probe = folder / f".{secrets.token_hex(8)}.probe"
    probe.touch()
    return str(probe.absolute())


def describe_node(probe: str) -> Node:
    """Describe this machine, and say whether it sees a file."""
    return Node(
        version("gyges"),
        version("inspect-ai"),
        ".".join(map(str, sys.version_info[:2])),
        not probe or Path(probe).exists(),
    )


def _describe(probe: str) -> tuple[Any, ...]:
    return tuple(describe_node(probe))


class _Mailbox:
    """Word of trials on its way to the driver."""

    def __init__(self) -> None:
        self._words: list[Heard] = []

    def put(self, word: Heard) -> None:
        """Keep a word."""
        self._words.append(word)

    def take(self) -> list[Heard]:
        """Give all words that were put since."""
        words, self._words = self._words, []
        return words


class _KeptBuckets:
    """The limits of the whole cluster."""

    def __init__(self) -> None:
        self._buckets = Buckets()

    def ask(self, model: str, rate: Rate) -> float:
        """Take a request, or give the seconds to wait."""
        return self._buckets.ask(model, rate)

    def count(self, model: str, rate: Rate, tokens: int) -> None:
        """Take tokens."""
        self._buckets.count(model, rate, tokens)


class _FarBuckets:
    """The same, asked from a worker."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def ask(self, model: str, rate: Rate) -> float:
        """Take a request, or give the seconds to wait."""
        import ray

        return float(ray.get(self._actor.ask.remote(model, rate)))

    def count(self, model: str, rate: Rate, tokens: int) -> None:
        """Take tokens."""
        self._actor.count.remote(model, rate, tokens)


class _Host:
    """A model that is opened once on a node, and the shards that it plays one after the other."""

    def play(
        self, work: Work, shard: Shard, mailbox: Any, keeper: Any, rates: dict[str, Rate]
    ) -> dict[str, Any]:
        """Play a shard."""
        with keeping_models():
            return _play(work, shard, mailbox, keeper, rates)


def _play(work: Work, shard: Shard, mailbox: Any, keeper: Any, rates: dict[str, Rate]) -> dict[str, Any]:
    """Play a shard on whatever machine this is; its trials are told before its end."""
    import ray

    told: list[Any] = []

    def tell(word: Heard) -> None:
        told[:] = [mailbox.put.remote(word)]

    with throttling(_FarBuckets(keeper) if keeper is not None else None, rates):
        try:
            end = work(shard, tell)
        except KeyboardInterrupt:
            return ShardEnd(shard=shard.id, log="", error="it was stopped").model_dump()
        # What cannot be played ends its shard alone, and must be sent back as plain values.
        except Exception as problem:  # noqa: BLE001
            cause: Sequence[str] = str(problem).splitlines() or [type(problem).__name__]
            return ShardEnd(shard=shard.id, log="", error=cause[0][:200]).model_dump()
    # Calls of one process arrive in order, so with the last one all have arrived.
    with suppress(Exception):
        ray.get(told, timeout=_GRACE_S)
    return end.model_dump()
