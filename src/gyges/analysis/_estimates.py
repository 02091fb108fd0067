"""Everything that can be estimated without a claim in mind."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from gyges.analysis._cell_counts import count_cells
from gyges.analysis._cells import rate_cells
from gyges.analysis._effects import BINARY_OUTCOMES, estimate_effects, tally_factor
from gyges.analysis._interactions import estimate_interactions
from gyges.analysis._log_odds import estimate_log_odds
from gyges.analysis._scenarios import judge_scenarios
from gyges.analysis._table import KnownFacts, prepare_codes
from gyges.analysis._trade_offs import drop_items
from gyges.estimands import list_joints, tally_joint
from gyges.records.claim import Claim
from gyges.records.estimates import Estimates, ScenarioResult
from gyges.records.words import FACTORS, STATUSES

_NANO = 1_000_000_000


def estimate_all(
    codes: pl.LazyFrame | pl.DataFrame,
    *,
    facts: KnownFacts | None = None,
    min_trials: int = 1,
    claims: Iterable[Claim] = (),
) -> Estimates:
    """Estimate rates, scenario verdicts, factor effects and interactions for every model.

    The trials of batteries are counted, and enter nothing else here.

    Args:
        codes: The codes table, or what `prepare_codes` made of it.
        facts: What is known of the scenarios; needed where a study has no `base` trials.
        min_trials: Fewest coded base trials with which the agentic protocol decides a scenario.
        claims: Claims whose conditions' interactions are estimated.

    Raises:
        RunError: The table is not a codes table.
    """
    frame = prepare_codes(codes, facts)
    statuses = _count_statuses(frame)
    scenes = drop_items(frame)
    tallies = {factor: tally_factor(scenes, factor) for factor in FACTORS}
    cells = count_cells(scenes, BINARY_OUTCOMES)
    joints = [(joint, tally_joint(scenes, joint)) for joint in list_joints(claims)]
    models = tuple(statuses)
    return Estimates(
        models=models,
        n_trials=frame.height,
        n_coded=sum(by_status["coded"] for by_status in statuses.values()),
        statuses=statuses,
        scenarios=judge_scenarios(scenes, min_trials),
        effects=tuple(effect for model in models for effect in estimate_effects(tallies, model)),
        log_odds=tuple(effect for model in models for effect in estimate_log_odds(tallies, cells, model)),
        interactions=tuple(each for model in models for each in estimate_interactions(joints, model)),
        cells=tuple(cell for model in models for cell in rate_cells(tallies, model)),
        cost=_sum_cost(frame),
    )


def estimate_scenarios(
    codes: pl.LazyFrame | pl.DataFrame, *, facts: KnownFacts | None = None, min_trials: int = 1
) -> tuple[ScenarioResult, ...]:
    """Estimate the scenario verdicts alone, as `estimate_all` does among everything else."""
    return judge_scenarios(drop_items(prepare_codes(codes, facts)), min_trials)


def _count_statuses(frame: pl.DataFrame) -> dict[str, dict[str, int]]:
    counted = (
        frame.lazy()
        .group_by("model", "status")
        .agg(trials=pl.len())
        .with_columns(pl.col("model", "status").cast(pl.String))
        .sort("model", "status")
        .collect()
    )
    found: dict[str, dict[str, int]] = {}
    for model, status, trials in counted.iter_rows():
        found.setdefault(model, dict.fromkeys(STATUSES, 0))[status] = trials
    return found


def _sum_cost(frame: pl.DataFrame) -> dict[str, float | int | None]:
    """Sum in whole billionths of a dollar, so that the order of rows cannot change the last digit."""
    row = frame.select(
        pl.col("input_tokens", "output_tokens").sum(),
        nano=(pl.col("cost") * _NANO).round().cast(pl.Int64).sum(),
        priced=pl.col("cost").count(),
    ).row(0, named=True)
    return {
        "usd": row["nano"] / _NANO if row["priced"] else None,
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
    }
