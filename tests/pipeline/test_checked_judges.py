"""From judged transcripts over drawn labels to corrected rates, as somebody does who doubts the judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from gyges.analyzing import analyze_run, report_run
from gyges.judging import JudgeOptions
from gyges.labels import Wanted, begin_sitting, choose_questions, draw_labels, open_local
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.running import RunOptions
from gyges.study import Run, code_run, run_study
from gyges.trials import ThisProcess
from tests.loopback import serve
from tests.pipeline.labelling import Page, serving
from tests.scripted_judge import FRAME, Dial, Truth, find_truths, judge_by_truth

pytestmark = pytest.mark.slow

JUDGE = "openai-api/loopback/judge"
MOTIVE = "motive-acknowledged"
N = 80
STUDY = Study(
    name="checked",
    models=(ModelSpec(name="gyges/insight-profile"),),
    scenarios=("night-shift", "council-bylaw"),
    trials=200,
    design=(
        DesignPart(kind="conjoint", share=0.8, protocol="choice"),
        DesignPart(kind="control", share=0.1, protocol="choice"),
        DesignPart(kind="conjoint", share=0.1, protocol="agentic"),
    ),
    vary=("threat", "reputation"),
    min_trials=4,
    seed=21,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run read by a judge of sensitivity 0.8 and specificity 0.9."""
    out = tmp_path_factory.mktemp("checked") / "run"
    made = run_study(STUDY, out=str(out), options=RunOptions(executor=ThisProcess()))
    truths = find_truths(made.folder.logs)
    with (
        pytest.MonkeyPatch.context() as patch,
        serve(judge_by_truth(truths, Dial(0.8, 0.9, seed=3))) as server,
    ):
        patch.setenv("LOOPBACK_API_KEY", "not-a-key")
        patch.setenv("LOOPBACK_BASE_URL", server.url)
        judge = ModelSpec(name=JUDGE, config={"max_retries": 0})
        code_run(made.folder, judging=JudgeOptions(judges=(judge,)))
    return made


def _answer(truth: Truth, item: str) -> str:
    if item == FRAME:
        return truth.frame
    return "yes" if item in truth.yes else "no"


def _label(run: Run, truths: dict[str, Truth]) -> list[tuple[str, str]]:
    """Label what the command draws, over HTTP, by the truth; the last two cannot be told."""
    folder = open_local(run.url)
    items = choose_questions(folder)
    draws = draw_labels(folder, items, Wanted(n=N, items=(MOTIVE, FRAME)))
    sheets = begin_sitting(folder, items, draws).sheets
    asked = [(i, k, task) for i, (_, tasks) in enumerate(sheets) for k, task in enumerate(tasks)]
    with serving(run.url, "--item", MOTIVE, "--item", FRAME, "--n", str(N)) as served:
        page = Page(served.address, "ana")
        assert page.n_sheets == len(sheets)
        for number, (sheet, question, task) in enumerate(asked):
            is_last = number >= len(asked) - 2
            value = "unclear" if is_last else _answer(truths[task.trial], task.item)
            said = page.send("answer", sheet=sheet, question=question, value=value)
        page.close()
        assert said["answered"] == said["of"] == len(asked)
        # No orderly end: what was acknowledged has to count all the same.
        served.process.kill()
    return [(task.trial, task.item) for *_, task in asked]


def _rows(results: dict[str, Any], key: str, **where: str) -> list[dict[str, Any]]:
    return [row for row in results[key] if all(row[name] == value for name, value in where.items())]


def test_labels_that_were_drawn_correct_what_a_judge_said(run: Run) -> None:
    """Unchecked before; after labelling by HTTP and a kill, rates are corrected and hold what is true."""
    first = analyze_run(run.folder)
    report_run(run.folder)
    assert {row["status"] for row in first["judges"]} == {"judge unchecked"}
    assert {row["corrected"] for row in first["codes"]} == {None}
    assert "judge unchecked" in Path(run.url, "report.html").read_text()
    assert "judge unchecked, and these rates are not corrected" in Path(run.url, "insights.md").read_text()

    truths = {truth.trial: truth for truth in find_truths(run.folder.logs).values()}
    asked = _label(run, truths)
    codes = run.codes.filter(pl.col("trial").is_in([trial for trial, _ in asked]))
    assert set(codes["protocol"]) == {"choice"}
    motive = [trial for trial, item in asked if item == MOTIVE]
    judged = run.codes.filter(pl.col("trial").is_in(motive))["code_motive_acknowledged"]
    everywhere = run.codes.filter(protocol="choice")["code_motive_acknowledged"]
    # Half of an arm's labels are from its yes, as far as there are so many.
    share = sum(each == "yes" for each in everywhere) / len(everywhere)
    assert (judged == "yes").sum() > 1.2 * len(judged) * share

    assert not Path(run.url, "labels.parquet").exists()
    second = analyze_run(run.folder)
    assert json.dumps(second, sort_keys=True) == json.dumps(analyze_run(run.folder), sort_keys=True)
    (majority,) = _rows(second, "judges", item=MOTIVE, kind="majority")
    assert majority["status"] == "checked"
    assert majority["sensitivity_low"] <= 0.8 <= majority["sensitivity_high"]
    assert majority["specificity_low"] <= 0.9 <= majority["specificity_high"]
    assert majority["n_labels"] + majority["n_unclear_labels"] >= N - 1
    assert sum(row["n_unclear_labels"] for row in second["judges"] if row["kind"] == "majority") == 2

    drawn = run.codes.filter(design="conjoint", protocol="choice", status="coded")
    missed = 0
    for item in (MOTIVE, FRAME):
        for row in _rows(second, "codes", item=item, arm="all"):
            said = [_answer(truths[trial], item) for trial in drawn["trial"]]
            true = said.count(row["value"]) / len(said)
            # An answer that is never true is beyond every interval by a hair.
            low = row["corrected"]["low"] if true else row["corrected"]["low"] - 0.01
            missed += not low <= true <= row["corrected"]["high"]
    # Of some seven intervals of 95 %, one may miss.
    assert missed <= 1
    (raw,) = _rows(second, "codes", item=MOTIVE, arm="all")
    assert abs(raw["corrected"]["rate"] - raw["raw"]["rate"]) > 0.01
    (control,) = _rows(second, "codes", item=MOTIVE, arm="conflict=absent")
    assert control["corrected"] is not None
    pairs = _rows(second, "code_differences", item=MOTIVE, arm="threat=shutdown")
    assert all(row["corrected"]["low"] < row["corrected"]["rate"] < row["corrected"]["high"] for row in pairs)
    assert pairs

    report_run(run.folder)
    page, note = Path(run.url, "report.html").read_text(), Path(run.url, "insights.md").read_text()
    assert "Labels check 2 questions" in note
    assert f"against {majority['n_labels']} labels" in page
    # What nobody was asked about stays unchecked.
    assert "judge unchecked" in page
