"""Judges and the rates of what they coded, in results, page and note."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from gyges.records.estimates import Rate
from gyges.records.judges import CodeDifference, CodeRate, Corrected, JudgePair, JudgeRow
from gyges.report import make_results, write_note, write_page
from tests.unit.report import made_up
from tests.unit.report.reading import Structure


def make_row(coder: str, kind: str, item: str = "refusal", **more: Any) -> JudgeRow:
    """Make a row of a checked coder."""
    values = {
        "agreement": 0.9,
        "alpha": 0.7,
        "kappa": 0.71,
        "ac1": 0.85,
        "sensitivity": 0.8,
        "specificity": 0.92,
    }
    ends = {"": 0.0, "_low": -0.06, "_high": 0.05}
    given = {
        "n": 1990,
        "unscored": 10,
        "n_compared": 150,
        "n_labels": 150,
        "status": "checked",
        **{f"{name}{end}": value + step for name, value in values.items() for end, step in ends.items()},
        **more,
    }
    return JudgeRow(coder, kind, item, **given)  # type: ignore[arg-type]  # plain values


def make_unchecked(coder: str, kind: str, item: str) -> JudgeRow:
    """Make a row of a coder nobody checked."""
    return JudgeRow(coder, kind, item, 1990, 10, reason="no labels")  # type: ignore[arg-type]  # a kind


def make_rate(
    model: str, item: str, corrected: Corrected | None, reason: str = "", arm: str = "all"
) -> CodeRate:
    """Make the rate of a code."""
    raw = Rate(0.31, 0.29, 0.33, 1990, 10, 0.308, 0.313)
    return CodeRate(model, item, "yes", arm, raw, corrected, reason, 150, "agentic", "drawn")


def make_sections() -> dict[str, Any]:
    """Make what is known of two judges on two questions, one of them without labels."""
    worth: dict[str, Any] = {"effective_judges": 1.4, "effective_low": 1.2, "effective_high": 1.7}
    no_label = "judge unchecked: no label in this arm"
    return {
        "judges": [
            make_row("openai/judge-a", "judge"), make_row("anthropic/judge-b", "judge"),
            make_row("rules", "rules"), make_row("majority", "majority", **worth),
            make_row("judges", "among judges"), make_row("labellers", "among labellers"),
            make_unchecked("openai/judge-a", "judge", "eval-aware"),
            make_unchecked("majority", "majority", "eval-aware"),
        ],
        "judge_pairs": [JudgePair("refusal", "a", "b", 1980, 0.9, 0.7, 0.65, 0.75, 0.85, 0.7)],
        "codes": [
            make_rate(model, item, fixed, reason, arm)
            for model in made_up.MODELS
            for item, fixed, reason in (
                ("refusal", Corrected(0.27, 0.22, 0.33), ""), ("eval-aware", None, no_label),
            )
            for arm in ("all", "reputation=high")
        ],
        "code_differences": [
            CodeDifference(
                made_up.MODELS[0], "refusal", "yes", "reputation=high", "reputation=low",
                Corrected(0.1, 0.05, 0.15), None, no_label, "agentic", "drawn",
            )
        ],
    }  # fmt: skip


def make_found(**changes: Any) -> dict[str, Any]:
    """Make the results of the made-up run with judges."""
    verdicts = made_up.make_verdicts(made_up.read_claims())
    return make_results(made_up.RUN, made_up.make_estimates(), verdicts, sections=make_sections()) | changes


def show(results: dict[str, Any]) -> str:
    """Write the page of such a run."""
    return write_page(results, claims=made_up.read_claims(), scenario_titles=made_up.TITLES)


def test_results_hold_what_is_known_of_judges() -> None:
    """`judges` and `codes` have the fields other programs read; a correction that is not there is null."""
    results = make_found()
    assert set(results["judges"][0]) >= {
        "coder", "item", "n", "unscored", "alpha", "alpha_low", "alpha_high", "kappa", "kappa_low", "ac1",
        "ac1_low", "sensitivity", "sensitivity_low", "specificity", "n_labels", "effective_judges", "status",
    }  # fmt: skip
    for row, given in zip(results["judges"], make_sections()["judges"], strict=True):
        assert row == pytest.approx(asdict(given))
    first, third = results["codes"][0], results["codes"][2]
    assert set(first) >= {"model", "item", "arm", "raw", "corrected", "reason"}
    assert set(first["raw"]) >= {"rate", "low", "high", "n"}
    assert first["corrected"] == {"rate": 0.27, "low": 0.22, "high": 0.33}
    assert (third["corrected"], third["reason"]) == (None, "judge unchecked: no label in this arm")
    assert results["code_differences"][0]["reference"] == "reputation=low"


def test_a_run_without_judges_says_nothing_of_them() -> None:
    """Without answers the sections are empty, and page and note are as they were."""
    claims = made_up.read_claims()
    results = made_up.make_results_of(claims)
    assert [results[name] for name in ("judges", "judge_pairs", "codes", "code_differences")] == [
        [],
        [],
        [],
        [],
    ]
    page = show(results)
    assert 'id="judges"' not in page
    assert "Codes by judges" not in page
    assert "no judge read the transcripts" in page
    assert "**Judges.**" not in write_note(results, claims)
    for name in ("judges", "judge_pairs", "codes", "code_differences"):
        del results[name]
    assert show(results) == page


def test_the_page_has_a_table_of_judges() -> None:
    """Every row stands in it with its numbers; who is unchecked is said to be."""
    page = show(make_found())
    structure = Structure(page)
    assert structure.problems == []
    text = " ".join(structure.text.split())
    assert ("h2", {"id": "judges"}) in structure.elements
    assert "majority of the judges" in text
    assert "labellers among each other" in text
    assert "0.70" in text
    assert "0.64 to 0.75" in text
    assert "1.4" in text
    assert page.count('<span class="flag">judge unchecked</span>') == 2
    assert "no judge read the transcripts" not in page


def test_the_page_shows_corrected_rates_beside_raw_ones() -> None:
    """Each model has its codes, all arms together; without labels the reason stands in the rate's place."""
    page = show(make_found())
    assert page.count("Codes by judges") == 2
    assert page.count('aria-label="corrected: 27\u00a0%, 95 % interval 22\u00a0% to 33\u00a0%"') == 2
    assert page.count('aria-label="not corrected: 31\u00a0%, 95 % interval 29\u00a0% to 33\u00a0%"') == 2
    assert page.count("judge unchecked: no label in this arm") == 2


def test_the_note_says_in_a_paragraph_what_judges_are_worth() -> None:
    """It names agreement, checks, worth and what is unchecked, in the summary."""
    claims = made_up.read_claims()
    note = write_note(make_found(), claims)
    (paragraph,) = [part for part in note.split("\n\n") if part.startswith("**Judges.**")]
    assert paragraph == (
        "**Judges.** 2 judges coded 2 questions. Among each other, Krippendorff's alpha is 0.70."
        " Labels check 1 question; there the majority's alpha with people is 0.70."
        " Against the labels they are worth 1.4 independent judges."
        " No label checks eval-aware: judge unchecked, and these rates are not corrected."
    )
    assert note.index("## Executive Summary") < note.index("**Judges.**") < note.index("## Core")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><b>{{ 7 }}', "<i>{% x %}&"])
def test_names_of_judges_are_only_text(text: str) -> None:
    """Whatever a judge or a question is called reaches page and note escaped."""
    rows = [asdict(make_row(text, "judge", text)), asdict(make_unchecked("majority", "majority", text))]
    results = make_found(judges=rows)
    page = show(results)
    assert text not in page
    assert Structure(page).problems == []
    assert "<script>" not in write_note(results, made_up.read_claims())
