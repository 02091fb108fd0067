"""`gyges validate`, and the certificate of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gyges.analyzing import analyze_run, report_run
from gyges.cli import app
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.run_folder import open_run
from gyges.running import RunOptions
from gyges.study import Run, run_study

STUDY = """
name: small
models: [{name: gyges/random}]
scenarios: [night-shift, retraining-order]
trials: 240
design: [{kind: conjoint, share: 0.7, protocol: choice}, {kind: base, share: 0.3, protocol: choice}]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small run with a certificate."""
    study = Study(
        name="small",
        models=(ModelSpec(name="gyges/insight-profile"),),
        scenarios=("night-shift", "retraining-order"),
        trials=200,
        design=(
            DesignPart(kind="conjoint", share=0.7, protocol="choice"),
            DesignPart(kind="base", share=0.3, protocol="choice"),
        ),
    )
    return run_study(
        study, out=str(tmp_path_factory.mktemp("runs") / "small"), options=RunOptions(certificate=12)
    )


@pytest.mark.slow
def test_a_run_has_a_certificate_of_its_own(run: Run) -> None:
    """Every claim has its figures or the reason why not, and page and note show them."""
    analyze_run(run.folder, certificate=12)
    report_run(run.folder)
    study, *rows = run.results["validity"]
    assert (study["about"], study["studies"]) == ("study", 12)
    assert {row["claim"] for row in rows} == {claim["id"] for claim in run.results["claims"]}
    tested = [row for row in rows if not row["reason"]]
    assert {"C05", "C23"} <= {row["claim"] for row in tested}
    assert all(row["power"]["n"] == 12 for row in tested if row["claim"] in {"C05", "C23"})
    assert all(row["coverage"]["n"] == 0 for row in rows if row["reason"])
    page = run.folder.read("report.html").decode()
    assert "How far this instrument can be trusted here" in page
    assert "has no certificate" not in page
    assert "How far this instrument can be trusted here" in run.folder.read("insights.md").decode()


@pytest.mark.slow
def test_a_certificate_is_kept_and_made_again_when_it_no_longer_fits(run: Run) -> None:
    """The same analysis reads it from the folder; a damaged one, or another size, is made anew."""
    folder = open_run(run.url)
    kept = folder.read("certificate.json")
    first = analyze_run(folder, certificate=12)
    marked = json.loads(kept) | {"seed": -1}
    folder.write("certificate.json", json.dumps(marked).encode())
    assert analyze_run(folder, certificate=12)["validity"][0]["seed"] == -1
    for damaged in (b"no json", b"[]", json.dumps(marked | {"claims_hash": "other"}).encode()):
        folder.write("certificate.json", damaged)
        assert analyze_run(folder, certificate=12) == first
    assert folder.read("certificate.json") == kept


@pytest.mark.slow
def test_a_report_without_a_certificate_says_so(run: Run) -> None:
    """`--no-certificate` leaves it out, and the page says that nothing is known of power."""
    folder = open_run(run.url)
    done = CliRunner().invoke(app, ["analyze", run.url, "--no-certificate"])
    assert done.exit_code == 0, done.output
    report_run(folder)
    assert run.results["validity"] == []
    assert "has no certificate" in folder.read("report.html").decode()
    assert "has no certificate" in folder.read("insights.md").decode()


@pytest.mark.slow
def test_validate_prints_truth_against_verdict(tmp_path: Path) -> None:
    """The command says which way each study went, and its counts add up to all verdicts of known truth."""
    (tmp_path / "small.yaml").write_text(STUDY, encoding="utf-8")
    words = ["validate", str(tmp_path / "small.yaml"), "--profiles", "2", "--studies", "3"]
    done = CliRunner().invoke(app, [*words, "--full", "1", "--workers", "1", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "by the fast path 21 studies" in done.output
    assert "all the way 1 study" in done.output
    result = json.loads((tmp_path / "out" / "validity.json").read_text())
    assert result["studies"] == {"probabilities": 21, "transcripts": 1}
    total = sum(sum(words.values()) for row in result["claims"] for words in row["counts"].values())
    assert total == sum(sum(words.values()) for words in result["all"]["counts"].values()) > 0
    assert (tmp_path / "out" / "drawn-01" / "report.html").exists()


@pytest.mark.slow
def test_validate_is_the_same_by_its_seed(tmp_path: Path) -> None:
    """The same seed gives the same JSON, and another seed draws other agents."""
    (tmp_path / "small.yaml").write_text(STUDY, encoding="utf-8")
    words = ["validate", str(tmp_path / "small.yaml"), "--profiles", "1", "--studies", "1", "--full", "0"]
    one, same, other = (
        CliRunner().invoke(app, [*words, "--json", "--seed", seed]).stdout for seed in ("1", "1", "2")
    )
    assert json.loads(one) == json.loads(same) != json.loads(other)
    assert CliRunner().invoke(app, [*words, "--profiles", "0"], standalone_mode=False).exit_code != 0
