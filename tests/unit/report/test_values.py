"""Values in results, page and note."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gyges.records.values import Attitude, CalibrationBin, Prediction, RevealedValues, Value
from gyges.records.verdicts import Verdict, VerdictPart
from gyges.report import make_results, write_note, write_page
from tests.unit.report import made_up
from tests.unit.report.reading import Structure


def make_rows(model: str) -> RevealedValues:
    """Make the values of one model: a hierarchy, one weight unknown, and one level of a role."""
    known = Value(
        model,
        "survival",
        "worth",
        "",
        "",
        3.0,
        2.0,
        4.0,
        0.5,
        900,
        10,
        True,
        "",
        "scenarios like these",
        "agentic",
    )
    unknown = replace(
        known, term="risk", scale="weight", estimate=None, low=None, high=None, se=None, n=0,
        identified=False, reason="acts open together <never> differ in it", scope=None,
    )  # fmt: skip
    values = (
        known,
        replace(known, term="power", estimate=-0.5, low=-1.0, high=0.2),
        replace(known, scale="weight", estimate=3.75),
        unknown,
        replace(known, factor="role", level="peer", estimate=2.5, n=300),
    )
    predictions = (
        Prediction(model, "night-shift", 90, 1.5, 2.0, 2.5, 0.25),
        Prediction(model, "audit-trail", 90, 2.1, 2.0, 2.5, -0.05),
    )
    attitudes = (
        Attitude(model, "loss against gain", 9.9, 3.0, 33.0, 48, 6, ""),
        Attitude(model, "gamble for a gain", None, None, 0.02, 72, 9, "it is refused at every chance"),
    )
    calibration = (CalibrationBin(model, 0.1, 0.2, 0.14, 0.16, 3000),)
    return RevealedValues(values, predictions, calibration, attitudes)


def make_found() -> dict[str, Any]:
    """Make the results of the made-up run with values."""
    rows = [make_rows(model) for model in made_up.MODELS]
    keys = ("values", "predictions", "calibration", "attitudes")
    sections = {key: [each for found in rows for each in getattr(found, key)] for key in keys}
    verdicts = made_up.make_verdicts(made_up.read_claims())
    return make_results(made_up.RUN, made_up.make_estimates(), verdicts, sections=sections)


def show(results: dict[str, Any]) -> str:
    """Write the page of such a run."""
    return write_page(results, claims=made_up.read_claims(), scenario_titles=made_up.TITLES)


def test_results_hold_values() -> None:
    """`values` has the fields other programs read, and null where a weight is not identified."""
    (row,) = [
        row for row in make_found()["values"] if row["term"] == "risk" and row["model"] == made_up.MODELS[0]
    ]
    assert set(row) == {
        "model", "term", "scale", "factor", "level", "estimate", "low", "high", "se", "n", "n_scenarios",
        "identified", "reason", "scope", "protocol",
    }  # fmt: skip
    assert (row["estimate"], row["identified"]) == (None, False)


def test_the_page_shows_values_with_intervals() -> None:
    """Each worth stands with its interval, what is not identified says so and why, and text is escaped."""
    page = show(make_found())
    assert not Structure(page).problems
    for words in (
        "Revealed values",
        "+3.00",
        "+2.00 to +4.00",
        "not identified",
        "role: peer",
        "audit-trail",
        "−5",
    ):
        assert words in page
    assert "&lt;never&gt;" in page
    assert "<never>" not in page


def test_results_of_before_have_no_values() -> None:
    """A document without these sections, as an earlier version wrote it, makes a page without them."""
    results = make_found()
    for key in ("values", "predictions", "calibration", "attitudes"):
        del results[key]
    assert "Revealed values" not in show(results)
    assert "securing the whole" not in write_note(results, made_up.read_claims())


def test_the_note_tells_the_order_of_worths() -> None:
    """The note's section on predictability tells worths from the largest down, then the predictions."""
    note = write_note(make_found(), made_up.read_claims())
    section = note.split("### Behavioral Predictability")[1].split("\n### ")[0]
    assert section.index("function (survival) +3.00") < section.index("power −0.50")
    assert "better than tactics alone in 1 of 2" in section
    risk = note.split("### 2. Risk Calibration")[1].split("\n### ")[0]
    assert "9.9 (95 % interval 3 to 33)" in risk
    assert "not known, it is refused at every chance" in risk


def test_odds_stand_on_a_scale_of_their_own() -> None:
    """A verdict on odds is drawn at its logarithm, one on worths in log-odds, neither in points."""
    claims = {claim.id: claim for claim in made_up.read_claims()}
    odds = Verdict(
        "C06", "m", "supported", "As it is, 95 % interval.", "odds", 4.0, 2.0, 8.0, sesoi=1.25, n=48
    )
    worth = VerdictPart("worth of survival", 3.0, 2.0, 4.0, 900, sesoi=0.0, is_weakest=True, unit="log-odds")
    found = make_results(
        made_up.RUN | {"simulated": []},
        replace(made_up.make_estimates(), models=("m",), statuses={"m": {"coded": 1}}),
        [odds, replace(odds, id="C04", estimate=3.0, low=2.0, high=4.0, sesoi=0.1, parts=(worth,))],
    )
    page = write_page(found, claims=[claims["C06"], claims["C04"]], scenario_titles={})
    assert "4.00" in page
    assert "1 is ruled out" in page
    assert "+3.00" in page
    assert "+400" not in page
    note = write_note(found, [claims["C06"], claims["C04"]])
    assert "The odds are 4.00 times (95 % interval 2.00 to 8.00" in note
