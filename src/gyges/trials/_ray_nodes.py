"""Connecting to a Ray cluster, and making sure that its machines will do."""

from __future__ import annotations

import logging
import re
import secrets
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from gyges.errors import RunError
from gyges.trials._ray_parts import Node, describe_node

LOCAL: Final = "local"
"""The address of a cluster that is begun on this machine and ended with the run."""

NAMESPACE: Final = "gyges"

_KNOCK_S: Final = 10.0
_ANSWER_S: Final = 120.0
_TRIES: Final = 3
_VERSIONS = re.compile(r"started with:\s+Ray: (\S+)\s+Python: (\S+)")


def check_address(address: str | None) -> None:
    """Make sure that Ray is installed and an address means something; none: nobody asks for Ray.

    Raises:
        RunError: It is not installed, or the address is none that a run can be sent to.
    """
    if address is None:
        return
    if find_spec("ray") is None:
        raise RunError("--ray needs Ray, which is not installed: pip install 'gyges[ray]'.")
    if address in {LOCAL, "auto"}:
        return
    if address.startswith("ray://"):
        raise RunError(
            f"--ray {address}: Ray's client cannot carry a run; begin it on a machine of the cluster, with"
            " --ray auto."
        )
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise RunError(f"--ray {address}: expected host:port, auto or local.")


def connect(address: str, n_workers: int) -> Any:
    """Connect to a cluster, or begin one on this machine; gives the module `ray`.

    Raises:
        RunError: There is no cluster, or one of other versions, or this process is connected already.
    """
    check_address(address)
    import ray

    if ray.is_initialized():
        raise RunError("--ray: this process is connected to a Ray cluster already.")
    _knock(address)
    logging.getLogger("ray").setLevel(logging.ERROR)
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": NAMESPACE}
    own = {"num_cpus": n_workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        _init(ray, address=address, **own, **quiet)
    # Ray raises whatever its layers raise; whichever it is, there is no cluster.
    except Exception as problem:  # noqa: BLE001
        ray.shutdown()
        raise RunError(f"--ray {address}: {_say_problem(problem)}") from None
    return ray


def _init(ray: Any, **options: Any) -> None:
    """Begin or join a cluster; a busy machine is given more than the half minute that Ray gives it."""
    for _ in range(_TRIES - 1):
        try:
            ray.init(**options)
        except Exception as problem:
            ray.shutdown()
            if "timed out during startup" not in str(problem):
                raise
        else:
            return
    ray.init(**options)


def _say_problem(problem: Exception) -> str:
    versions = _VERSIONS.findall(str(problem))
    if len(versions) == 2:
        (there, python_there), (here, python_here) = versions
        return (
            f"the cluster has Ray {there} and Python {python_there}; this machine has Ray {here} and Python"
            f" {python_here}."
        )
    if "token" in str(problem).lower():
        return (
            "the cluster asks for a token; set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH"
            " to what it was started with."
        )
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    cause = (lines or [type(problem).__name__])[0][:200].rstrip(".")
    return f"no cluster can be reached ({cause})."


def _knock(address: str) -> None:
    """Make sure that somebody listens at an address; Ray itself would wait for minutes."""
    if address in {LOCAL, "auto"}:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()
    except OSError as problem:
        raise RunError(
            f"--ray {address}: no cluster can be reached ({problem.strerror or problem})."
        ) from None


def list_nodes(ray: Any) -> dict[str, dict[str, float]]:
    """Give the machines that are alive, by id, with their resources."""
    return {each["NodeID"]: dict(each["Resources"]) for each in ray.nodes() if each["Alive"]}


def place_on(node: str) -> dict[str, Any]:
    """Give the options of a task or actor that must run on one machine."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}


def check_nodes(ray: Any, logs: str) -> None:
    """Make sure that every machine has the versions of this one, and sees the run folder.

    Raises:
        RunError: One does not, or does not answer.
    """
    probe = _leave_probe(logs)
    try:
        task = ray.remote(_describe)
        asked = [task.options(num_cpus=0, **place_on(node)).remote(probe) for node in list_nodes(ray)]
        found = [Node(*each) for each in ray.get(asked, timeout=_ANSWER_S)]
    except ray.exceptions.GetTimeoutError:
        raise RunError("a machine of the Ray cluster does not answer within two minutes.") from None
    except ray.exceptions.RayError as problem:
        cause = (str(problem).strip().splitlines() or ["unknown"])[-1]
        raise RunError(
            f"a machine of the Ray cluster cannot run Gyges ({cause[:150]}); install it there too."
        ) from None
    finally:
        if probe:
            Path(probe).unlink(missing_ok=True)
    for each in found:
        _compare(each, describe_node(""), logs)


def _compare(there: Node, here: Node, logs: str) -> None:
    if there[:3] != here[:3]:
        raise RunError(
            f"a machine of the Ray cluster has Gyges {there.gyges}, Inspect {there.inspect} and Python"
            f" {there.python}; this one has {here.gyges}, {here.inspect} and {here.python}."
        )
    if not there.sees:
        raise RunError(
            f"{logs}: not every machine of the Ray cluster sees this folder; name a shared one or a URL,"
            " such as s3://…, with --out."
        )


def _describe(probe: str) -> tuple[Any, ...]:
    return tuple(describe_node(probe))


def _leave_probe(logs: str) -> str:
    """Leave a file that other machines should see; empty: the folder is a URL, which all can reach."""
    if "://" in logs:
        return ""
    folder = Path(logs).absolute()
    # Nothing is left of a folder that is not there yet.
    while not folder.is_dir():
        folder = folder.parent
    probe = folder / f".{secrets.token_hex(8)}.probe"
    try:
        probe.touch()
    except OSError as problem:
        raise RunError(f"{folder}: cannot be written ({problem.strerror or problem}).") from None
    return str(probe)
