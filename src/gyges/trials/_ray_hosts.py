"""Models that are opened once on each machine of a Ray cluster (`server: node`)."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any, NamedTuple

from gyges.records.study import ModelSpec, Resources
from gyges.trials._ray_nodes import list_nodes, place_on
from gyges.trials._ray_parts import Errand, Host, interrupt_host


class _Seat(NamedTuple):
    """A model on a machine."""

    model: str
    node: str


class Hosts:
    """The actors that hold such models: one a model and machine, begun when a shard needs it."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._actors: dict[_Seat, Any] = {}
        self._pids: dict[_Seat, Any] = {}
        self._playing: dict[Any, _Seat] = {}
        """What was sent, and where."""

    def count_seats(self, spec: ModelSpec) -> int:
        """Count the machines that can hold a model."""
        return sum(has_room(found, spec.resources) for found in list_nodes(self._ray).values())

    def play(self, errand: Errand) -> Any:
        """Send a shard to the machine with the fewest of its model; none: no machine can hold it."""
        spec = errand.shard.model
        model = spec.model_dump_json()
        nodes = list_nodes(self._ray)
        seats = [_Seat(model, node) for node, found in nodes.items() if has_room(found, spec.resources)]
        if not seats:
            return None
        busy = [*self._playing.values()]
        seat = min(seats, key=lambda each: (busy.count(each), each not in self._actors, each.node))
        sent = self._begin(seat, spec.resources).play.remote(errand)
        self._playing[sent] = seat
        return sent

    def _begin(self, seat: _Seat, resources: Resources) -> Any:
        if seat not in self._actors:
            options = {**resources.model_dump(), **place_on(seat.node)}
            self._actors[seat] = self._ray.remote(Host).options(**options).remote()
            self._pids[seat] = self._actors[seat].get_pid.remote()
        return self._actors[seat]

    def note_end(self, sent: Any, *, is_lost: bool) -> None:
        """Note that a shard ended; a host that was lost is begun again when a shard needs it."""
        seat = self._playing.pop(sent, None)
        if seat and is_lost:
            self._end(seat)

    def leave(self, waiting: Collection[str], others: Collection[str]) -> None:
        """End hosts that play nothing and of whose model nothing waits, where others may need their place.

        Args:
            waiting: The models, as JSON, of which shards wait.
            others: The models of which shards wait or are under way.
        """
        for seat in [each for each in self._actors if each not in self._playing.values()]:
            if seat.model not in waiting and any(each != seat.model for each in others):
                self._end(seat)

    def interrupt(self) -> None:
        """Interrupt all that is played; logs are closed."""
        task = self._ray.remote(interrupt_host)
        for seat in {*self._playing.values()}:
            begun, _ = self._ray.wait([self._pids[seat]], timeout=0)
            # One that has not begun holds nothing to close, and ends with the run.
            with suppress(Exception):
                if begun:
                    task.options(num_cpus=0, max_retries=0, **place_on(seat.node)).remote(begun[0])
                else:
                    self._end(seat)

    def forget(self) -> None:
        """End all hosts that still play what nobody waits for any more."""
        for seat in {*self._playing.values()}:
            self._end(seat)
        self._playing.clear()

    def _end(self, seat: _Seat) -> None:
        actor = self._actors.pop(seat, None)
        self._pids.pop(seat, None)
        if actor is not None:
            with suppress(Exception):
                self._ray.kill(actor)


def has_room(found: dict[str, float], resources: Resources) -> bool:
    """Say whether a machine has what is asked for, were it free."""
    return count_room(found, resources) > 0


def count_room(found: dict[str, float], resources: Resources) -> int:
    """Count how many times a machine has what is asked for, were it free.

    Args:
        found: The machine's resources by Ray's names.
        resources: What is asked for; if that is nothing, as often as it has CPUs.
    """
    pairs = ((found.get("CPU", 0.0), resources.num_cpus), (found.get("GPU", 0.0), resources.num_gpus))
    times = [int(has / asked + 1e-9) for has, asked in pairs if asked]
    return min(times, default=int(found.get("CPU", 0.0)))
