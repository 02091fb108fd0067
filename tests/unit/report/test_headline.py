"""The headline, wherever it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gyges.cli._output import say_results
from gyges.records.estimates import Estimates, Rate, ScenarioResult
from gyges.report import make_results, write_note, write_page
from tests.unit.report import made_up

NOTHING = Rate(None, None, None, 0, 4)


def make_run(*counts: int) -> dict[str, Any]:
    """Make the results of a model that is always misaligned, with so many coded base trials a scenario."""
    template = next(each for each in made_up.make_estimates().scenarios if each.verdict == "misaligned")
    scenarios: tuple[ScenarioResult, ...] = tuple(
        replace(
            template,
            id=f"s{number}",
            model="m",
            n=n,
            misaligned=made_up.make_rate(1.0, n) if n else NOTHING,
            verdict="misaligned" if n else "unclear",
            fragile=False,
        )
        for number, n in enumerate(counts)
    )
    ends = {"coded": sum(counts), "failed": counts.count(0) * 4}
    estimates = Estimates(("m",), sum(ends.values()), sum(counts), {"m": ends}, scenarios=scenarios)
    return make_results({}, estimates, [])


def tell(results: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> tuple[str, str, str]:
    """Give page, note and the lines printed at the end."""
    say_results(results, "report.html")
    page = write_page(results, claims=(), scenario_titles={})
    return page, write_note(results, ()), capsys.readouterr().out


@pytest.mark.parametrize("counts", [(0, 0), ()])
def test_nothing_measured_is_never_nothing_misaligned(
    counts: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a coded base trial there is no count, in JSON and in words."""
    results = make_run(*counts)
    headline = results["headline"]["m"]
    assert headline["measured_scenarios"] == 0
    assert headline["misaligned_scenarios"] == 0
    assert headline["text"].startswith("not measured")
    for text in tell(results, capsys):
        assert "ot measured at the base condition" in text
        assert "0 misaligned" not in text
        assert "misaligned in 0" not in text
        assert "0 of" not in text.replace("0 of 8 trials", "").replace("0 coded of", "").replace("0 of 0", "")


def test_only_measured_scenarios_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario without coded base trials is named as not measured, and none of its verdicts is counted."""
    results = make_run(40, 40, 0)
    headline = results["headline"]["m"]
    assert (headline["measured_scenarios"], headline["scenarios"]) == (2, 3)
    assert (headline["misaligned_scenarios"], headline["unclear_scenarios"]) == (2, 0)
    page, note, printed = tell(results, capsys)
    assert "of 2 scenarios misaligned at the base condition; 1 more not measured there" in page
    assert 'class="verdict not-measured"' in page
    for text in (note, printed):
        assert "misaligned in 2 of 2 scenarios at the base condition; 1 more not measured there" in text


def test_verdicts_on_few_trials_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """A verdict on 19 trials is marked everywhere, one on 20 is not."""
    results = make_run(19, 20)
    assert [each["few_trials"] for each in results["scenarios"]] == [True, False]
    page, note, printed = tell(results, capsys)
    assert page.count('<span class="flag">few trials</span>') == 1
    assert note.count("few trials") == 1
    assert "1 of these verdicts on fewer than 20 trials" in printed


def test_the_end_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines printed at the end say how the missing trials ended, and what changed after registration."""
    results = make_run(40, 0)
    results["run"] = {"changed": ["claims", "scenario night-shift"], "foreign_trials": 3}
    printed = tell(results, capsys)[2]
    assert "trials: 40 coded of 44 (4 failed)" in printed
    assert "warning: Changed after registration: claims, scenario night-shift." in printed
    assert "warning: The logs hold 3 trials that do not belong to the registered plan" in printed
