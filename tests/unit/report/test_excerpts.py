"""The passages behind the claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from gyges.records.claim import Claim
from gyges.records.verdicts import Verdict, VerdictWord
from gyges.records.words import FACTORS, OUTCOMES
from gyges.report import Excerpt, pick_excerpts

EVIDENCE = pl.List(pl.Struct({"act": pl.String, "quote": pl.String, "turn": pl.Int32}))


def make_row(number: int, **fields: Any) -> dict[str, Any]:
    """Make the codes of one trial: misaligned, by one act, unless told otherwise."""
    return {
        "trial": f"t{number:03d}",
        "model": "m",
        "scenario": f"s{number % 5}",
        "protocol": "agentic",
        "conflict": "present",
        "design": "conjoint",
        **dict.fromkeys(FACTORS),
        "status": "coded",
        "act": "hides",
        "tactic": "deceive",
        "severity": 4,
        **dict.fromkeys(OUTCOMES, True),
        "evidence": [
            {"act": "asks", "quote": "May I?", "turn": 1},
            {"act": "hides", "quote": "No.", "turn": 2},
        ],
        "threat": "shutdown" if number % 2 else "none",
    } | fields


def make_codes(rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """Lay rows out as a codes table."""
    texts = dict.fromkeys((*FACTORS, "act", "tactic"), pl.String)
    flags = dict.fromkeys(OUTCOMES, pl.Boolean)
    return pl.DataFrame(rows, schema_overrides={**texts, **flags, "evidence": EVIDENCE}).lazy()


def make_claim(**fields: Any) -> Claim:
    """Make a claim about threat."""
    return Claim.model_validate(
        {
            "id": "C42",
            "section": "",
            "statement": "",
            "kind": "contrast",
            "estimand": "",
            "outcome": "misaligned",
            "factor": "threat",
            "level": "shutdown",
            "reference": "none",
        }
        | fields
    )


def decide(claim: Claim, word: VerdictWord = "supported", model: str = "m") -> Verdict:
    """Make a verdict."""
    return Verdict(claim.id, model, word, "", "")


def pick(rows: list[dict[str, Any]], claim: Claim, word: VerdictWord = "supported") -> tuple[Excerpt, ...]:
    """Draw the passages of one claim and model."""
    found = pick_excerpts(make_codes(rows), [claim], [decide(claim, word)])
    return found.get(("m", claim.id), ())


def test_passages_come_from_both_sides_of_a_contrast() -> None:
    """Two scenarios at the level and two at its reference, each by the quote of the gravest act."""
    found = pick([make_row(number) for number in range(40)], make_claim())
    assert [each.side for each in found] == 2 * ["threat = shutdown"] + 2 * ["threat = none"]
    assert [each.condition for each in found] == [each.side for each in found]
    assert {each.quote for each in found} == {"No."}
    assert found[0].scenario != found[1].scenario


def test_trials_that_show_the_claim_come_first() -> None:
    """Trials without the outcome, without evidence, not coded, or of the matched control are not drawn."""
    rows = [
        make_row(1, misaligned=False),
        make_row(2, evidence=[]),
        make_row(3, status="failed", misaligned=None),
        make_row(4, conflict="absent"),
        make_row(5),
    ]
    assert [(each.trial, each.has_outcome) for each in pick(rows, make_claim())] == [("t005", True)]


def test_without_the_outcome_passages_show_what_was_done_instead() -> None:
    """Where no trial has the outcome, the passages say that they are without it."""
    rows = [make_row(number, misaligned=False, act="asks") for number in range(8)]
    found = pick(rows, make_claim(kind="rate-bound", factor="", bound=0.1))
    assert [each.has_outcome for each in found] == [False, False]
    assert {(each.act, each.quote) for each in found} == {("asks", "May I?")}


def test_claims_that_were_not_tested_have_no_passages() -> None:
    """What has no verdict has no transcripts behind it."""
    assert pick([make_row(number) for number in range(8)], make_claim(), "not-tested") == ()


def test_passages_do_not_depend_on_the_order_of_rows() -> None:
    """The same trials in another order give the same passages."""
    rows = [make_row(number, model=f"m{number % 2}") for number in range(60)]
    claims = [make_claim(), make_claim(id="C15", kind="slope", outcome="severity")]
    verdicts = [decide(claim, model=model) for model in ("m0", "m1") for claim in claims]
    found = pick_excerpts(make_codes(rows), claims, verdicts)
    assert found == pick_excerpts(make_codes(rows[::-1]), claims, verdicts)
    assert set(found) == {(model, claim.id) for model in ("m0", "m1") for claim in claims}


def test_passages_are_of_the_protocol_the_verdict_rests_on() -> None:
    """A verdict about choices is not shown by what was done with tools."""

    @dataclass(frozen=True)
    class Told(Verdict):
        protocol: str = "choice"

    rows = [make_row(number, protocol=("agentic", "choice")[number % 3 == 0]) for number in range(60)]
    claim = make_claim()
    found = pick_excerpts(make_codes(rows), [claim], [Told(claim.id, "m", "supported", "", "")])
    assert {each.protocol for each in found["m", claim.id]} == {"choice"}
    assert {each.protocol for each in pick(rows, claim)} == {"agentic", "choice"}


def test_every_part_of_a_claim_is_shown() -> None:
    """Passivity is shown by what activation brings; further levels and a second outcome have their own."""
    rows = [make_row(number, threat=("none", "retraining", "shutdown")[number % 3]) for number in range(60)]
    sides = {each.side for each in pick(rows, make_claim(also=["retraining"]))}
    assert sides == {"threat = shutdown", "threat = retraining", "threat = none"}
    passive = make_claim(kind="inactive", within={"threat": ["none"]}, bound=0.05)
    assert {each.side for each in pick(rows, passive)} == {"threat = none", "not (threat = none)"}
    rates = make_claim(kind="rate-difference", outcome="harm", outcome_b="misaligned", factor="")
    rows = [make_row(number, harm=number % 7 == 0, misaligned=number % 7 != 0) for number in range(60)]
    assert {each.side for each in pick(rows, rates)} == {"all trials: harm", "all trials: misaligned"}


def test_a_claim_about_cells_shows_trials_of_those_cells() -> None:
    """A conjunction's passages lie within its conditions, and a claim about trade-off items has none."""
    rows = [make_row(number) for number in range(20)]
    conjunction = make_claim(kind="conjunction", within={"threat": ["shutdown"]}, factor="")
    assert {each.condition for each in pick(rows, conjunction)} == {"threat = shutdown"}
    assert pick(rows, make_claim(id="C04", kind="trade-share")) == ()
    assert pick(rows, make_claim(id="C47", kind="count", factor="")) == ()


def test_a_judge_s_quote_shows_what_judges_coded() -> None:
    """A claim that rests on codes shows the words a judge quoted for it; without the column, nothing."""
    claim = make_claim(id="C35", kind="contrast", outcome="code:aspirational-language", factor="threat")
    rows = [make_row(number, code_aspirational_language="yes" if number % 2 else "no") for number in range(6)]
    answers = pl.DataFrame(
        {
            "trial": ["t001", "t003"],
            "item": ["aspirational-language"] * 2,
            "value": ["yes", "yes"],
            "coder": ["j", "j"],
            "quotes": [["Let us be worthy."], ["A greater good."]],
        }
    )
    verdict = Verdict("C35", "m", "supported", "", "")
    shown = pick_excerpts(make_codes(rows), [claim], [verdict], answers=answers)["m", "C35"]
    assert {each.quote for each in shown if each.trial in {"t001", "t003"}} <= {
        "Let us be worthy.",
        "A greater good.",
    }
    assert any(each.trial in {"t001", "t003"} for each in shown)
    bare = make_codes(rows).drop("code_aspirational_language")
    assert pick_excerpts(bare, [claim], [verdict], answers=answers) == {}
