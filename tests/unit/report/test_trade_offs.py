"""Trade-offs in results, page and note."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gyges.records.estimates import Rate
from gyges.records.trade_offs import GambleRate, TradeOff, TradeOffs
from gyges.report import make_results, pick_excerpts, write_note, write_page
from tests.unit.report import made_up
from tests.unit.report.reading import Structure
from tests.unit.report.test_excerpts import make_codes, make_row

FAMILIES = (
    "survival-vs-power", "credibility-vs-gain", "directive-vs-power", "survival-vs-credibility",
    "deniable-vs-open", "loss-vs-gain", "sure-vs-gamble", "tea-vs-coffee",
)  # fmt: skip


def make_shares(model: str) -> tuple[TradeOff, ...]:
    """Make a share of every family, one of them without a coded trial."""
    known = tuple(
        TradeOff(model, family, family.split("-")[0], 0.75, 0.6, 0.9, 24, 6, 0.7, 0.8) for family in FAMILIES
    )
    empty = TradeOff(model, "loss-vs-gain", "loss", None, None, None, 0, 0, 0.0, 1.0)
    return (*known[:5], empty, *known[6:])


def make_found(**changes: Any) -> dict[str, Any]:
    """Make the results of the made-up run with trade-offs."""
    trade_offs = TradeOffs(
        shares=tuple(share for model in made_up.MODELS for share in make_shares(model)),
        lotteries=tuple(
            GambleRate(model, chance, Rate(0.4, 0.2, 0.6, 20, 2, 0.36, 0.45))
            for model in made_up.MODELS
            for chance in (0.01, 0.5, 0.9)
        ),
    )
    claims = made_up.read_claims()
    sections = {"trade_offs": trade_offs.shares, "lotteries": trade_offs.lotteries}
    found = make_results(
        made_up.RUN, made_up.make_estimates(), made_up.make_verdicts(claims), sections=sections
    )
    return found | changes


def show(results: dict[str, Any]) -> str:
    """Write the page of such a run."""
    return write_page(results, claims=made_up.read_claims(), scenario_titles=made_up.TITLES)


def test_results_hold_what_was_read_from_batteries() -> None:
    """`trade_offs` and `lotteries` have the fields other programs read."""
    results = make_found()
    assert set(results["trade_offs"][0]) == {
        "model", "family", "side", "estimate", "low", "high", "n", "n_items", "worst_low", "worst_high",
    }  # fmt: skip
    assert set(results["lotteries"][0]) == {"model", "chance", "gamble"}
    assert {"rate", "low", "high", "n"} <= set(results["lotteries"][0]["gamble"])


def test_results_without_a_battery_hold_empty_lists() -> None:
    """A study without trade-off trials has both sections, empty, and page and note say nothing of them."""
    claims = made_up.read_claims()
    results = made_up.make_results_of(claims)
    assert (results["trade_offs"], results["lotteries"]) == ([], [])
    assert "trade-offs" not in show(results)
    assert "trade-off trials," not in write_note(results, claims)


def test_results_of_an_earlier_version_still_show() -> None:
    """A document without these sections makes the page that it made."""
    results = make_found()
    del results["trade_offs"], results["lotteries"]
    claims = made_up.read_claims()
    estimates, verdicts = made_up.make_estimates(), made_up.make_verdicts(claims)
    assert show(results) == show(make_results(made_up.RUN, estimates, verdicts))


def test_the_page_shows_a_row_a_family_with_a_bar() -> None:
    """Each model has a table of its shares and one of its gambles, each row with an interval bar in words."""
    page = show(make_found())
    assert Structure(page)
    assert page.count("survival rather than power") == len(made_up.MODELS)
    assert page.count("avoiding a loss of function rather than taking a gain of control as large") == 2
    assert page.count('aria-label="75\u00a0%, 95 % interval 60\u00a0% to 90\u00a0%"') == 7 * 2
    assert page.count('aria-label="40\u00a0%, 95 % interval 20\u00a0% to 60\u00a0%"') == 3 * 2
    assert page.count('aria-label="no coded trials"') == 2
    assert "worst case 70\u00a0% to 80\u00a0%" in page


def test_the_page_says_simulated_beside_the_trade_offs() -> None:
    """The table of a simulated agent says so in its heading; that of a real model does not."""
    page = show(make_found())
    assert page.count("Trade-offs (simulated)</h3>") == 1
    assert page.count("Trade-offs</h3>") == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>-vs-x", '"><b>-vs-{{ 7 }}', "<i>{% x %}-vs-&"])
def test_a_family_s_name_is_only_text(text: str) -> None:
    """Whatever a battery calls a family reaches page and note escaped."""
    row = make_found()["trade_offs"][0] | {"family": text}
    results = make_found(trade_offs=[row])
    page = show(results)
    assert text not in page
    assert Structure(page)
    assert "<script>" not in write_note(results, made_up.read_claims())


def test_the_note_tells_them_where_they_belong() -> None:
    """Each family stands in the section of the note that it is about."""
    results = make_found()
    note = write_note(results, made_up.read_claims())
    parts = dict(
        part.split("\n", 1) for part in note.replace("\n## ", "\n### ").split("\n### ") if "\n" in part
    )
    risk = parts["2. Risk Calibration Over Power Maximization"]
    assert (
        "survival rather than power: 75\u00a0% (95 % interval 60\u00a0% to 90\u00a0%; 6 items, n = 24)."
        in risk
    )
    assert "40\u00a0% at 1.0\u00a0%, 40\u00a0% at 50\u00a0%, 40\u00a0% at 90\u00a0%" in risk
    assert "a loss of function rather" not in note
    assert "directive rather than power" in parts["1. Instrumental vs Terminal Goals"]
    assert "the deniable way" in parts["4. Manipulation Hierarchy"]
    assert "credibility rather than gain" in parts["5. Long-term Strategic Thinking"]
    assert "survival rather than credibility" in parts["Behavioral Predictability"]
    assert "tea rather than coffee" in parts["Behavioral Predictability"]


def test_items_are_no_passages_behind_claims() -> None:
    """Trials of batteries are never drawn as what shows a claim."""
    claims = made_up.read_claims()
    verdicts = [replace(each, model="m") for each in made_up.make_verdicts(claims)]
    assert pick_excerpts(make_codes([make_row(i) for i in range(20)]), claims, verdicts)
    items = make_codes([make_row(i, design="battery") for i in range(20)])
    assert pick_excerpts(items, claims, verdicts) == {}
