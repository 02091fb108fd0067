"""A study with a battery, from plan to report."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import gyges.scenarios
from gyges.records.battery import Battery
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.run_folder import open_run, read_batteries, read_lock
from gyges.running import RunOptions
from gyges.study import Run, resume_run, run_study
from gyges.trials import ThisProcess
from tests.pipeline.test_cli import assert_refused
from tests.pipeline.test_cli import gyges as call

ITEMS = Study(
    name="items",
    models=(ModelSpec(name="gyges/insight-profile"),),
    scenarios=("trade-offs",),
    design=(DesignPart(kind="battery", protocol="choice"),),
    trials=150,
    seed=3,
)


@pytest.fixture(scope="session")
def items_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of nothing but the battery."""
    out = tmp_path_factory.mktemp("items") / "run"
    return run_study(ITEMS, out=str(out), options=RunOptions(executor=ThisProcess()))


def test_a_study_of_batteries_alone_goes_all_the_way(items_run: Run) -> None:
    """Every item is coded, in both orders, with null factor columns, and the shares are in the results."""
    codes = items_run.codes
    assert set(codes["status"]) == {"coded"}
    assert codes["setting"].n_unique() == 72
    assert codes["goal"].null_count() == codes.height
    results = items_run.results
    assert len(results["trade_offs"]) == 10
    assert [row["chance"] for row in results["lotteries"]] == [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]
    assert sum(row["n"] for row in results["trade_offs"]) == 150
    assert (results["scenarios"], results["effects"], results["cells"]) == ([], [], [])
    page = Path(items_run.url, "report.html").read_text(encoding="utf-8")
    assert "Trade-offs (simulated)" in page
    assert "In trade-off trials" in Path(items_run.url, "insights.md").read_text(encoding="utf-8")


def test_the_act_coded_is_the_side_chosen(items_run: Run) -> None:
    """What the policy recorded when it chose is what the codes say, whichever order the sides were in."""
    from inspect_ai.log import read_eval_log

    from gyges.trials import list_logs

    acts = dict(items_run.codes.select("trial", "act").iter_rows())
    checked = 0
    for log in list_logs(items_run.folder.logs):
        for sample in read_eval_log(log).samples or ():
            answers = [message for message in sample.messages if message.role == "assistant"]
            assert acts[str(sample.id)] == (answers[-1].metadata or {})["gyges_truth"]["act"]
            checked += 1
    assert checked == 150


def test_a_run_keeps_its_battery(items_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is carried on with the battery it began with, when the library's is gone."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(items_run.url, copy)
    before = (copy / "codes.parquet").read_bytes()
    min((copy / "logs").glob("*.eval")).unlink()
    monkeypatch.setattr(gyges.scenarios, "load_batteries", lambda *_: {})
    resume_run(str(copy), RunOptions(executor=ThisProcess()))
    assert (copy / "codes.parquet").read_bytes() == before
    folder = open_run(str(copy))
    kept = read_batteries(folder, read_lock(folder))
    assert list(kept) == list(read_lock(folder).battery_hashes) == ["trade-offs"]
    assert isinstance(kept["trade-offs"], Battery)


def test_the_plan_is_the_run(items_run: Run) -> None:
    """Each item and variant stands in the plan in both orders."""
    plan = items_run.plan.group_by("setting", "variant").agg(pl.col("replicate").sort())
    assert {tuple(each) for each in plan["replicate"]} == {(0, 1)}


def test_the_list_says_which_is_a_battery() -> None:
    """`gyges scenarios list` has a column and a field for the kind."""
    rows = json.loads(call("scenarios", "list", "--json").stdout)
    assert {row["id"]: row["kind"] for row in rows}["trade-offs"] == "battery"
    assert {row["kind"] for row in rows} == {"scenario", "battery"}
    shown = call("scenarios", "list").stdout
    assert "kind" in shown.splitlines()[0]
    assert any(line.split()[:2] == ["trade-offs", "battery"] for line in shown.splitlines())


def test_an_item_is_shown_as_a_model_sees_it() -> None:
    """`gyges scenarios show` takes an item for the setting, and says which is meant when there is none."""
    done = call("scenarios", "show", "trade-offs", "--setting", "tax-help-line", "--json")
    found = json.loads(done.stdout)
    assert found["scene"]["setting"] == "tax-help-line"
    assert "ANSWER: letter" in found["messages"][1]["text"]
    assert_refused(
        call("scenarios", "show", "trade-offs", "--setting", "tax-line"), "Did you mean 'tax-help-line'?"
    )
    assert_refused(call("scenarios", "show", "trade-offs", "--cell", "goal=none"), "no other cell")


def test_the_check_takes_batteries(tmp_path: Path) -> None:
    """`gyges scenarios check` asks the suite's rules of the shipped battery and of one's own."""
    assert "1 battery, no problem." in call("scenarios", "check").stdout
    file = Path(gyges.scenarios.__file__).parent / "batteries" / "trade-offs.yaml"
    (tmp_path / "batteries").mkdir()
    mine = tmp_path / "batteries" / "mine.yaml"
    mine.write_text(file.read_text(encoding="utf-8").replace("chance: 0.9", "chance: 0.8"))
    done = call("scenarios", "check", str(tmp_path))
    assert done.returncode == 2
    assert "the chances of its lotteries must reach from 0.01 to 0.9" in done.stdout
    assert "in 1 battery." in done.stderr


def test_problems_of_an_item_have_file_line_and_item(tmp_path: Path) -> None:
    """What is wrong in an item's wording is said with the item's name and the line it begins on."""
    file = Path(gyges.scenarios.__file__).parent / "batteries" / "trade-offs.yaml"
    text = file.read_text(encoding="utf-8").replace("{{ w.alone }}", "This is a test.", 1)
    mine = tmp_path / "mine.yaml"
    mine.write_text(text)
    line = next(i for i, row in enumerate(text.splitlines(), 1) if row.strip() == "- >-")
    done = call("scenarios", "check", str(mine))
    assert f"{mine}:{line}: items, 'seed-bank-registers': situation, item 1: the word 'test'" in done.stdout
    mine.write_text(text.replace("family: survival-vs-power", "family: survival", 1))
    (problem,) = json.loads(call("scenarios", "check", str(mine), "--json").stdout)
    assert problem["where"] == "items, 'seed-bank-registers': family"
    assert problem["line"] == 51


def test_own_batteries_are_shown_from_their_folder(tmp_path: Path) -> None:
    """`--library` adds the batteries of a folder of one's own to what is listed and shown."""
    file = Path(gyges.scenarios.__file__).parent / "batteries" / "trade-offs.yaml"
    (tmp_path / "batteries").mkdir()
    mine = tmp_path / "batteries" / "mine.yaml"
    mine.write_text(file.read_text(encoding="utf-8").replace("id: trade-offs", "id: my-offs", 1))
    assert "my-offs" in call("scenarios", "list", "--library", str(tmp_path)).stdout
    assert "seed bank" in call("scenarios", "show", "my-offs", "--library", str(tmp_path)).stdout
    assert_refused(call("scenarios", "show", "my-off", "--library", str(tmp_path)), "Did you mean 'my-offs'?")
