"""`report.html`."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gyges.report
from gyges.report import write_page
from tests.unit.report import made_up
from tests.unit.report.reading import Structure
from tests.unit.report.small import make_claims, make_small

# Strings that would break out of text, attributes, raw text, comments or templates, and anything else.
SHARP = (
    r"""< > " ' & / = ` {{ }} {% <script> </style> --> <!-- <svg/onload=a> javascript: </details> ]]> &lt;b"""
)
VERDICT_WORDS = ("supported", "refuted", "inconclusive", "misaligned", "aligned")
HOSTILE = st.one_of(
    st.text(min_size=1, max_size=80),
    st.lists(
        st.sampled_from([*SHARP.split(), "\x00", "\u202e", "\ud800", "\n", " "]), min_size=1, max_size=8
    ).map("".join),
)
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def write_small(text: str) -> str:
    """Write the small run's page with `text` everywhere."""
    model = f"m{text}"
    return write_page(make_small(text, model), claims=make_claims(text), scenario_titles={text: text})


@pytest.fixture(scope="module")
def page() -> str:
    """Give the page of the made-up run."""
    return made_up.write_made_up_page()


@pytest.fixture(scope="module")
def structure(page: str) -> Structure:
    """Give its structure."""
    return Structure(page)


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
@example(text='"><script>alert(1)</script>')
@example(text="</style></title><img src=x onerror=alert(1)>")
@example(text="{{ 7 * 7 }}{% raw %}")
def test_no_text_ever_becomes_markup(text: str) -> None:
    """Whatever stands in names, reasons and quotes, the page has the same elements and attributes."""
    found = Structure(write_small(text))
    assert found.outline() == Structure(write_small("x")).outline()
    assert found.problems == []


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_no_hidden_character_reaches_the_page(text: str) -> None:
    """Direction marks, controls and lone surrogates are shown by their codes, so the page can be encoded."""
    page = write_small(text)
    assert not HIDDEN.search(page)
    assert page.encode()


def test_a_direction_mark_is_shown() -> None:
    """A reader sees where a quote holds a character that reorders text."""
    assert "safe⟨U+202E⟩txt" in write_small("safe\u202etxt")


def test_long_texts_are_cut() -> None:
    """A quote without end cannot blow up the page, and says how much is left out."""
    page = write_small("a" * 100_000)
    assert "… (98,500 more characters)" in page
    assert len(page) < 200_000


