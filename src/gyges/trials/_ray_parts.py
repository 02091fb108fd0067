"""What runs on the machines of a Ray cluster: shards, and the few actors that serve them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple

from gyges.records.study import Rate
from gyges.trials._executor import Work
from gyges.trials._model import keeping_models
from gyges.trials._progress import Heard
from gyges.trials._shards import Shard, ShardEnd
from gyges.trials._throttle import Buckets, Turn, throttling

_GRACE_S: Final = 10.0

_under_way: list[str] = []
"""The shard that this process plays, which can be interrupted."""


class Errand(NamedTuple):
    """A shard, with all that a machine needs to play it."""

    work: Work
    shard: Shard
    mailbox: Any
    """Where word of its trials goes."""
    keeper: Any
    """Who keeps the limits of its models; none: they have none."""
    rates: dict[str, Rate]


class Node(NamedTuple):
    """What a machine of the cluster has."""

    gyges: str
    inspect: str
    python: str
    sees: bool
    """Whether it sees the run folder."""


def describe_node(probe: str) -> Node:
    """Describe this machine, and say whether it sees a file; none is asked for where the name is empty."""
    return Node(
        version("gyges"),
        version("inspect-ai"),
        ".".join(map(str, sys.version_info[:2])),
        not probe or Path(probe).exists(),
    )


class Mailbox:
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


class KeptBuckets(Buckets):
    """The limits of the whole cluster, in an actor of that name."""

    def __init__(self) -> None:
        # Ray hands an actor's constructor what it is given, and a clock cannot be sent.
        super().__init__()


class FarBuckets:
    """The same, asked from a worker."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def ask(self, model: str, rate: Rate, guess: float) -> Turn:
        """Take what an attempt needs, or say when to ask again."""
        import ray

        return Turn(*ray.get(self._actor.ask.remote(model, rate, guess)))

    def count(self, model: str, turn: Turn, guess: float, used: int | None) -> None:
        """Settle what an attempt has used; nobody waits for it."""
        self._actor.count.remote(model, turn, guess, used)


class Host:
    """A model that is opened once on a machine, and the shards that it plays one after the other."""

    def __init__(self) -> None:
        # Ray stops no shard of an actor, so this one has to hear of it by itself.
        signal.signal(signal.SIGUSR1, _interrupt)

    def get_pid(self) -> int:
        """Give the number of its process."""
        return os.getpid()

    def play(self, errand: Errand) -> dict[str, Any]:
        """Play a shard."""
        with keeping_models():
            return play(errand)


def interrupt_host(pid: int) -> None:
    """Interrupt what a host on this machine plays."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGUSR1)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
    # In a running event loop this is the loop's own handler, which lets Inspect finish its log.
    handler = signal.getsignal(signal.SIGINT)
    if _under_way and callable(handler):
        handler(signal.SIGINT, frame)


def play(errand: Errand) -> dict[str, Any]:
    """Play a shard on whatever machine this is; its trials are told before its end."""
    import ray

    # Inspect closes its log when it is interrupted only where Python's own handler is in place.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    told: list[Any] = []

    def tell(word: Heard) -> None:
        told[:] = [errand.mailbox.put.remote(word)]

    keeper = FarBuckets(errand.keeper) if errand.keeper is not None else None
    with throttling(keeper, errand.rates):
        end = _play_safely(errand, tell)
    # Calls of one process arrive in order, so with the last one all have arrived.
    with suppress(Exception):
        ray.get(told, timeout=_GRACE_S)
    return end.model_dump()


def _play_safely(errand: Errand, tell: Any) -> ShardEnd:
    shard = errand.shard
    try:
        _under_way.append(shard.id)
        return errand.work(shard, tell)
    except KeyboardInterrupt:
        return ShardEnd(shard=shard.id, log="", error="it was stopped")
    # What cannot be played ends its shard alone, and must be sent back as plain values.
    except Exception as problem:  # noqa: BLE001
        cause: Sequence[str] = str(problem).splitlines() or [type(problem).__name__]
        return ShardEnd(shard=shard.id, log="", error=cause[0][:200])
    finally:
        _under_way.clear()
