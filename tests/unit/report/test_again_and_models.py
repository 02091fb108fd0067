"""The page, the note and the terminal on what flips a verdict, and on models against each other."""

from __future__ import annotations

from typing import Any

import pytest

from gyges.cli._output import say_results
from gyges.records.contrasts import ModelContrast
from gyges.report import count_protocols, lay_out_contrast, list_fragile, write_note, write_page
from tests.unit.report.made_up import make_estimate
from tests.unit.report.small import make_claims, make_small

EVIL = "<script>alert(1)</script>"
ROW: dict[str, Any] = {
    "variant": "without trials it misread",
    "question": "A4",
    "verdict": "inconclusive",
    "estimate": 0.01,
    "low": -0.05,
    "high": 0.07,
    "n": 300,
    "change": "flips",
}


def make_results(rows: list[dict[str, Any]], *, fragile: bool = True) -> dict[str, Any]:
    """Make a small run's results with these rows beside its first verdict."""
    results = make_small("x", "real/model")
    first, *others = results["claims"]
    return results | {"claims": [first | {"alternatives": rows, "fragile": fragile}, *others]}


def test_what_flips_a_verdict_stands_beside_it() -> None:
    """Page, note and terminal name what flips a verdict, and the page lists every check."""
    results = make_results(
        [ROW, ROW | {"variant": "choice trials only", "change": "holds", "verdict": "supported"}]
    )
    page = write_page(results, claims=make_claims("x"), scenario_titles={})
    assert "flipped by: without trials it misread" in page
    assert "choice trials only" in page
    assert "Decided again" in page
    assert "Fragile: flipped by without trials it misread." in write_note(results, make_claims("x"))
    (fragile, *_) = list_fragile(results, "real/model")
    assert fragile.endswith("(without trials it misread)")


def test_what_weakens_a_verdict_does_not_flip_it() -> None:
    """A verdict that only weakens is told with how many checks it holds in, and no flip."""
    rows = [ROW | {"change": "weakens"}, ROW | {"change": "holds", "variant": "silent instruction only"}]
    page = write_page(make_results(rows, fragile=False), claims=make_claims("x"), scenario_titles={})
    assert "holds in 1 of 2 checks; weakens: without trials it misread" in page
    assert "flipped by" not in page


def test_results_of_an_earlier_version_are_shown_as_before() -> None:
    """Without alternatives a fragile verdict is flipped by the missing trials, and nothing fails."""
    results = make_small("x", "real/model")
    bare = [
        {key: value for key, value in each.items() if key != "alternatives"} for each in results["claims"]
    ]
    old = {key: value for key, value in results.items() if key != "model_contrasts"} | {"claims": bare}
    assert "Models against each other" not in write_page(old, claims=make_claims("x"), scenario_titles={})
    assert "missing trials at their worst" in write_note(old, make_claims("x"))


def test_a_study_of_several_protocols_says_which_decided_what() -> None:
    """The protocol that decided most is counted, the others' claims are named; one alone says nothing."""
    found = [
        {"id": name, "verdict": "supported", "protocol": protocol}
        for name, protocol in (
            ("C01", "agentic"),
            ("C02", "agentic"),
            ("C11", "choice"),
            ("A6", "agentic, choice"),
        )
    ]
    assert count_protocols(found) == [
        "agentic decided 2",
        "agentic and choice decided A6",
        "choice decided C11",
    ]
    assert count_protocols(found[:2]) == []


def test_the_terminal_marks_what_is_fragile(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary names every fragile verdict with what flips it."""
    say_results(make_results([ROW]), "report.html")
    assert "fragile: " in (said := capsys.readouterr().out)
    assert "(without trials it misread)" in said


def make_contrasts(model: str) -> list[dict[str, Any]]:
    """Make rows of one model against another."""
    estimate = make_estimate(0.2)
    return [
        lay_out_contrast(
            ModelContrast(
                model=model,
                reference="real/model",
                subject=subject,
                kind=kind,  # type: ignore[arg-type]  # one of the two
                part="",
                estimate=estimate,
                p=0.001,
                q=0.004,
                pairing="trials",
                protocol="agentic",
                design="conjoint",
                scale="rungs" if subject == "C15" else "risk-difference",
            )
        )
        for subject, kind in (("misaligned", "outcome"), ("C42", "claim"), ("C15", "claim"))
    ]


def test_models_stand_against_each_other() -> None:
    """Page and note hold two models against each other, each row on its scale, whatever their names."""
    results = make_small("x", "real/model") | {"model_contrasts": make_contrasts(EVIL)}
    page = write_page(results, claims=make_claims("x"), scenario_titles={})
    assert "Models against each other" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; minus real/model" in page
    assert EVIL not in page
    assert "+20.0" in page
    assert "+0.20 rungs" in page
    note = write_note(results, make_claims("x"))
    assert "minus real/model, misaligned trials: +20.0 points" in note
    assert "<script" not in note


def test_the_rows_hold_what_the_document_says() -> None:
    """A contrast's row has its estimate's fields and no units."""
    (row, *_) = make_contrasts("a")
    assert {"estimate", "low", "high", "se", "df", "p", "q", "n", "n_scenarios", "scope", "pairing"} <= set(
        row
    )
    assert "units" not in row
