"""A run whose transcripts were judged and labelled."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from gyges.analyzing import analyze_run, report_run
from gyges.run_folder import open_run


def judge(folder: Path) -> pl.DataFrame:
    """Write answers of two judges, and their majority into the codes; give the trials they coded."""
    codes = pl.read_parquet(folder / "codes.parquet")
    coded = codes.filter(pl.col("status") == "coded").with_row_index()
    said = coded.select(
        "trial", value=pl.when(pl.col("index") % 3 == 0).then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    flipped = pl.col("trial").hash(1) % 10 == 0
    other = said.with_columns(value=pl.when(flipped).then(pl.lit("no")).otherwise(pl.col("value")))
    answers = pl.concat(
        [
            each.with_columns(
                coder=pl.lit(name),
                item=pl.lit("eval-aware"),
                act=pl.lit(""),
                status=pl.lit("coded"),
                reason=pl.lit(""),
                input_tokens=pl.lit(10, pl.Int64),
                output_tokens=pl.lit(1, pl.Int64),
                cost=pl.lit(None, pl.Float64),
            )
            for name, each in (("mock/a", said), ("mock/b", other))
        ]
    )
    answers.write_parquet(folder / "answers.parquet")
    codes.drop("code_eval_aware", strict=False).join(
        said.rename({"value": "code_eval_aware"}), on="trial", how="left", maintain_order="left"
    ).write_parquet(folder / "codes.parquet")
    return said


def test_judges_and_labels_reach_results_page_and_note(run_copy: Path) -> None:
    """Answers without labels are unchecked; with labels they are held against them, and rates corrected."""
    said = judge(run_copy)
    folder = open_run(str(run_copy))
    first = analyze_run(folder)
    assert {row["status"] for row in first["judges"]} == {"judge unchecked"}
    assert {row["corrected"] for row in first["codes"]} == {None}
    labels = said.head(80).with_columns(item=pl.lit("eval-aware"), act=pl.lit(""), labeller=pl.lit("ann"))
    labels.write_parquet(run_copy / "labels.parquet")
    second = analyze_run(folder)
    rows = {row["coder"]: row for row in second["judges"]}
    assert rows["mock/a"]["alpha"] == 1
    assert rows["mock/b"]["alpha"] < 1
    assert rows["majority"]["status"] == "checked"
    (whole,) = [row for row in second["codes"] if row["arm"] == "all"]
    assert whole["corrected"]["low"] < whole["raw"]["rate"] < whole["corrected"]["high"]
    assert analyze_run(folder) == second
    report_run(folder)
    assert "majority of the judges" in (run_copy / "report.html").read_text()
    assert "**Judges.** 2 judges coded 1 question." in (run_copy / "insights.md").read_text()
    same = {"judges", "judge_pairs", "codes", "code_differences", "claims", "reasons"}
    words = [
        {row["id"]: row["verdict"] for row in each["claims"] if row["id"] not in {"A1", "A7"}}
        for each in (first, second)
    ]
    assert words[0] == words[1]
    assert {k: v for k, v in first.items() if k not in same} == {
        k: v for k, v in second.items() if k not in same
    }
