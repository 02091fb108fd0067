"""Who runs a run: `running.json`, held by one process at a time.

A run folder is held by the file `running.json` in it, made only where none is, with a heartbeat every ten
seconds. A second process that would run the same is refused and told who does. What a killed one left
behind is recognized, said, and taken over by one process: it makes `running-TOKEN.json`, with the token of
the one that is gone, likewise only where none is; until it has put its own name into `running.json`, that
file is what counts.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from gyges.errors import RunError
from gyges.reaching import is_local, read_file
from gyges.records.base import Record
from gyges.run_folder import RunFolder
from gyges.storage import at_the_door, create_file, remove_file, write_file

HEARTBEAT_S = 10.0
"""How often a run's holder says that it is there."""

STALE_S = 60.0
"""After how long without a heartbeat a holder is taken to be gone."""

_WATCH_S = 2.5 * HEARTBEAT_S
"""How long a silent holder is watched before it is taken to be gone: clocks of two machines may differ."""

_NAME = "running.json"
_MOST_TURNS = 20


class Holder(Record):
    """The process that runs a run."""

    token: str
    """Stands for this holding alone."""
    host: str
    pid: int
    machine: str
    """The running system and its space of process numbers: where `pid` means something."""
    began: float
    """When the process began, in seconds since the epoch: numbers of processes are given again."""
    started: str
    """Since when it holds the run; ISO 8601, UTC."""
    heartbeat: str
    """When it last said that it is there; ISO 8601, UTC."""


@dataclass
class _Hold:
    """A run that this process holds."""

    folder: RunFolder
    holder: Holder
    thread: int
    depth: int = 1
    taken_by: Holder | None = None
    is_over: threading.Event = field(default_factory=threading.Event)


_held: dict[str, _Hold] = {}
_guard = threading.Lock()


