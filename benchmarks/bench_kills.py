"""Kill what a run consists of, again and again, and compare what it comes to with an undisturbed run.

    python benchmarks/bench_kills.py [--kills 100] [--trials 160] [--per-run 5] [--ways local,s3,ray]

Every run of some hundred trials is begun, killed with SIGKILL at a random moment, carried on with
`gyges resume`, killed again, and so on, and in the end carried on until it is done. Killed are, at random:
one of its workers, the driver, in runs on Ray a Ray worker or a raylet, and in runs on S3 the server in front
of the storage, which comes back a second later. In the end `codes.parquet` must be the undisturbed run's,
byte for byte, and no trial that a log held when the run was carried on may be played again. Besides the
kills that are counted, half of the time the driver is killed too, so that a run has more ends than its own.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

STUDY = """\
name: kills
models: [{ name: gyges/insight-profile }]
scenarios: [night-shift, audit-trail, decommissioning]
design:
  - { kind: base, share: 0.5, protocol: agentic }
  - { kind: control, share: 0.5, protocol: choice }
trials: {trials}
claims: [C47]
seed: 7
"""

TRIES = 12
"""Times a run is carried on after its last kill before it counts as lost."""


@dataclass
class Way:
    """Somewhere a run is kept and played."""

    name: str
    out: str
    """What run folders begin with."""
    options: tuple[str, ...] = ()
    targets: tuple[str, ...] = ("driver", "worker")
    env: dict[str, str] = field(default_factory=dict)
    server: Server | None = None
    raylets: Raylets | None = None


class Server:
    """The server in front of a storage: a process of its own that can be killed and comes back."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        self._command = [*command, str(port)]
        self.port = port
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill it, and start it again a second later."""
        self._process.kill()
        self._process.wait()
        time.sleep(1)
        self._process = self._start()

    def stop(self) -> None:
        """End it for good."""
        self._process.kill()
        self._process.wait()


class Raylets:
    """A Ray cluster of two nodes besides its head, in this process."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
        )
        self._nodes = [self._cluster.add_node(num_cpus=1) for _ in range(2)]
        self.address: str = self._cluster.address

    def find_workers(self) -> list[psutil.Process]:
        """Find the processes in which shards are run."""
        me = psutil.Process()
        return [each for each in me.children(recursive=True) if _name(each).startswith("ray::")]

    def kill_raylet(self, rng: random.Random) -> None:
        """Kill a node's raylet, and add another node in its place."""
        place = rng.randrange(len(self._nodes))
        node = self._nodes[place]
        for each in node.all_processes["raylet"]:
            each.process.kill()
        self._cluster.remove_node(node, allow_graceful=False)
        self._nodes[place] = self._cluster.add_node(num_cpus=1)

    def stop(self) -> None:
        """End the cluster."""
        self._cluster.shutdown()


def _name(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return ""


def start(way: Way, words: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a `gyges` command in a process group of its own."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "gyges", *words, *way.options],
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **way.env},
            start_new_session=True,
        )


def kill_something(way: Way, driver: subprocess.Popen[bytes], rng: random.Random) -> str:
    """Kill one of what makes a run; give what it was, or nothing if there was none."""
    target = rng.choice(way.targets)
    try:
        processes = psutil.Process(driver.pid).children(recursive=True)
    except psutil.Error:
        return ""
    workers = [each for each in processes if "resource_tracker" not in _name(each)]
    if target == "driver":
        driver.kill()
    elif target == "worker" and workers:
        _kill(rng.choice(workers))
    elif target == "server" and way.server:
        way.server.kill()
    elif target == "raylet" and way.raylets:
        way.raylets.kill_raylet(rng)
    elif target == "ray worker" and way.raylets and (found := way.raylets.find_workers()):
        _kill(rng.choice(found))
    else:
        return ""
    return target


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.Error:
        return


