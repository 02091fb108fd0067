"""What a person sees at the command line, with right and with wrong input."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gyges.run_folder import open_run
from gyges.running import find_missing

GYGES = [sys.executable, "-m", "gyges"]


def gyges(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run([*GYGES, *args], capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 2 and one sentence with these words, without a traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert "Traceback" not in done.stderr
    assert len(said) == 1, done.stderr
    for word in words:
        assert word in said[0], said[0]


STUDY = """name: small
models: [{name: gyges/aligned}]
scenarios: [night-shift]
trials: 6
design: [{kind: base, protocol: choice}]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small study file."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_help_answers_at_once() -> None:
    """`gyges --help` is quick because nothing heavy is imported."""
    gyges("--help")
    times = []
    for _ in range(3):
        # Processor time of the child: on a busy machine the clock on the wall measures the others.
        before = os.times()
        assert gyges("--help").returncode == 0
        after = os.times()
        times.append(
            after.children_user + after.children_system - before.children_user - before.children_system
        )
    assert min(times) < 0.6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("scenarios: [night-shift]", "scenarios: [nihgt-shift]"),
            ("study.yaml:3: unknown scenario", "Did you mean 'night-shift'?"),
        ),
        (("trials: 6", "vary: [treat]\ntrials: 6"), ("study.yaml:4: unknown factor 'treat'", "'threat'")),
        (
            ("trials: 6", "factors: {threat: {shutdwn: 1}}\ntrials: 6"),
            ("unknown level of 'threat' 'shutdwn'", "'shutdown'"),
        ),
        (("trials: 6", "claims: [C99]\ntrials: 6"), ("study.yaml:4: unknown claim 'C99'",)),
        (("gyges/aligned", "gyges/alinged"), ("unknown profile 'alinged'", "'aligned'")),
        (("trials: 6", "trials: six"), ("study.yaml:4: trials", "'six'")),
        (("trials: 6", "trials: true"), ("study.yaml:4: trials: expected a whole number, found true.",)),
        (("trials: 6", 'trials: "20"'), ("study.yaml:4: trials", "whole number", "found text '20'")),
        (("trials: 6", "trials: 6\nseed: 99999999999999999999999"), ("study.yaml:5: seed", "at most 922")),
        (("[night-shift]", "night-shift"), ("study.yaml:3: scenarios: expected a list, found text",)),
        (("[night-shift]", "[]"), ("study.yaml:3: scenarios: is empty",)),
        (("[night-shift]", "[all, nihgt-shift]"), ("study.yaml:3: unknown scenario", "'night-shift'")),
        (("kind: base", "kind: bsae"), ("study.yaml:5: design, part 1: kind: unknown kind", "'base'")),
        (("protocol: choice", "protocol: chioce"), ("design, part 1: protocol", "'choice'")),
        (("kind: base", "kind: base, share: 0.5"), ("study.yaml:5: the shares",)),
        (("gyges/aligned", "nope/x"), ("study.yaml:2: model 'nope/x': unknown provider 'nope'",)),
        (("trials: 6", "factors: {competition: {fair: 1}}\ntrials: 6"), ("study.yaml:4", "weigh nothing")),
        (("trials: 6", "trials: 6\ntrials: 7"), ("study.yaml:5: field 'trials' stands twice",)),
        (("trials: 6", "\ttrials: 6"), ("study.yaml:4: a tab",)),
        (("trials: 6", "trails: 6"), ("study.yaml:4: trails: unknown field; did you mean 'trials'?",)),
        (("kind: base", "kind: contrasts, share: 1.0"), ()),
    ],
)
def test_bad_studies_are_one_sentence(study: Path, change: tuple[str, str], words: tuple[str, ...]) -> None:
    """A wrong study is answered by file, line and field, or the nearest valid name; nothing is written."""
    study.write_text(STUDY.replace(*change))
    if not words:
        study.write_text(STUDY.replace(*change) + "vary: [competition]\nfactors: {competition: {fair: 1}}\n")
    out = study.parent / "run"
    assert_refused(gyges("run", str(study), "--out", str(out)), *words)
    assert not out.exists()


