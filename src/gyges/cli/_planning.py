"""A plan's summary, made and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gyges.cli._output import say, say_table
from gyges.records.study import name_model

if TYPE_CHECKING:
    from gyges.design import PlanSummary
    from gyges.prepare import Prepared
    from gyges.records.study import Study

_SAMPLED = 12
"""Trials rendered of each protocol to estimate tokens."""


def say_summary(summary: PlanSummary) -> None:
    """Print what a plan would run and what it could show."""
    items = f" and {summary.items} trade-off items" if summary.items else ""
    say(f"study {summary.study}: {summary.trials} trials in {summary.cells} cells{items}")
    for name, counts in (
        ("models", summary.by_model),
        ("scenarios", summary.by_scenario),
        ("designs", summary.by_design),
        ("protocols", summary.by_protocol),
    ):
        say(f"  {name}: " + ", ".join(f"{key} {n}" for key, n in counts.items()))
    say()
    say_table(
        ("factor", "contrast", "trials", "scenarios", "detectable", "protocol", "about"),
        [
            (
                each.factor,
                f"{each.level} - {each.reference}",
                f"{each.n_level} / {each.n_reference}",
                each.scenarios,
                each.detectable,
                f"{each.protocol}, {each.design}" if each.protocol else "-",
                each.scope,
            )
            for each in summary.contrasts
        ],
    )
    _say_assumptions(summary)
    _say_limits(summary)
    _say_costs(summary)


def _say_assumptions(summary: PlanSummary) -> None:
    """Say what the column of detectable effects means; nothing where there is none."""
    if not summary.contrasts:
        return
    known = summary.assumptions
    say(
        f"detectable: the smallest difference of rates found with {known.power:.0%} power, two-sided at"
        f" {known.alpha:.0%}, each contrast by itself,"
    )
    say(f"  at a rate of {known.p:.0%} and with a spread of {known.tau:.2f} over scenarios like these")


def _say_limits(summary: PlanSummary) -> None:
    say()
    if summary.never_varied:
        say(f"never varied: {', '.join(summary.never_varied)}")
    _say_aliases(summary)
    testable = [each.id for each in summary.claims if each.testable]
    say(f"testable claims ({len(testable)}): {', '.join(testable) or 'none'}")
    for each in summary.claims:
        if not each.testable:
            say(f"  {each.id}: {each.reason}")


def _say_aliases(summary: PlanSummary) -> None:
    """Say what was checked, what cannot be told apart, and which effects hold at the base cell alone."""
    if not summary.checked:
        say("aliased: nothing to check, no two factors vary together")
    for each in summary.checked:
        where = f"{each.design} cells, {each.protocol}"
        say(f"aliased: {each.aliased} of {each.pairs} pairs of factors checked ({where})")
        if each.conditional:
            say(f"  conditional on the base cell: the effects of {', '.join(each.conditional)};")
            say("  each is confounded there with its interactions with the other factors")
        if each.separable:
            pairs = ", ".join(f"{one} x {other}" for one, other in each.separable)
            say(f"  interactions with cells of their own: {pairs}")
    for pair in summary.aliased:
        say(f"  {pair.factor} with {pair.other} in {pair.scenario} (Cramér's V {pair.cramers_v:.2f})")


def _say_costs(summary: PlanSummary) -> None:
    say()
    for each in summary.costs:
        cost = f"{each.cost:.2f} US dollars" if each.cost is not None else each.note
        say(f"{each.model}: about {each.input_tokens:,.0f} tokens in, {each.output_tokens:,.0f} out: {cost}")


def say_servers(study: Study) -> None:
    """Say which models are opened once a machine, and where that has no effect."""
    for spec in study.models:
        if spec.server:
            say(f"{name_model(spec)}: opened once on each machine with --ray; without it, in every shard")


def summarize(prepared: Prepared) -> PlanSummary:
    """Describe a plan, with tokens estimated from some of its rendered trials."""
    from gyges.design import TokenEstimate, describe_plan, trials_of
    from gyges.running import stage_trial
    from gyges.trials import estimate_tokens

    sampled: dict[str, list[Any]] = {}
    for trial in trials_of(prepared.plan):
        rows = sampled.setdefault(f"{trial.protocol} {trial.scenario}", [])
        if len(rows) < _SAMPLED:
            rows.append((trial, stage_trial(prepared.library, trial)))
    some = [row for rows in sampled.values() for row in rows]

    def estimate(*, probed: bool) -> dict[str, TokenEstimate]:
        tokens = estimate_tokens(some, probed=probed)
        return {name: TokenEstimate(round(each[0]), round(each[1])) for name, each in tokens.items()}

    return describe_plan(
        prepared.plan,
        prepared.study,
        scenarios=prepared.library,
        claims=prepared.claims,
        tokens=estimate(probed=False),
        probed=estimate(probed=True),
    )
