"""Executors run every shard once, whatever happens to the others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gyges.records.study import ModelSpec
from gyges.trials import Executor, LocalProcesses, Shard, ShardEnd, ThisProcess, TrialEnd
from tests.unit.trials.work import play


def _make_shards(*names: str) -> list[Shard]:
    model = ModelSpec(name="gyges/random")
    return [Shard(id=name, trials=(), scenarios={}, model=model, log_dir="logs") for name in names]


@pytest.mark.parametrize("executor", [ThisProcess(), LocalProcesses(2)], ids=["here", "pool"])
def test_every_shard_and_trial_is_heard_of(executor: Executor) -> None:
    """Word comes of each trial and of each shard's end, and of nothing else."""
    names = [f"s{i}" for i in range(5)]
    words = list(executor.run(_make_shards(*names), play))
    assert sorted(word.trial for word in words if isinstance(word, TrialEnd)) == names
    ends = [word for word in words if isinstance(word, ShardEnd)]
    assert sorted(end.shard for end in ends) == names
    assert all(end.log and not end.error for end in ends)


@pytest.mark.slow
def test_a_dying_process_ends_its_shard_alone() -> None:
    """A process that is killed fails its shard with the reason; shards that start later are run."""
    words = LocalProcesses(1).run(_make_shards("s0", "dies", "s1", "s2"), play)
    ends = {word.shard: word.error for word in words if isinstance(word, ShardEnd)}
    assert ends == {"s0": "", "dies": "its process died", "s1": "", "s2": ""}


@pytest.mark.slow
def test_processes_leave_with_their_parent(tmp_path: Path) -> None:
    """When the process that runs a study is killed, the ones it began end too, within seconds."""
    code = (
        "import multiprocessing\n"
        "from gyges.records.study import ModelSpec\n"
        "from gyges.trials import LocalProcesses, Shard\n"
        "from tests.unit.trials.work import play\n"
        "if __name__ == '__main__':\n"
        "    model = ModelSpec(name='gyges/random')\n"
        "    shard = Shard(id='sleeps', trials=(), scenarios={}, model=model, log_dir='logs')\n"
        "    for _ in LocalProcesses(1).run([shard], play):\n"
        "        print(*(each.pid for each in multiprocessing.active_children()), flush=True)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(children) >= 2
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(_is_alive(pid) for pid in children):
        time.sleep(0.1)
    assert not any(_is_alive(pid) for pid in children)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.slow
def test_a_pool_that_broke_unseen_is_replaced() -> None:
    """A process that dies while nobody listens costs its shard and those beside it, and no later one."""
    ends: dict[str, str] = {}
    for word in LocalProcesses(2).run(_make_shards("s0", "dies", "s1", "s2", "s3"), play):
        if isinstance(word, ShardEnd):
            ends[word.shard] = word.error
            time.sleep(1.0)
    assert set(ends) == {"s0", "dies", "s1", "s2", "s3"}
    assert ends["dies"] == "its process died"
    assert ends["s3"] == ""


@pytest.mark.slow
def test_processes_are_begun_deaf_to_ctrl_c() -> None:
    """Even the first process that a program begins, and before it imports anything, blocks SIGINT."""
    code = (
        "import multiprocessing, signal\n"
        "from gyges.trials import beginning_deaf\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('spawn')\n"
        "    with beginning_deaf():\n"
        "        child = context.Process(target=signal.pause)\n"
        "        child.start()\n"
        "    status = open(f'/proc/{child.pid}/status').read()\n"
        "    child.kill()\n"
        "    print(int(status.split('SigBlk:')[1].split()[0], 16) >> (signal.SIGINT - 1) & 1)\n"
        "    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))\n"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not show what a process blocks")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


@pytest.mark.slow
def test_cancel_interrupts_what_runs(capfd: pytest.CaptureFixture[str]) -> None:
    """After a cancel the running shard ends soon, nothing more starts, and no traceback is printed."""
    executor = LocalProcesses(2)
    words = executor.run(_make_shards("sleeps", "s1", "s2", "s3"), play)
    heard = []
    for word in words:
        heard.append(word)
        if isinstance(word, TrialEnd) and word.trial == "began":
            break
    began = time.monotonic()
    executor.cancel()
    words.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - began < 20
    assert not any(isinstance(word, ShardEnd) and word.shard == "sleeps" for word in heard)
    assert "Traceback" not in capfd.readouterr().err