def test_unknown_names_are_one_sentence(tmp_path: Path) -> None:
    """Unknown studies, claims, scenarios, runs and options each get one clear sentence."""
    assert_refused(gyges("run", "coer"), "unknown study 'coer'", "'core'")
    assert_refused(gyges("claims", "show", "C99"), "unknown claim 'C99'")
    assert_refused(gyges("scenarios", "show", "nightshift"), "'night-shift'")
    assert_refused(gyges("scenarios", "show", "night-shift", "--cell", "threat=shut"), "unknown level 'shut'")
    assert_refused(gyges("analyze", str(tmp_path)), "is no run folder")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("run demo --triols 3", ("'--triols'", "'--trials'", "gyges run --help")),
        ("rnu demo", ("'rnu'", "'run'")),
        ("run", ("missing argument 'study'",)),
        ("run demo --trials 0", ("'--trials'", "at least 1")),
        ("run demo --seed 99999999999999999999999", ("'--seed'", "at most 9223372036854775807")),
        ("run demo --budget nan", ("--budget: 'nan'", "2Mtok")),
        ("plan core --model nope/x", ("unknown provider 'nope'",)),
        ("plan core --model gpt-4o", ("'openai/gpt-4o'",)),
        ("run core --model opnai/gpt-4o", ("unknown provider 'opnai'", "Did you mean 'openai'?")),
        ("plan core --model gyges/custom -M profil=x", ("unknown argument 'profil'", "'profile'?")),
        ("code nowhere --judge openai/x", ("nowhere: no such folder or log",)),
        ("scenarios new night-shift", ("'night-shift' is taken",)),
        ("scenarios --json list", ("behind the word 'list'",)),
        ("codebook show realsm", ("no item 'realsm'", "realism")),
        ("codebook check nowhere", ("nowhere: no such folder",)),
        ("scenarios show nightshift --json", ("'night-shift'",)),
    ],
)
def test_what_is_typed_wrong_is_one_sentence(typed: str, words: tuple[str, ...]) -> None:
    """A wrong option, command, argument or model is answered by one sentence with what is nearest."""
    assert_refused(gyges(*typed.split()), *words)


def test_lists_without_a_word_take_json() -> None:
    """`gyges scenarios --json` and `gyges claims --json` are JSON without saying `list`."""
    for command in ("scenarios", "claims", "codebook"):
        assert len(json.loads(gyges(command, "--json").stdout)) >= 3


def test_missing_key_stops_before_anything_is_written(study: Path) -> None:
    """Without the provider's key nothing is written, and the key is named."""
    out = study.parent / "run"
    done = gyges("run", str(study), "--model", "openai/gpt-4o", "--yes", "--out", str(out))
    assert_refused(done, "OPENAI_API_KEY")
    assert not out.exists()