@contextmanager
def hold_run(folder: RunFolder) -> Iterator[None]:
    """Hold a run while it is being run; the same thread may hold it again.

    Raises:
        RunError: Another process holds it, or the folder cannot be written.
    """
    key = _key_of(folder)
    with _guard:
        own = _held.get(key)
    if own and own.thread == threading.get_ident():
        own.depth += 1
        try:
            yield
        finally:
            own.depth -= 1
        return
    with at_the_door(folder.url):
        hold = _Hold(folder, _take(folder), threading.get_ident())
    with _guard:
        _held[key] = hold
    beating = threading.Thread(target=_beat, args=(hold,), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        hold.is_over.set()
        beating.join(timeout=HEARTBEAT_S)
        with _guard:
            _held.pop(key, None)
        _release(hold)


def check_held(folder: RunFolder) -> None:
    """Make sure that no other process has taken over a run that this one holds.

    Raises:
        RunError: One has, for instance because this process was suspended for long.
    """
    hold = _held.get(_key_of(folder))
    if hold and hold.taken_by:
        raise RunError(
            f"{folder.url}: was taken over by {_name(hold.taken_by)}, as this process had given no sign."
        )


def find_holder(folder: RunFolder) -> Holder | None:
    """Find who runs a run, by its own account; none: nobody does.

    Raises:
        RunError: The folder cannot be reached.
    """
    with at_the_door(folder.url):
        found = _follow(folder)
    return found[-1] if found else None


def _follow(folder: RunFolder) -> list[Holder]:
    """Follow `running.json` to whoever is about to take over from it, and from that one in turn."""
    found: list[Holder] = []
    holder = _read(folder.at(_NAME))
    while holder and holder not in found:
        found.append(holder)
        holder = _read(_claim_on(folder, holder))
    return found


def is_gone(holder: Holder) -> bool:
    """Say whether a holder is gone, as far as its process and its last heartbeat show."""
    if holder.machine == _machine():
        began = _began(holder.pid)
        if began is None or abs(began - holder.began) > 2:
            return True
    return abs(_age_of(holder)) > STALE_S


def _take(folder: RunFolder) -> Holder:
    """Take a run that nobody holds, or that a process held which is gone."""
    own = _present()
    for _ in range(_MOST_TURNS):
        if create_file(folder.at(_NAME), _as_bytes(own)):
            return own
        holder = find_holder(folder)
        if holder is None:
            continue
        if not (is_gone(holder) and _stays_silent(folder, holder)):
            raise RunError(f"{folder.url}: is being run by {_name(holder)}; wait for it, or stop it first.")
        if _take_over(folder, holder, own):
            sys.stderr.write(f"gyges: {folder.url}: taken over from {_name(holder)}, which is gone\n")
            return own
    raise RunError(f"{folder.url}: others begin and end to run it all the time; try again.")


def _stays_silent(folder: RunFolder, holder: Holder) -> bool:
    """Watch one that only its heartbeat says is gone, as clocks may differ."""
    began = _began(holder.pid) if holder.machine == _machine() else None
    if holder.machine == _machine() and (began is None or abs(began - holder.began) > 2):
        return True
    sys.stderr.write(
        f"gyges: {folder.url}: {_name(holder)} has given no sign for {abs(_age_of(holder)):.0f} s;"
        f" watching it for {_WATCH_S:.0f} s\n"
    )
    time.sleep(_WATCH_S)
    now = find_holder(folder)
    return now is not None and now == holder


def _take_over(folder: RunFolder, gone: Holder, own: Holder) -> bool:
    claim = _claim_on(folder, gone)
    if not create_file(claim, _as_bytes(own)):
        return False
    claims = [claim]
    try:
        # Between looking and claiming, somebody else may have taken it over and tidied up already.
        found = _follow(folder)
        if not found or found[-1].token != own.token:
            return False
        write_file(folder.at(_NAME), _as_bytes(own))
        claims += [_claim_on(folder, each) for each in found[:-2]]
    finally:
        for each in claims:
            remove_file(each)
    return True


def _beat(hold: _Hold) -> None:
    """Say that the holder is there, until it is over or somebody else has taken the run."""
    target = hold.folder.at(_NAME)
    while not hold.is_over.wait(HEARTBEAT_S):
        # A storage that cannot be reached for now will be tried again at the next beat.
        try:
            found = _read(target)
            if found and found.token != hold.holder.token:
                hold.taken_by = found
                return
            hold.holder = hold.holder.model_copy(update={"heartbeat": _now()})
            write_file(target, _as_bytes(hold.holder))
        except Exception:  # noqa: BLE001, S112
            continue


def _release(hold: _Hold) -> None:
    try:
        found = _read(hold.folder.at(_NAME))
        if found and found.token == hold.holder.token:
            remove_file(hold.folder.at(_NAME))
    # What cannot be removed now will be seen to be left behind.
    except Exception as problem:  # noqa: BLE001
        cause = (str(problem).splitlines() or [type(problem).__name__])[0]
        sys.stderr.write(f"gyges: {hold.folder.at(_NAME)}: could not be removed ({cause})\n")


def _read(target: str) -> Holder | None:
    """Read who holds; a file that says nothing is of nobody who is there, and of no machine."""
    try:
        content = read_file(target)
    except FileNotFoundError:
        return None
    try:
        return Holder.model_validate_json(content)
    except ValueError:
        return Holder(
            token="unreadable",  # noqa: S106 - it stands for a holding, and is no secret
            host="(unreadable)",
            pid=0,
            machine="",
            began=0.0,
            started="(unknown)",
            heartbeat=datetime.fromtimestamp(0, UTC).isoformat(),
        )


def _claim_on(folder: RunFolder, holder: Holder) -> str:
    name = "".join(each for each in holder.token if each.isalnum())[:40]
    return folder.at(f"running-{name}.json")


def _present() -> Holder:
    return Holder(
        token=uuid4().hex,
        host=socket.gethostname(),
        pid=os.getpid(),
        machine=_machine(),
        began=_began(os.getpid()) or 0.0,
        started=_now(),
        heartbeat=_now(),
    )


def _machine() -> str:
    """Name the running system; containers may share a host's name, but not both of these."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _began(pid: int) -> float | None:
    """Give when a process began; none: there is none, or nothing is left of it but its number."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def _age_of(holder: Holder) -> float:
    try:
        then = datetime.fromisoformat(holder.heartbeat)
        return (datetime.now(UTC) - then).total_seconds()
    except (ValueError, TypeError):
        return float("inf")


def _name(holder: Holder) -> str:
    return f"process {holder.pid} on {holder.host} since {holder.started}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _as_bytes(holder: Holder) -> bytes:
    return (json.dumps(holder.model_dump(mode="json"), indent=2) + "\n").encode()


def _key_of(folder: RunFolder) -> str:
    return str(Path(folder.url).absolute()) if is_local(folder.url) else folder.url