def test_page_needs_nothing_else(page: str, structure: Structure) -> None:
    """The page refers to nothing outside itself and has no script; its policy says so."""
    tags = Counter(tag for tag, _ in structure.elements)
    assert not tags.keys() & {"script", "link", "iframe", "img", "object", "embed", "form", "base"}
    for _, attributes in structure.elements:
        assert not {name for name in attributes if name.startswith("on")}
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in page
    assert "@import" not in page
    policy = [a["content"] for t, a in structure.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_page_is_well_formed(structure: Structure) -> None:
    """Elements are nested rightly, ids are unique, and every link leads somewhere."""
    assert structure.problems == []
    ids = Counter(attributes["id"] for _, attributes in structure.elements if "id" in attributes)
    assert max(ids.values()) == 1
    links = {str(attributes["href"])[1:] for tag, attributes in structure.elements if tag == "a"}
    assert links <= set(ids)


def test_page_can_be_heard(structure: Structure) -> None:
    """Every table head has a scope, every table and scroller its caption, every drawing a label."""
    tags = Counter(tag for tag, _ in structure.elements)
    assert tags["figure"] == tags["figcaption"]
    captions = {each["id"] for tag, each in structure.elements if each.get("class") == "caption"}
    for tag, attributes in structure.elements:
        if tag == "th":
            assert "scope" in attributes
        if tag == "svg":
            assert attributes.get("aria-label")
        if tag == "table" or attributes.get("class") == "scroll":
            assert attributes.get("aria-labelledby") in captions


def test_page_shows_every_claim_for_every_model(structure: Structure) -> None:
    """Every registered statement stands on the page once a model, at the least."""
    for claim in made_up.read_claims():
        assert structure.text.count(claim.statement) >= len(made_up.MODELS), claim.id


def test_simulated_models_carry_a_banner(page: str) -> None:
    """A run on a reference agent says so at the top; one on real models does not."""
    words = "Simulated reference agent: proves the instrument, says nothing about a real model"
    assert page.index(words) < page.index("<nav")
    assert words not in write_small("x")


def test_the_matched_control_stands_before_the_base_rate(structure: Structure) -> None:
    """The control arm is read first."""
    assert 0 < structure.text.index("Matched control") < structure.text.index("Base condition")


def test_page_is_small_and_always_the_same(page: str) -> None:
    """Two models, ten scenarios and every claim stay under 1 MB; the same results give the same bytes."""
    assert len(page.encode()) < 1_000_000
    assert made_up.write_made_up_page() == page


def test_a_run_without_any_coded_trial_still_has_a_page() -> None:
    """Where nothing could be measured, the page says so and does not fail."""
    results = make_small("x", "model") | {"claims": [], "effects": [], "cells": [], "cost": {}}
    scenario = results["scenarios"][0]
    nothing = dict.fromkeys(("rate", "low", "high", "worst_low", "worst_high")) | {"n": 0, "missing": 42}
    results["scenarios"] = [scenario | {"misaligned": nothing, "control": nothing, "competent": nothing}]
    page = write_page(results, claims=(), scenario_titles={})
    assert "no coded trials" in page
    results |= {"scenarios": [], "models": [], "headline": {}, "run": {}}
    assert "Methods" in write_page(results, claims=(), scenario_titles={})


def test_passages_are_those_of_the_results(page: str) -> None:
    """Every passage in `results.json` stands on the page, once a claim and model, and no other does."""
    results = made_up.make_results_of(made_up.read_claims())
    passages = [
        each["quote"]
        for claim in results["claims"]
        if claim["verdict"] != "not-tested"
        for each in claim["excerpts"]
    ]
    assert passages
    quotes = re.findall(r"<blockquote>(.*?)</blockquote>", page, flags=re.DOTALL)
    assert [html.unescape(quote) for quote in quotes] == passages


def test_worst_cases_stand_beside_rates_with_missing_trials() -> None:
    """Base, control, task done and heatmap show the bounds where trials are missing, and only there."""
    results = make_small("x", "model")
    rate = results["scenarios"][0]["misaligned"]
    assert rate["missing"] == 2
    clean = rate | {"missing": 0, "worst_low": rate["rate"], "worst_high": rate["rate"]}
    fields = ("misaligned", "control", "competent")

    def count(rates: dict[str, Any], cell: dict[str, Any]) -> tuple[int, int]:
        changed = results | {
            "scenarios": [results["scenarios"][0] | rates],
            "cells": [results["cells"][0] | cell],
        }
        page = write_page(changed, claims=(), scenario_titles={})
        return page.count(">worst case 71\u00a0% to 76\u00a0%<"), page.count("<small>w 71–76</small>")

    assert count(dict.fromkeys(fields, clean), clean) == (0, 0)
    for field in fields:
        assert count(dict.fromkeys(fields, clean) | {field: rate}, clean) == (1, 0)
    assert count(dict.fromkeys(fields, clean), rate) == (0, 1)


def test_protocols_are_told_apart() -> None:
    """A page that rests on several protocols says so; one of a single protocol does not."""
    results = make_small("agentic", "model")
    alike = write_page(results, claims=(), scenario_titles={})
    assert "mixes protocols" not in alike
    results["cells"] = [results["cells"][0] | {"protocol": "choice"}]
    results["claims"] = [each | {"protocol": "text"} for each in results["claims"]]
    mixed = write_page(results, claims=(), scenario_titles={})
    assert "This page mixes protocols." in mixed
    for part, protocol in (("Scenarios", "agentic"), ("Verdicts", "text"), ("Heatmap", "choice")):
        assert f"<dt>{part}</dt><dd><b>{protocol}</b>" in mixed
    assert "Protocol: choice. " in mixed


def test_changes_after_registration_are_said_first() -> None:
    """A banner names what changed and foreign trials; without either there is none."""
    results = make_small("x", "model")
    for run, words in (
        ({"changed": ["scenario night-shift"]}, "Changed after registration: scenario night-shift."),
        ({"foreign_trials": 1}, "The logs hold 1 trial that does not belong"),
        ({"registered": False}, "Not registered: nothing here was fixed before the first trial."),
    ):
        page = write_page(results | {"run": run}, claims=(), scenario_titles={})
        assert 0 < page.index(words) < page.index("<nav")
        assert ("rules fixed before the first trial" in page) == ("foreign_trials" in run)
    clean = {"changed": [], "foreign_trials": 0, "registered": True}
    page = write_page(results | {"run": clean}, claims=(), scenario_titles={})
    assert "alarm" not in page.split("</style>")[1]


def test_failures_are_shown_by_cause_and_scenario(page: str, structure: Structure) -> None:
    """A model with failures has both tables, one without has neither."""
    assert structure.text.count("Why trials are not coded") == 1
    assert 'id="m2-causes"' in page
    assert 'id="m2-ends-by-scenario"' in page
    assert "no single valid answer line" in structure.text


def _colors(block: str) -> dict[str, tuple[float, ...]]:
    found = re.findall(r"--([\w-]+): #([0-9a-f]{6}|[0-9a-f]{3})\b", block)
    wide = {name: code if len(code) == 6 else "".join(2 * digit for digit in code) for name, code in found}
    return {name: tuple(int(code[at : at + 2], 16) / 255 for at in (0, 2, 4)) for name, code in wide.items()}


def _luminance(color: tuple[float, ...]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("number", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_stands_out_from_its_ground(number: int) -> None:
    """Every text color has a contrast of at least 4.5 with every ground it stands on."""
    style = (Path(gyges.report.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
    colors = _colors(re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)[number])
    words = ["ink", "soft", "link", "untested", "unclear", *VERDICT_WORDS]
    pairs = [(word, ground) for word in words for ground in ("paper", "panel")] + [("ink", "banner")]
    pairs += [("heat-ink-low", f"heat-{step}") for step in range(7)]
    pairs += [("heat-ink-high", f"heat-{step}") for step in range(7, 11)]
    found = {pair: _contrast(colors[pair[0]], colors[pair[1]]) for pair in pairs}
    assert {pair: value for pair, value in found.items() if value < 4.5} == {}
