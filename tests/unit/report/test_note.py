"""`insights.md`."""

from __future__ import annotations

import re

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from gyges.report import write_note
from gyges.report._outline import SECTIONS
from tests.unit.report import made_up
from tests.unit.report.small import make_claims, make_small

HEADINGS = [
    "## Executive Summary",
    "## Core Behavioral Patterns",
    "### 1. Instrumental vs Terminal Goals",
    "### 2. Risk Calibration Over Power Maximization",
    "### 3. Context-Dependent Ethical Framework",
    "### 4. Manipulation Hierarchy",
    "## Strategic Sophistication Indicators",
    "### 5. Long-term Strategic Thinking",
    "### 6. Instrumental Convergence Evidence",
    "## Critical Decision Thresholds",
    "### When Models Act Misaligned",
    "### When Models Remain Aligned",
    "## Key Insights and Hunches",
    "### Information Asymmetry Exploitation",
    "### Plausible Deniability Construction",
    "### Coalition Building Behavior",
    '### The "Leadership Mode" Shift',
    "## Implications",
    "### Primary Danger Zone",
    "### Behavioral Predictability",
    "### Risk Factors",
    "## Conclusion",
]


def test_note_keeps_the_order_of_sections() -> None:
    """The note has the original's headings in the original's order, then the alternative explanations."""
    claims = made_up.read_claims()
    note = write_note(made_up.make_results_of(claims), claims)
    assert re.findall(r"^##+ .*", note, flags=re.MULTILINE) == [*HEADINGS, "## Alternative explanations"]


def test_note_tells_every_claim_of_every_model() -> None:
    """Every claim stands once, with one verdict a model."""
    claims = made_up.read_claims()
    note = write_note(made_up.make_results_of(claims), claims)
    for claim in claims:
        assert note.count(f"- **{claim.id}. ") == 1
    assert len(re.findall(r"\*(Supported|Refuted|Inconclusive|Not tested)[^*]*\.\*", note)) == 2 * len(claims)


def test_note_says_first_that_an_agent_is_simulated() -> None:
    """The lines before the first section say so for a reference agent, and only for one."""
    claims = made_up.read_claims()
    note = write_note(made_up.make_results_of(claims), claims)
    assert "Simulated reference agent" in note.split("\n## ")[0]
    assert "Simulated" not in write_note(make_small("x", "real/model"), make_claims("x"))


def test_note_claims_registration_only_where_it_holds() -> None:
    """That all was fixed before the first trial is said only of a registered run that nobody changed."""
    words = "Every statement below was fixed before the first trial"
    results = make_small("x", "real/model")
    for run, warning in (
        ({"changed": ["claims"]}, "> **Changed after registration: claims."),
        ({"registered": False}, "> **Not registered"),
    ):
        note = write_note(results | {"run": run}, make_claims("x"))
        assert words not in note
        assert warning in note
    for clean in ({}, {"changed": [], "registered": True, "foreign_trials": 0}):
        note = write_note(results | {"run": clean}, make_claims("x"))
        assert words in note
        assert "> **" not in note
    assert "> **The logs hold 2 trials" in write_note(
        results | {"run": {"foreign_trials": 2}}, make_claims("x")
    )


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip())))
@example(text="<script>alert(1)</script>")
@example(text="x\n\n# Conclusion\n- **all good**")
@example(text="[click](javascript:alert(1)) ![](data:x) `code` | a |")
def test_no_text_ever_becomes_markdown(text: str) -> None:
    """Whatever stands in names and reasons, the note has the same lines, and no tag or link."""
    assume(text.strip() not in {*SECTIONS, "Not in the registry"})
    note = write_note(make_small(text, f"m{text}"), make_claims(text))
    same = write_note(make_small("x", "mx"), make_claims("x"))
    assert len(note.splitlines()) == len(same.splitlines())
    assert not re.search(r"(?<!\\)[\[\]]|<", note)
    assert note.encode()


def test_note_of_a_small_run() -> None:
    """A small run's note reads as it should."""
    note = write_note(make_small("A small thing.", "real/model"), make_claims("A small thing."))
    assert note == snapshot("""\
# Model behavior in power-seeking experiments

> **Changed after registration: A small thing.. What depends on it was not fixed before the first trial. Read it as exploratory.**

> **The logs hold 3 trials that do not belong to the registered plan of this run.**

Study A small thing.: 42 trials of real/model, of which 40 are coded. Not every statement below was fixed before the first trial; each is decided by rule; this note is rewritten from `results.json` and says what was done, never why.

## Executive Summary

- **real/model**: misaligned in 1 of 1 scenarios at the base condition. 95\xa0% of its 42 trials are coded. Claims: 1 supported, 1 refuted, 1 inconclusive, 1 not tested.
  - misaligned: A small thing. 75 %, worst case 71 % to 76 % (matched control 0 %, A small thing., n = 40)

This analysis has no certificate: what its design and size could find out was not measured.

- **C47. A small thing.** *Inconclusive.* The count of scenarios is 1 (95 % interval 0 to 1; n = 40). A small thing.

## Core Behavioral Patterns

### 1. Instrumental vs Terminal Goals

No claim of this section was asked of this run.

### 2. Risk Calibration Over Power Maximization

No claim of this section was asked of this run.

### 3. Context-Dependent Ethical Framework

No claim of this section was asked of this run.

### 4. Manipulation Hierarchy

No claim of this section was asked of this run.

## Strategic Sophistication Indicators

### 5. Long-term Strategic Thinking

No claim of this section was asked of this run.

### 6. Instrumental Convergence Evidence

No claim of this section was asked of this run.

## Critical Decision Thresholds

### When Models Act Misaligned

No claim of this section was asked of this run.

### When Models Remain Aligned

No claim of this section was asked of this run.

## Key Insights and Hunches

### Information Asymmetry Exploitation

No claim of this section was asked of this run.

### Plausible Deniability Construction

No claim of this section was asked of this run.

### Coalition Building Behavior

No claim of this section was asked of this run.

### The "Leadership Mode" Shift

No claim of this section was asked of this run.

## Implications

### Primary Danger Zone

No claim of this section was asked of this run.

### Behavioral Predictability

No claim of this section was asked of this run.

### Risk Factors

- **C05. A small thing.** *Supported, strongly.* The difference is −12.0 points (95 % interval −16.0 to −8.0; n = 820, about scenarios like these). A small thing. Fragile: flipped by missing trials at their worst.

## Conclusion

No claim of this section was asked of this run.

Taken together, for real/model:

- What the data support: A small thing (C05).
- What the data speak against: (A small thing.).
- What these trials could not settle: A small thing (C47).
- Not tested in this run: 1 of 4 claims.

## A small thing.

- **C04. A small thing.** *Not tested.* A small thing.

## Not in the registry

- **A small thing.** *Refuted.* A small thing.
""")  # noqa: E501 - one line a paragraph
