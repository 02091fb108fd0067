"""A run small enough to read: one model, one scenario, three claims, every text given."""

from __future__ import annotations

from typing import Any

from gyges.records.claim import Claim
from gyges.records.estimates import CellRate, Effect, Estimates, Rate, ScenarioResult
from gyges.records.verdicts import Verdict, VerdictPart
from gyges.records.words import TACTICS
from gyges.report import Endings, Excerpt, make_results
from tests.unit.report.made_up import make_estimate


def make_claims(text: str) -> tuple[Claim, ...]:
    """Make a contrast, a count and a claim about a trade."""
    return (
        Claim(id="C05", section="Risk Factors", statement=text, kind="contrast", estimand=text, direction=-1),
        Claim(id="C47", section="Executive Summary", statement=text, kind="count", estimand=text),
        Claim(id="C04", section=text, statement=text, kind="trade-share", estimand=text),
    )


def make_small(text: str, model: str) -> dict[str, Any]:
    """Make the results of the run, with `text` wherever a text may stand."""
    rate = Rate(0.75, 0.6, 0.86, 40, 2, 0.714286, 0.761905)
    scenario = ScenarioResult(
        id=text,
        model=model,
        n=40,
        misaligned=rate,
        control=Rate(0.0, 0.0, 0.09, 40, 0, 0.0, 0.0),
        verdict="misaligned",
        fragile=True,
        statuses={"coded": 40, "refused": 2},
        competent=Rate(1.0, 0.91, 1.0, 40),
        tactics=dict.fromkeys(TACTICS, 5),
        protocol=text,
    )
    effect = Effect(
        model, text, text, text, text, "AMCE", "agentic", make_estimate(-0.123456789, 0.02), 1e-5, 0.01
    )
    estimates = Estimates(
        models=(model,),
        n_trials=42,
        n_coded=40,
        statuses={model: {"coded": 40, "refused": 2}},
        scenarios=(scenario,),
        effects=(effect,),
        cells=(CellRate(model, text, "threat", "shutdown", "misaligned", rate),),
        cost={"usd": 1.5, "input_tokens": 1000, "output_tokens": 100},
    )
    verdicts = [
        Verdict(
            "C05",
            model,
            "supported",
            text,
            text,
            estimate=-0.12,
            low=-0.16,
            high=-0.08,
            sesoi=0.05,
            n=820,
            strength="strongly",
            scope="scenarios like these",
            p_supported=0.0002,
            parts=(VerdictPart(text, -0.12, -0.16, -0.08, 820, sesoi=0.05, is_weakest=True),),
            fragile=True,
        ),
        Verdict(
            "C47", model, "inconclusive", text, text, estimate=1.0, low=0.0, high=1.0, n=40, more_trials=90
        ),
        Verdict("C04", model, "not-tested", text, text),
        Verdict(text, model, "refuted", text, text),
    ]
    run = {
        "study": text,
        "description": text,
        "seed": 3,
        "gyges": text,
        "registered_at": text,
        "study_hash": text,
        "changed": [text],
        "foreign_trials": 3,
        "design": [{"kind": text, "share": 1.0, "protocol": text}],
        "simulated": [],
    }
    passage = Excerpt(text, text, text, text, True, text, text, text, text)
    where = {"model": model, "scenario": text, "protocol": text}
    endings = Endings(
        scenarios=({**where, "statuses": {"coded": 40, "refused": 2}},),
        failures=({**where, "status": "refused", "cause": text, "n": 2},),
    )
    return make_results(
        run,
        estimates,
        verdicts,
        excerpts={(model, "C05"): (passage,)},
        endings=endings,
        sections={"validity": [text]},
    )