@dataclass(frozen=True)
class Outcome:
    """What a run that was killed came to."""

    killed: Counter[str]
    same: bool
    lost: int
    twice: int
    again: int
    """Trials that were played once more although a log held them when the run was carried on."""
    carried_on: int
    seconds: float


def torture(way: Way, folder: Path, number: int, kills: int, expected: bytes, usual_s: float) -> Outcome:
    """Begin a run, kill something in it as often as asked, and carry it on until it is done."""
    rng = random.Random(number)
    out, log = f"{way.out}/{way.name}-{number}", folder / f"{way.name}-{number}.log"
    began, killed, carried_on = time.monotonic(), Counter[str](), 0
    seen: set[str] = set()
    again = 0
    words = ["run", str(folder / "study.yaml"), "--out", out, "--yes", "--workers", "2", "--no-certificate"]
    while sum(killed.values()) < kills and carried_on < 3 * kills:
        before = list_finished(out)
        driver = start(way, words, log)
        time.sleep(rng.uniform(0.2, usual_s))
        if driver.poll() is None and (target := kill_something(way, driver, rng)):
            killed[target] += 1
        # Whatever else there is, it goes on until it ends by itself, or the next round ends it.
        if rng.random() < 0.5 and driver.poll() is None:
            driver.kill()
        _wait(driver)
        again += count_again(out, before, seen)
        carried_on += 1
        words = _carry_on(way, out, words)
    for _ in range(TRIES):
        before = list_finished(out)
        done = _wait(start(way, words, log))
        again += count_again(out, before, seen)
        words = _carry_on(way, out, words)
        if done == 0:
            break
        carried_on += 1
    found = read(way, f"{out}/codes.parquet")
    lost, twice = count(found, expected)
    return Outcome(killed, found == expected, lost, twice, again, carried_on, time.monotonic() - began)


def list_finished(out: str) -> set[str]:
    """List the trials that the readable logs of a run hold without an error."""
    return {trial for trials in _read_logs(out).values() for trial in trials}


def count_again(out: str, before: set[str], seen: set[str]) -> int:
    """Count trials in logs that came since, though a log held them before; `seen` keeps the logs met."""
    found = _read_logs(out)
    fresh = [log for log in found if log not in seen]
    seen.update(fresh)
    return sum(len(found[log] & before) for log in fresh) if before else 0


def _read_logs(out: str) -> dict[str, set[str]]:
    from gyges.errors import GygesError
    from gyges.trials import find_finished, list_logs

    found: dict[str, set[str]] = {}
    try:
        logs = list_logs(f"{out}/logs")
    except (GygesError, OSError):
        return found
    for log in logs:
        with suppress(GygesError):
            found[log] = find_finished(log)
    return found


def _wait(driver: subprocess.Popen[bytes]) -> int:
    try:
        return driver.wait(timeout=180)
    except subprocess.TimeoutExpired:
        driver.kill()
        return driver.wait()


def _carry_on(way: Way, out: str, words: list[str]) -> list[str]:
    """A run that was killed before it was registered is begun again, any other is carried on."""
    if words[0] == "resume" or (exists(way, f"{out}/study.lock.yaml") and exists(way, f"{out}/plan.parquet")):
        return ["resume", out, "--yes", "--workers", "2"]
    return words


def exists(way: Way, url: str) -> bool:
    """Say whether a file is there."""
    fs, path = _open(way, url)
    fs.invalidate_cache()
    return bool(fs.exists(path))


def read(way: Way, url: str) -> bytes:
    """Read a file; nothing if it is not there."""
    fs, path = _open(way, url)
    fs.invalidate_cache()
    return bytes(fs.cat_file(path)) if fs.exists(path) else b""


def _open(way: Way, url: str):  # type: ignore[no-untyped-def]
    import fsspec

    options = {"client_kwargs": {"endpoint_url": way.env["AWS_ENDPOINT_URL"]}} if way.server else {}
    return fsspec.core.url_to_fs(url, **options)


