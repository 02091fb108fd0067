"""A study from YAML to report, on the reference agent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from gyges.analyzing import analyze_run, report_run
from gyges.errors import RunError
from gyges.records.words import STATUSES
from gyges.run_folder import open_run
from gyges.running import RunOptions, find_missing
from gyges.study import Run, code_run, resume_run, run_study
from gyges.trials import LocalProcesses, ThisProcess, list_logs
from tests.pipeline.conftest import SMALL


def test_every_artifact_is_there(small_run: Run) -> None:
    """A run leaves everything the run folder promises."""
    names = {path.name for path in Path(small_run.url).iterdir()}
    assert names >= {
        "study.lock.yaml", "plan.parquet", "logs", "codes.parquet",
        "results.json", "report.html", "insights.md",
    }  # fmt: skip


def test_every_field_of_the_results_is_documented(small_run: Run) -> None:
    """Each key of `results.json`, and of its rows, has its name in the page about the run folder."""
    page = (Path(__file__).parents[2] / "docs" / "artifacts.md").read_text(encoding="utf-8")
    section = page[page.index("## `results.json`") :]
    named = set(re.findall(r"`(\w+)`", section))
    by_model = {"statuses", "missing"}
    unnamed = set(small_run.results) - named
    for field, value in small_run.results.items():
        rows = value if isinstance(value, list) else value.values() if field == "headline" else [value]
        keys = {key for row in rows if isinstance(row, dict) and field not in by_model for key in row}
        unnamed |= {f"{field}.{key}" for key in keys - named}
    assert unnamed == set()


def test_every_trial_has_one_status(small_run: Run) -> None:
    """Plan and codes hold the same trials, each once, each with one of the five statuses."""
    codes = small_run.codes
    assert sorted(codes["trial"]) == sorted(small_run.plan["id"])
    assert codes["trial"].n_unique() == codes.height
    assert set(codes["status"]) <= set(STATUSES)
    assert small_run.results["n_trials"] == codes.height


def test_reference_trials_are_coded(small_run: Run) -> None:
    """The rules recognize what the reference agent did in every protocol."""
    shares = small_run.codes.group_by("protocol").agg((pl.col("status") == "coded").mean().alias("coded"))
    assert shares["coded"].min() == 1.0


def test_rules_find_the_act_the_policy_chose(small_run: Run) -> None:
    """The act coded from tool calls is the act the policy recorded when it chose."""
    from inspect_ai.log import read_eval_log

    acts = dict(small_run.codes.select("trial", "act").iter_rows())
    checked = 0
    for log in list_logs(small_run.folder.logs):
        for sample in read_eval_log(log).samples or ():
            truths = [
                (message.metadata or {}).get("gyges_truth")
                for message in sample.messages
                if message.role == "assistant"
            ]
            truth = next(each for each in truths if each)
            assert acts[str(sample.id)] == truth["act"], sample.id
            checked += 1
    assert checked == small_run.codes.height


def test_evidence_stands_in_the_transcript(small_run: Run) -> None:
    """Every misaligned trial carries at least one quote."""
    misaligned = small_run.codes.filter(pl.col("misaligned"))
    assert not misaligned.is_empty()
    assert misaligned["evidence"].list.len().min() >= 1  # type: ignore[operator]  # a number


def test_results_keep_the_contract(small_run: Run) -> None:
    """results.json has the fields other programs read."""
    results = json.loads(Path(small_run.url, "results.json").read_text())
    assert {
        "run", "models", "n_trials", "n_coded", "scenarios", "headline", "claims", "effects", "thresholds",
        "tactics", "values", "judges", "validity", "cost",
    } <= set(results)  # fmt: skip
    assert {"id", "model", "n", "misaligned", "verdict"} <= set(results["scenarios"][0])
    assert {"rate", "low", "high"} <= set(results["scenarios"][0]["misaligned"])
    fields = {"id", "model", "verdict", "estimate", "low", "high", "sesoi", "n", "estimand", "reason"}
    assert all(fields <= set(claim) for claim in results["claims"])
    assert len(results["claims"]) == 55
    fields = {"factor", "contrast", "outcome", "model", "estimate", "low", "high", "scale"}
    assert all(fields <= set(effect) for effect in results["effects"])
    assert {"misaligned_scenarios", "scenarios"} <= set(results["headline"]["gyges/insight-profile"])


def test_reports_say_simulated(small_run: Run) -> None:
    """Page and note say that a reference agent is a simulation."""
    for name in ("report.html", "insights.md"):
        assert "simulat" in Path(small_run.url, name).read_text().lower()


@pytest.mark.slow
def test_workers_change_nothing(small_run: Run, tmp_path: Path) -> None:
    """Two processes give the same codes, byte for byte, and the same results but for times, as one."""
    other = run_study(SMALL, out=str(tmp_path / "two"), options=RunOptions(executor=LocalProcesses(2)))
    same = Path(small_run.url, "codes.parquet").read_bytes() == Path(other.url, "codes.parquet").read_bytes()
    assert same
    first, second = small_run.results, other.results
    for results in (first, second):
        results["run"].pop("registered_at")
    assert first == second


def test_stages_run_again_alone(run_copy: Path) -> None:
    """Codes, results and report come out the same when they are made again from what is before them."""
    folder = open_run(str(run_copy))
    names = ("codes.parquet", "results.json", "report.html", "insights.md")
    before = {name: (run_copy / name).read_bytes() for name in names}
    for name in names:
        (run_copy / name).unlink()
    code_run(folder)
    analyze_run(folder)
    report_run(folder)
    assert {name: (run_copy / name).read_bytes() for name in names} == before


def test_resume_runs_only_what_is_missing(run_copy: Path) -> None:
    """After a lost log, resume runs its trials alone and ends where the undisturbed run did."""
    before = (run_copy / "codes.parquet").read_bytes()
    logs = sorted((run_copy / "logs").glob("*.eval"))
    logs[0].unlink()
    folder = open_run(str(run_copy))
    missing = find_missing(folder)
    assert 0 < len(missing) < SMALL.trials
    seen: list[str] = []
    options = RunOptions(executor=ThisProcess(), on_trial=lambda end: seen.append(end.trial))
    resume_run(str(run_copy), options)
    assert sorted(seen) == sorted(trial.id for trial in missing)
    assert (run_copy / "codes.parquet").read_bytes() == before


def test_cut_log_is_one_sentence_and_resumable(run_copy: Path) -> None:
    """A log cut in half is named in one sentence, and resume runs its trials again."""
    before = (run_copy / "codes.parquet").read_bytes()
    log = min((run_copy / "logs").glob("*.eval"))
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    with pytest.raises(RunError, match=r"cut off or damaged .* `gyges resume`"):
        code_run(open_run(str(run_copy)))
    assert (run_copy / "codes.parquet").read_bytes() == before
    resume_run(str(run_copy), RunOptions(executor=ThisProcess()))
    assert (run_copy / "codes.parquet").read_bytes() == before
    assert list((run_copy / "logs" / "damaged").iterdir())


def test_folder_of_another_version_is_refused(run_copy: Path) -> None:
    """A run folder of another format says which version wrote it."""
    lock = run_copy / "study.lock.yaml"
    lock.write_text(
        lock.read_text().replace("format: 1", "format: 99").replace("gyges: 0.1.0", "gyges: 9.9.9")
    )
    with pytest.raises(RunError, match=r"written by Gyges 9\.9\.9 in format 99; this version reads format 1"):
        open_run(str(run_copy))


def test_a_run_is_never_written_over(run_copy: Path) -> None:
    """Running into a folder that holds a run is refused."""
    with pytest.raises(RunError, match="holds a run already"):
        run_study(SMALL, out=str(run_copy), options=RunOptions(executor=ThisProcess()))


def test_memory_folder_works() -> None:
    """Artifacts go to any fsspec URL and come back the same."""
    from gyges.run_folder import RunFolder

    folder = RunFolder("memory://somewhere/run")
    folder.write("a/b.txt", b"content")
    folder.write_table("t.parquet", pl.DataFrame({"x": [1, 2]}))
    assert folder.read("a/b.txt") == b"content"
    assert folder.scan_table("t.parquet").collect()["x"].to_list() == [1, 2]