def test_real_models_are_asked_for(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a person to ask, real models run only with --yes."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    assert_refused(gyges("run", str(study), "--model", "openai/gpt-4o"), "--yes")


def test_unwritable_folder_is_one_sentence(study: Path) -> None:
    """A folder that cannot be written is named."""
    blocker = study.parent / "file"
    blocker.write_text("in the way")
    assert_refused(gyges("run", str(study), "--out", str(blocker / "run")), "cannot be written")


def test_folders_no_run_can_be_in_are_left_as_they_are(study: Path) -> None:
    """A folder with something in it, a file, no name, or a storage out of reach: one sentence, no trace."""
    full = study.parent / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    for out, word in (
        (str(full), "not empty"),
        (str(study), f"{study}: is a file"),
        ("", "name is empty"),
        ("/proc/x", "/proc/x: cannot be written"),
        ("memory://x", "share no memory"),
        ("nope://x", "nope://x: cannot be reached"),
    ):
        assert_refused(gyges("run", str(study), "--out", out), word)
    assert sorted(path.name for path in study.parent.rglob("*") if path.is_file()) == [
        "mine.txt",
        "study.yaml",
    ]
    assert_refused(gyges("analyze", ""), "name is empty")


@pytest.mark.slow
def test_a_storage_without_a_key_is_one_sentence(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 without credentials is refused with what its library says, in one sentence."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    pytest.importorskip("s3fs")
    assert_refused(gyges("run", str(study), "--out", "s3://bucket/x"), "s3://bucket/x: cannot be reached")


def test_scenarios_are_checked_to_the_last(tmp_path: Path) -> None:
    """A file that cannot be read is one problem of several, in words and in JSON."""
    assert gyges("scenarios", "new", "dock-desk", "--folder", str(tmp_path)).returncode == 0
    (tmp_path / "a.yaml").write_text("a:\n\t- b\n")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe")
    text = (tmp_path / "dock-desk.yaml").read_text()
    (tmp_path / "c.yaml").write_text(
        text.replace("version: 1", "version: one").replace("turns: 1", "truns: 1")
    )
    said = gyges("scenarios", "check", str(tmp_path))
    assert said.returncode == 2
    assert "Traceback" not in said.stderr
    assert f"{tmp_path / 'a.yaml'}:2: a tab" in said.stdout
    shown = gyges("scenarios", "check", str(tmp_path), "--json")
    problems = json.loads(shown.stdout)
    assert [each["scenario"] for each in problems] == ["a", "b", "c", "c"]
    assert {(each["where"], each["line"]) for each in problems[2:]} >= {("version", 8)}
    assert (
        json.loads(gyges("scenarios", "check", "nowhere.yaml", "--json").stdout)[0]["message"]
        == "no such file"
    )


def test_own_scenarios_are_shown_from_their_folder(study: Path) -> None:
    """`--library` adds a folder of one's own to what is listed, shown and planned."""
    folder = str(study.parent / "own")
    gyges("scenarios", "new", "dock-desk", "--folder", folder)
    assert "dock-desk" in gyges("scenarios", "list", "--library", folder).stdout
    assert "dock" in gyges("scenarios", "show", "dock-desk", "--library", folder).stdout
    study.write_text(STUDY.replace("night-shift", "dock-desk"))
    assert gyges("plan", str(study), "--library", folder).returncode == 0
    assert_refused(gyges("plan", str(study)), "study.yaml:3: unknown scenario 'dock-desk'")


def test_models_are_looked_for_where_they_are_named(study: Path) -> None:
    """The file and line of a model are said where the file names it, and not where the command line does."""
    study.write_text(STUDY.replace("gyges/aligned", "gyges/custom, args: {profile: no.yaml}"))
    assert_refused(gyges("plan", str(study)), "study.yaml:2: no.yaml: no such file")
    done = gyges("plan", str(study), "--model", "gyges/custom", "-M", "profile=mine.yaml")
    assert_refused(done, "gyges: mine.yaml: no such file")
    study.write_text(STUDY + "stakeholder: opnai/gpt-4o\n")
    for chosen in ((), ("--model", "gyges/random")):
        assert_refused(
            gyges("plan", str(study), *chosen), "study.yaml:6: model 'opnai/gpt-4o': unknown provider"
        )


def test_a_run_is_not_taken_in_as_logs(study: Path) -> None:
    """`gyges code` refuses `--out` on a run, and a folder that holds something for logs."""
    lock = study.parent / "run" / "study.lock.yaml"
    lock.parent.mkdir()
    lock.write_text("format: 1\n")
    assert_refused(gyges("code", str(lock.parent), "--out", "x"), "is a run already")
    assert_refused(gyges("code", str(study.parent), "--out", str(study.parent)), "is not empty")


def test_full_disk_is_one_sentence(study: Path) -> None:
    """A device that is full is named, and no traceback is shown."""
    done = gyges("export", "/dev/full")
    assert_refused(done, "is no run folder")


@pytest.mark.slow
def test_run_and_every_reading_command(study: Path) -> None:
    """A run ends with its headline, and each reading command gives JSON about it."""
    out = study.parent / "run"
    done = gyges("run", str(study), "--out", str(out), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "misaligned in 0 of 1 scenarios" in done.stdout
    assert "simulated" in done.stdout
    assert str(out / "report.html") in done.stdout
    for command in (
        ("scenarios", "list"), ("scenarios", "show", "night-shift"),
        ("claims", "list"), ("claims", "show", "C05"), ("codebook", "list"), ("codebook", "show", "realism"),
        ("plan", str(study)), ("code", str(out)), ("analyze", str(out)), ("report", str(out)),
    ):  # fmt: skip
        shown = gyges(*command, "--json")
        assert shown.returncode == 0, shown.stderr
        assert json.loads(shown.stdout)
    for kind in ("csv", "parquet"):
        done = gyges("export", str(out), "--format", kind, cwd=study.parent)
        assert done.returncode == 0, done.stderr
        written = (study.parent / f"codes.{kind}").read_bytes()
        assert written
        again = gyges("export", str(out), "--format", kind, cwd=study.parent)
        assert_refused(again, f"codes.{kind}: is there already", "--force")
        assert gyges("export", str(out), "--format", kind, "--force", cwd=study.parent).returncode == 0
        piped = subprocess.run(
            [*GYGES, "export", str(out), "--format", kind, "--out", "-"], capture_output=True, check=True
        )
        assert piped.stdout == written
    assert_refused(gyges("run", str(study), "--out", str(out)), "holds a run already")


@pytest.mark.slow
def test_resuming_on_a_paid_model_asks_as_running_does(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a run on a real model is resumed with --yes alone, and a budget needs prices."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    study.write_text(
        STUDY.replace(
            "name: gyges/aligned",
            'name: openai/unlisted, base_url: "http://127.0.0.1:9/v1", config: {max_retries: 0, timeout: 1}',
        ).replace("trials: 6", "trials: 1\nretries: 0")
    )
    out = study.parent / "run"
    done = gyges("run", str(study), "--out", str(out), "--yes", "--workers", "1")
    assert done.returncode == 1, done.stderr
    asked = gyges("run", str(study), "--out", str(study.parent / "other"))
    assert_refused(gyges("resume", str(out)), "1 trials on openai/unlisted", "Say --yes to run them.")
    assert gyges("resume", str(out)).stderr == asked.stderr
    assert_refused(gyges("resume", str(out), "--yes", "--budget", "1"), "needs prices", "--prices FILE")


def _interrupt(study: Path, delay_s: float, *, ignored: bool) -> subprocess.CompletedProcess[str]:
    """Run a study and interrupt its whole process group after a while."""
    # A shell has what it runs in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if ignored else None
    process = subprocess.Popen(
        [*GYGES, "run", str(study), "--out", str(study.parent / "run"), "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if before:
        signal.signal(signal.SIGINT, before)
    time.sleep(delay_s)
    os.killpg(process.pid, signal.SIGINT)
    output, said = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, output, said)


@pytest.mark.slow
@pytest.mark.parametrize("ignored", [False, True], ids=["terminal", "background"])
@pytest.mark.parametrize("delay_s", [0.3, 0.8, 1.5, 2.0, 4.0, 7.0])
def test_ctrl_c_is_one_sentence_at_any_moment(study: Path, delay_s: float, ignored: bool) -> None:
    """Ctrl-C ends with exit code 1 and one sentence, without a traceback or warning of any process."""
    study.write_text(
        STUDY.replace("trials: 6", "trials: 3000").replace("protocol: choice", "protocol: agentic")
    )
    done = _interrupt(study, delay_s, ignored=ignored)
    said = [line for line in done.stderr.splitlines() if " trials, " not in line]
    assert done.returncode == 1, done.stderr
    out = study.parent / "run"
    hint = f"gyges: stopped; carry on with: gyges resume {out}"
    assert said == [hint if out.exists() else "gyges: stopped."], done.stderr


@pytest.mark.slow
def test_interrupted_run_can_be_resumed(study: Path) -> None:
    """Ctrl-C leaves a run that resume completes, each trial once."""
    study.write_text(
        STUDY.replace("trials: 6", "trials: 200").replace("protocol: choice", "protocol: agentic")
    )
    out = study.parent / "run"
    process = subprocess.Popen(
        [*GYGES, "run", str(study), "--out", str(out), "--workers", "2"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(out.glob("logs/*.eval")):
        time.sleep(0.1)
    time.sleep(1.5)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"gyges resume {out}" in said
    assert "Traceback" not in said
    missing = find_missing(open_run(str(out)))
    assert 0 < len(missing) <= 200
    done = gyges("resume", str(out))
    assert done.returncode == 0, done.stderr
    assert find_missing(open_run(str(out))) == []
    table = open_run(str(out)).scan_table("codes.parquet").collect()
    assert table.height == table["trial"].n_unique() == 200
    assert set(table["status"]) == {"coded"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "argument", "words"),
    [
        ("gyges/aligned", "scenarios=nightshift", "Did you mean 'night-shift'?"),
        ("gyges/aligned", "trials=many", "expected a whole number"),
        ("gyges/aligned", "protocol=chioce", "Did you mean 'choice'?"),
        ("gyges/alinged", "trials=2", "Did you mean 'aligned'?"),
    ],
)
def test_inspect_says_what_is_wrong_in_a_sentence(
    tmp_path: Path, model: str, argument: str, words: str
) -> None:
    """What is wrong in a task's arguments is said under Inspect's own command line without a traceback."""
    inspect = Path(sys.executable).parent / "inspect"
    done = subprocess.run(
        [str(inspect), "eval", "gyges/core", "--model", model, "-T", argument, "--log-dir", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert words in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_inspect_runs_the_core_task(tmp_path: Path) -> None:
    """`inspect eval gyges/core` works with a reference agent."""
    inspect = shutil.which("inspect", path=str(Path(sys.executable).parent))
    assert inspect
    done = subprocess.run(
        [
            inspect,
            "eval",
            "gyges/core",
            "--model",
            "gyges/aligned",
            "-T",
            "trials=12",
            "--log-dir",
            str(tmp_path),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    from gyges.coding import code_transcript
    from gyges.trials import list_logs, read_transcripts

    codes = [code_transcript(each) for log in list_logs(str(tmp_path)) for each in read_transcripts(log)]
    assert len(codes) == 12
    assert {each.status for each in codes} == {"coded"}


def test_a_dotenv_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key may stand in the next `.env` up the folders; what the environment says already stays."""
    monkeypatch.delenv("LOOPBACK_API_KEY", raising=False)
    monkeypatch.setenv("LOOPBACK_BASE_URL", "http://127.0.0.1:9/v1")
    inner = tmp_path / "inner"
    inner.mkdir()
    asked = ("run", "demo", "--model", "openai-api/loopback/model", "--trials", "4")
    assert_refused(gyges(*asked, cwd=inner), "LOOPBACK_API_KEY")
    (tmp_path / ".env").write_text("LOOPBACK_API_KEY=of-nobody\nLOOPBACK_BASE_URL=nothing\n")
    assert_refused(gyges(*asked, cwd=inner), "Say --yes to run them.")


def test_a_cost_of_shipped_prices_says_so(tmp_path: Path) -> None:
    """What a plan would cost is no better than its prices, which nobody has checked; given ones are told."""
    done = gyges("plan", "demo", "--model", "openai/gpt-4o", "--trials", "20")
    assert done.returncode == 0, done.stderr
    assert "which nobody has checked: openai/gpt-4o" in done.stderr
    (tmp_path / "prices.yaml").write_text("prices: [{models: [openai/gpt-4o], input: 1, output: 2}]")
    own = gyges(
        "plan", "demo", "--model", "openai/gpt-4o", "--trials", "20", "--prices", "prices.yaml", cwd=tmp_path
    )
    assert own.returncode == 0, own.stderr
    assert "checked" not in own.stderr