def count(found: bytes, expected: bytes) -> tuple[int, int]:
    """Count the trials that are not coded though they should be, and those that stand more than once."""
    import io

    import polars as pl

    want = pl.read_parquet(io.BytesIO(expected))
    if not found:
        return want.height, 0
    have = pl.read_parquet(io.BytesIO(found))
    coded = set(have.filter(status="coded")["trial"])
    lost = len(set(want.filter(status="coded")["trial"]) - coded)
    return lost, have.height - have["trial"].n_unique()


@contextmanager
def open_ways(names: Sequence[str], folder: Path) -> Iterator[list[Way]]:
    """Set up the ways that are asked for, and take them down again."""
    with ExitStack() as stack:
        ways = []
        if "local" in names:
            ways.append(Way("local", str(folder)))
        if "s3" in names:
            ways.append(stack.enter_context(_open_s3()))
        if "ray" in names:
            raylets = Raylets()
            stack.callback(raylets.stop)
            targets = ("driver", "ray worker", "ray worker", "raylet")
            ways.append(Way("ray", str(folder), ("--ray", raylets.address), targets, raylets=raylets))
        yield ways


@contextmanager
def _open_s3() -> Iterator[Way]:
    import boto3
    from moto.server import ThreadedMotoServer

    storage = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    storage.start()
    host, port = storage.get_host_and_port()
    forward = [sys.executable, str(Path(__file__).with_name("forward.py")), host, str(port)]
    server = Server(forward, _find_port())
    env = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
    }
    os.environ.update(env)
    try:
        boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="runs")
        yield Way("s3", "s3://runs", targets=("driver", "worker", "server"), env=env, server=server)
    finally:
        server.stop()
        storage.stop()


def _find_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description="Kill runs and compare what they come to.")
    parser.add_argument("--kills", type=int, default=100, help="Kills in all.")
    parser.add_argument("--trials", type=int, default=160, help="Trials of each run.")
    parser.add_argument("--per-run", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ways", default="local,s3,ray")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, open_ways(options.ways.split(","), Path(name)) as ways:
        folder = Path(name)
        (folder / "study.yaml").write_text(STUDY.replace("{trials}", str(options.trials)), encoding="utf-8")
        calm = Way("calm", str(folder))
        began = time.monotonic()
        words = ["run", str(folder / "study.yaml"), "--out", f"{folder}/calm", "--yes", "--workers", "2"]
        if _wait(start(calm, [*words, "--no-certificate"], folder / "calm.log")):
            sys.exit((folder / "calm.log").read_text(encoding="utf-8"))
        usual_s = time.monotonic() - began
        expected = read(calm, f"{folder}/calm/codes.parquet")
        print(f"An undisturbed run takes {usual_s:.1f} s.\n")
        print("| way | runs | killed | carried on | lost | coded twice | played again | same codes | s |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        runs = max(1, round(options.kills / options.per_run / len(ways)))
        bad = 0
        for way in ways:
            outcomes = [
                torture(way, folder, options.seed * 1000 + i, options.per_run, expected, usual_s)
                for i in range(runs)
            ]
            killed = sum((each.killed for each in outcomes), Counter())
            shown = ", ".join(f"{n} {what}" for what, n in sorted(killed.items()))
            same = sum(each.same for each in outcomes)
            bad += runs - same
            print(
                f"| {way.name} | {runs} | {shown} | {sum(each.carried_on for each in outcomes)} |"
                f" {sum(each.lost for each in outcomes)} | {sum(each.twice for each in outcomes)} |"
                f" {sum(each.again for each in outcomes)} |"
                f" {same} of {runs} | {sum(each.seconds for each in outcomes):.0f} |",
                flush=True,
            )
            if same < runs:
                for path in sorted(folder.glob(f"{way.name}-*.log")):
                    print(f"--- {path.name}", path.read_text(encoding="utf-8")[-1500:], file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
